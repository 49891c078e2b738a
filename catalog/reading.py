"""From bytes to records: JSON, JSON lines and YAML, plain or gzip, however broken. Knows no format's fields."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from cachetools import LRUCache
from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.files import SUFFIXES, Files, Folder, archive
from catalog.importers.record import Record
from catalog.json_text import DECODER, check, parse, reason
from catalog.store import Problem
from catalog.yaml_text import parse_yaml

GZIP = b"\x1f\x8b"
LONGEST_LINE = 16 * 1024 * 1024
LINES_PER_REPORT = 500
KEPT_BYTES = 16 * 1024 * 1024  # of text; its values take ten times as much

Progress = Callable[[int, int | None], None]
"""Told how many bytes (of a folder: files) are read, and of how many."""


def read_file(path: Path, problems: list[Problem], progress: Progress | None = None) -> Iterator[Record]:
    """The records of one file. Raises UnreadableDocument if it holds none at all."""
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == GZIP
            raw.seek(0)
            size = path.stat().st_size
            content: BinaryIO = gzip.GzipFile(fileobj=raw) if zipped else raw  # type: ignore[assignment]
            told = (lambda: progress(raw.tell(), size)) if progress else None
            lines = _lines(content, problems)
            yield from _records(lines, problems, path.parent.name, told, yaml=_is_yaml(path.name))
    except OSError as error:
        raise UnreadableDocument(str(path), error.strerror or str(error)) from error
    if progress:
        progress(size, size)


def read_path(path: Path, problems: list[Problem], progress: Progress | None = None) -> Iterator[Record]:
    """The records of a file, a folder or an archive, by what it is. Raises UnreadableDocument."""
    if path.is_dir():
        yield from read_folder(path, problems, progress)
    elif path.is_file() and (packed := archive(path)) is not None:
        yield from read_files(packed, path.name, problems, progress)
    else:
        parts = Parsed(Folder(path.parent))
        for record in read_file(path, problems, progress):
            yield replace(record, name=path.name, parts=parts)


def read_folder(folder: Path, problems: list[Problem], progress: Progress | None = None) -> Iterator[Record]:
    """The JSON and YAML files below a folder, in the order of their names; each stands under its own name."""
    yield from read_files(Folder(folder), str(folder), problems, progress)


def read_files(files: Files, where: str, problems: list[Problem], progress: Progress | None = None) -> Iterator[Record]:
    """The same for files that lie anywhere; they may refer to each other."""
    names, parts = files.names(), Parsed(files)
    if not names:
        raise UnreadableDocument(where, f"holds no file that ends in {', '.join(SUFFIXES)}")
    for number, name in enumerate(names):
        found: list[Problem] = []
        folder = PurePosixPath(name).parent.name or PurePosixPath(where).name
        try:
            for record in _records(_lines(_content(files.read(name)), found), found, folder, None, yaml=_is_yaml(name)):
                yield replace(record, where=f"{name} {record.where}".strip(), name=name, parts=parts)
        except UnreadableDocument as error:
            found.append(Problem("", error.reason))
        problems.extend(Problem(f"{name} {problem.where}".strip(), problem.reason) for problem in found)
        if progress:
            progress(number + 1, len(names))


class Parsed:
    """The values of files that documents refer to; those read last are kept."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._kept: LRUCache[str, tuple[int, JsonValue]] = LRUCache(KEPT_BYTES, getsizeof=lambda kept: kept[0])

    def part(self, name: str) -> JsonValue:
        if name not in self._kept:
            text = self._files.read(name)
            try:
                kept = len(text), _value(text, yaml=not name.endswith(".json"))
            except ValueError as error:
                raise UnreadableDocument(name, reason(error)) from error
            if kept[0] > KEPT_BYTES:
                return kept[1]
            self._kept[name] = kept
        return self._kept[name][1]


def _value(text: bytes, *, yaml: bool) -> JsonValue:
    if not yaml:
        return parse(text)
    values = parse_yaml(text)
    return values[0] if values else None


def _content(content: bytes) -> BinaryIO:
    raw = io.BytesIO(content)
    return gzip.GzipFile(fileobj=raw) if content.startswith(GZIP) else raw  # type: ignore[return-value]


def _is_yaml(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith((".yaml", ".yml"))


def read_text(document: str, problems: list[Problem]) -> Iterator[Record]:
    """The records of a document that came as text."""
    numbered = enumerate(document.encode("utf-8", "surrogatepass").splitlines(keepends=True), start=1)
    yield from _records(numbered, problems, "", None)


def _lines(content: BinaryIO, problems: list[Problem]) -> Iterator[tuple[int, bytes]]:
    number = 0
    try:
        while line := content.readline(LONGEST_LINE):
            number += 1
            yield number, line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        if number == 0:
            raise UnreadableDocument("document", f"the gzip file is damaged ({error})") from error
        problems.append(Problem(f"line {number + 1}", f"the gzip file ends here or is damaged ({error})"))


def _records(
    lines: Iterator[tuple[int, bytes]],
    problems: list[Problem],
    folder: str,
    told: Callable[[], None] | None,
    *,
    yaml: bool = False,
) -> Iterator[Record]:
    """`yaml`: the file is called so; a text that does not begin as JSON does may be YAML all the same."""
    head = _head(lines)
    if not head:
        raise UnreadableDocument("document", "is empty")
    if b"\0" in head[-1][1]:
        raise UnreadableDocument("document", "is not a text file")
    yaml = yaml or head[0][1].lstrip()[:1] not in (b"{", b"[")
    first = _try(head[-1][1])
    rest = next(((number, line) for number, line in lines if line.strip()), None)
    if rest is not None:
        head.append(rest)
    if rest is not None and (isinstance(first, dict) or isinstance(_try(rest[1]), dict)):
        yield from _json_lines(_chained(head, lines), problems, folder, told)
    else:
        text = b"".join(line for _, line in _chained(head, lines))
        yield from _whole(text, problems, folder, yaml=yaml)


def _head(lines: Iterator[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """The first line that is not blank."""
    for number, line in lines:
        line = line.removeprefix(b"\xef\xbb\xbf")
        if line.strip():
            return [(number, line)]
    return []


def _chained(head: list[tuple[int, bytes]], lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    yield from head
    yield from lines


def _json_lines(
    lines: Iterable[tuple[int, bytes]], problems: list[Problem], folder: str, told: Callable[[], None] | None
) -> Iterator[Record]:
    for number, line in lines:
        if line.strip():
            try:
                yield Record(f"line {number}", parse(line), folder)
            except ValueError as error:
                problems.append(Problem(f"line {number}", reason(error)))
        if told and number % LINES_PER_REPORT == 0:
            told()


def _whole(text: bytes, problems: list[Problem], folder: str, *, yaml: bool) -> Iterator[Record]:
    """One document; a list gives one record for each of its items, up to where it is broken."""
    try:
        values = _documents(text, yaml=yaml)
    except ValueError as error:
        yield from _salvaged(text, error, problems, folder)
        return
    for number, value in enumerate(values, start=1):
        where = f"document {number}" if len(values) > 1 else ""
        if isinstance(value, list):
            yield from (Record(f"{where}[{place}]", item, folder) for place, item in enumerate(value))
        else:
            yield Record(where, value, folder)


def _documents(text: bytes, *, yaml: bool) -> list[JsonValue]:
    """The values of a text. JSON is tried first: it is read faster, and all of it is YAML."""
    try:
        return [parse(text)]
    except ValueError as error:
        if not yaml:
            raise
        values = parse_yaml(text)
        if all(isinstance(value, str) for value in values):
            raise error from None  # any words are YAML, but no catalog
        return values


def _salvaged(text: bytes, error: ValueError, problems: list[Problem], folder: str) -> Iterator[Record]:
    """The items of a broken list that stand before the break. Raises UnreadableDocument if there are none."""
    items = list(_items(text.decode("utf-8", "replace"))) if text.lstrip()[:1] == b"[" else []
    if not items:
        raise UnreadableDocument("document", reason(error)) from error
    yield from (Record(f"[{place}]", item, folder) for place, item in enumerate(items))
    problems.append(Problem(f"[{len(items)}]", f"{reason(error)}; what follows was not read"))


def _items(text: str) -> Iterator[JsonValue]:
    position = text.index("[") + 1
    while True:
        position += len(text[position:]) - len(text[position:].lstrip(" \t\r\n,"))
        try:
            value, position = DECODER.raw_decode(text, position)
            check(value, text)
        except (ValueError, RecursionError):
            return
        yield value


def _try(line: bytes) -> JsonValue:
    try:
        return parse(line)
    except ValueError:
        return None
