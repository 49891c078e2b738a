"""How a value is written in a header or a cookie, where little can be escaped, and what does not fit is refused."""

from __future__ import annotations

from pydantic import JsonValue

from callers import media
from callers.encoding import Pair, UnwritableError, bare_cookie, compact, cookie, header
from callers.styles import expandable, texts
from catalog.models import Parameter


def headers(parameter: Parameter, value: JsonValue) -> list[Pair]:
    """At most one header line; none for an empty list or object."""
    if parameter.content_type:
        return [header(parameter.name, _document(parameter, value))]
    if parameter.style not in (None, "simple"):
        raise UnwritableError(f"is declared in the style {parameter.style!r}, which no header has")
    parts = expandable(value)
    if isinstance(parts, str):
        return [header(parameter.name, parts)]
    written = [_joined(part, explode=bool(parameter.explode)) for part in parts]
    return [header(parameter.name, ",".join(written))] if written else []


def cookies(parameter: Parameter, value: JsonValue) -> list[Pair]:
    """A cookie, or several where the value explodes: cookies have `; ` between them, and never `&`."""
    if parameter.style not in (None, "form", "cookie"):
        raise UnwritableError(f"is declared in the style {parameter.style!r}, which no cookie has")
    write = bare_cookie if parameter.style == "cookie" else cookie
    if parameter.content_type:
        return [write(parameter.name, _document(parameter, value))]
    parts = expandable(value)
    if isinstance(parts, str):
        return [write(parameter.name, parts)]
    if parameter.explode is not False:
        return [write(parameter.name, part) if isinstance(part, str) else write(*part) for part in parts]
    joined = list(texts(value))
    if parameter.style == "cookie" and any("," in text for text in joined):
        raise UnwritableError("is joined by commas, so no part of it may hold one")
    return [write(parameter.name, *joined)] if joined else []


def _document(parameter: Parameter, value: JsonValue) -> str:
    """JSON can say everything in ASCII, and other documents cannot."""
    if media.is_json(media.name_of(parameter.content_type)):
        return compact(value, ascii_only=True)
    return media.document(value, parameter.content_type)


def _joined(part: str | tuple[str, str], *, explode: bool) -> str:
    """One part of a header's value, unless it could not be told apart again: readers split at commas, and trim."""
    pair = [part] if isinstance(part, str) else list(part)
    if any("," in text or text != text.strip() for text in pair):
        raise UnwritableError("is joined by commas, so no part of it may hold one, or stand between spaces")
    if len(pair) == 2 and explode and "=" in pair[0]:
        raise UnwritableError("is written as name=value, so no name in it may hold an equals sign")
    return ("=" if explode else ",").join(pair)
