"""What a media type asks of a value: to be JSON, text, or bytes."""

from __future__ import annotations

import re
from email.message import Message

from pydantic import JsonValue

from callers.encoding import UnwritableError, compact, plain

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_JSON = re.compile(r"[\w.-]+/([\w.+-]+\+)?json")
_ANY = re.compile(r"\*/\*|application/\*")  # whatever is wanted, JSON will do
_LINES = re.compile(r"application/(x-)?(nd-?json|jsonl|json-?lines)")
_SEQUENCE = re.compile(r"application/([\w.+-]+\+)?json-seq")
_YAML = re.compile(r"(application|text)/(x-)?yaml|[\w.-]+/[\w.+-]+\+yaml")
_XML = re.compile(r"[\w.-]+/([\w.+-]+\+)?xml")
_TEXT = re.compile(r"text/.*|application/(x-)?(javascript|ecmascript|graphql|sql|toml|sh|typescript|tex|jwt|rtf)")
_NAME = re.compile(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+")


def name_of(content_type: str) -> str:
    """The media type without parameters, in lower case. Raises UnwritableError when it is none."""
    name = content_type.partition(";")[0].strip().lower()
    if not _NAME.fullmatch(name) or not (content_type.isascii() and content_type.isprintable()):
        raise UnwritableError(f"is declared as {content_type!r}, which is no media type")
    return name


def concrete(content_type: str) -> str:
    """What to send for a declared media type: where any will do, one that we can write."""
    name = name_of(content_type)
    if _ANY.fullmatch(name):
        return "application/json"
    return content_type.strip().replace("text/*", "text/plain")


def alternatives(declared: str) -> list[str]:
    """The media types of a list like "image/png, image/*"."""
    return [concrete(part) for part in declared.split(",") if part.strip()]


def charset_of(content_type: str) -> str:
    message = Message()
    message["Content-Type"] = content_type
    return message.get_content_charset() or "utf-8"


def is_json(name: str) -> bool:
    return bool(_JSON.fullmatch(name) or _ANY.fullmatch(name))


def is_text(name: str) -> bool:
    """Whether `document` can write it: JSON and everything else that people read."""
    return is_json(name) or any(kind.fullmatch(name) for kind in (_LINES, _SEQUENCE, _YAML, _XML, _TEXT))


def document(value: JsonValue, content_type: str) -> str:
    """A value as a text of this media type, or of the first of several. Raises UnwritableError."""
    name = name_of(content_type.partition(",")[0])
    if is_json(name):
        return compact(value)
    if _LINES.fullmatch(name) and isinstance(value, list):
        return "".join(f"{compact(item)}\n" for item in value)
    if _SEQUENCE.fullmatch(name) and isinstance(value, list):
        return "".join(f"\x1e{compact(item)}\n" for item in value)
    if not is_text(name):
        raise UnwritableError(f"is declared as {name}, which no text can be")
    # JSON is YAML as well, and what people read may be JSON; of other types, we know no form for a list or an object.
    if isinstance(value, list | dict) and not (_YAML.fullmatch(name) or name == "text/plain"):
        raise UnwritableError(f"is declared as {name}, and has to be given as its whole text")
    return plain(value)


def encoded(text: str, content_type: str) -> bytes:
    """Text in the charset that its media type names. Raises UnwritableError."""
    charset = charset_of(content_type)
    try:
        return text.encode(charset)
    except LookupError:
        raise UnwritableError(f"is declared in the charset {charset!r}, which is not known here") from None
    except UnicodeEncodeError:
        raise UnwritableError(f"holds characters that its charset {charset!r} does not have") from None
