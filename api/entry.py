"""An API as a client writes it: put together, checked, and never taken for harmless because nothing was said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue
from pydantic_core import to_json

from api.body import parse
from api.failures import InvalidRequest
from catalog.importers.http import SAFE_METHODS, usable_url
from catalog.importers.record import key_form
from catalog.models import Api

Content = dict[str, JsonValue]
METHOD = re.compile(r"[A-Z]+")


def written(api_id: str, given: Content) -> Api:
    """A whole entry; the id may be left out. Raises InvalidRequest."""
    return _checked(api_id, {"id": api_id, **given})


def changed(api_id: str, current: Api, change: Content) -> Api:
    """An entry after a JSON merge patch (RFC 7396). A new method brings its own risk unless the patch names one.

    A new category brings a tool of the same name there, unless the patch names one: no tool stands in two categories.
    """
    target = current.model_dump(mode="json", exclude={"risk"} if "method" in change else None)
    return _checked(api_id, _merged({**target, **_tool_there(current, change)}, change), before=current)


def _tool_there(current: Api, change: Content) -> Content:
    category = change.get("category")
    if not isinstance(category, str) or category == current.category:
        return {}
    return {"tool_id": f"{key_form(category)}/{current.tool_id.rpartition('/')[2]}"}


def _checked(api_id: str, content: Content, *, before: Api | None = None) -> Api:
    entry = parse(Api, to_json({"risk": _risk(content.get("method", "GET")), **content}))
    if found := [*_problems(api_id, entry), *_reaching(entry, before)]:
        raise InvalidRequest(found)
    return entry


def _risk(method: JsonValue) -> str:
    """Where nothing is said of it."""
    return "safe" if isinstance(method, str) and method in SAFE_METHODS else "mutating"


def _problems(api_id: str, entry: Api) -> Iterator[tuple[str, str]]:
    if entry.id != api_id:
        yield "/id", f"is {entry.id!r}, but the path says {api_id!r}; an id does not change"
    if not METHOD.fullmatch(entry.method):
        yield "/method", "must be an HTTP method in capital letters"
    if entry.url and usable_url(entry.url) != entry.url:
        yield "/url", "must be an absolute http or https URL whose host holds no placeholder, or empty"


def _reaching(entry: Api, before: Api | None) -> Iterator[tuple[str, str]]:
    """What runs on this machine is named by the operator: a client may describe it better, never point elsewhere."""
    kind, target = (before.kind, before.target) if before is not None else ("http", "")
    only = "is only set by `switchboard catalog import`"
    if entry.kind != kind:
        yield "/kind", f"{only}; here it is {kind!r}"
    if entry.target != target:
        yield "/target", f"{only}; here it is {target!r}"


def _merged(target: Content, change: Content) -> Content:
    merged = dict(target)
    for name, value in change.items():
        before = merged.get(name)
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            merged[name] = _merged(before if isinstance(before, dict) else {}, value)
        else:
            merged[name] = value
    return merged
