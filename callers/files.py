"""Files in a request: bytes, given as text, base64 or a `data:` URL, the forms in which JSON can carry them."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import unquote, unquote_to_bytes

from callers import media
from callers.encoding import UnwritableError

OCTETS = "application/octet-stream"

_DATA_URL = re.compile(r"data:([^,;]*)((?:;[^,;]*)*),(.*)", re.IGNORECASE | re.DOTALL)
_SPACE = re.compile(r"\s+")
_EXTENSIONS = mimetypes.MimeTypes()  # the built-in table: the same names on every machine


@dataclass(frozen=True)
class File:
    """The content of a file, and what is known of it; empty: nothing said."""

    content: bytes
    content_type: str = ""
    name: str = ""


def read(value: object, declared: str) -> File:
    """A file of one of the declared media types ("image/png, image/*"; empty: any). Raises UnwritableError.

    A `data:` URL says itself what it holds. Else what is declared as text, or not at all, is the text; and what is
    declared as anything else is base64.
    """
    if not isinstance(value, str):
        raise UnwritableError("must be a file: its text, its bytes in base64, or a data: URL")
    wanted = media.alternatives(declared)
    if found := _DATA_URL.fullmatch(value.strip()):
        return _from_data_url(found, wanted)
    textual = [content_type for content_type in wanted if media.is_text(media.name_of(content_type))]
    if textual or not wanted:
        return File(media.encoded(value, textual[0] if textual else "text/plain"), textual[0] if textual else "")
    return File(from_base64(value), _first_concrete(wanted))


def from_base64(text: str) -> bytes:
    """Bytes from either alphabet of base64, with or without padding. Raises UnwritableError."""
    bare = _SPACE.sub("", text).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise UnwritableError("must be bytes in base64, or a data: URL") from None


def name_for(file: File, field: str) -> str:
    """The file's own name, or one made of its field and its media type. Servers know a file by its name."""
    return file.name or field + (_EXTENSIONS.guess_extension(file.content_type) or "")


def _from_data_url(found: re.Match[str], wanted: list[str]) -> File:
    said, parameters, rest = found[1].strip().lower(), found[2].split(";"), found[3]
    is_base64 = any(parameter.strip().lower() == "base64" for parameter in parameters)
    content = from_base64(unquote(rest)) if is_base64 else unquote_to_bytes(rest)
    if said and wanted and not any(fnmatchcase(said, media.name_of(pattern)) for pattern in wanted):
        raise UnwritableError(f"is a file of the type {said}, and must be {' or '.join(wanted)}")
    return File(content, media.name_of(said) if said else _first_concrete(wanted), _file_name(parameters))


def _first_concrete(wanted: list[str]) -> str:
    return next((content_type for content_type in wanted if "*" not in content_type), "")


def _file_name(parameters: list[str]) -> str:
    """`name=` or `filename=`, which browsers' tools write into data: URLs; folders are cut off."""
    for parameter in parameters:
        key, _, text = parameter.partition("=")
        if key.strip().lower() in ("name", "filename"):
            return re.split(r"[/\\]", unquote(text, errors="replace").strip('" '))[-1]
    return ""
