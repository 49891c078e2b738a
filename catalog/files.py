"""The files of a folder or an archive, by name: nothing outside of it is read, and nothing is unpacked to disk."""

from __future__ import annotations

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from catalog.errors import UnreadableDocument

SUFFIXES = (".json", ".yaml", ".yml")
LARGEST_FILE = 64 * 1024 * 1024
LARGEST_ARCHIVE = 512 * 1024 * 1024  # unpacked; a bomb of a few kilobytes would otherwise fill the memory
MOST_MEMBERS = 100_000
TAR_MAGIC = slice(257, 262)


class Files(Protocol):
    """Readable files by name, `/` between folders."""

    def names(self) -> list[str]:
        """Those that may hold a document, sorted."""

    def read(self, name: str) -> bytes:
        """Raises UnreadableDocument, also for a name that leads out of here."""


@dataclass(frozen=True)
class Folder:
    root: Path

    def names(self) -> list[str]:
        return sorted(
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if path.suffix.lower() in SUFFIXES and path.is_file()
        )

    def read(self, name: str) -> bytes:
        path = self.root / name
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise UnreadableDocument(name, f"lies outside of {self.root.name or self.root}, and is not read")
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise UnreadableDocument(name, f"is larger than {LARGEST_FILE:,} bytes")
            return path.read_bytes()
        except (OSError, ValueError) as error:
            raise UnreadableDocument(name, getattr(error, "strerror", None) or str(error)) from error


@dataclass(frozen=True)
class Archive:
    """A .zip, .tar or .tar.gz whose documents were read into memory."""

    contents: Mapping[str, bytes]

    def names(self) -> list[str]:
        return sorted(self.contents)

    def read(self, name: str) -> bytes:
        if name not in self.contents:
            raise UnreadableDocument(name, "is not in the archive")
        return self.contents[name]


def archive(path: Path) -> Archive | None:
    """The archive at a path; None: it is none. Raises UnreadableDocument for a damaged or boundless one."""
    try:
        if zipfile.is_zipfile(path):
            return Archive(dict(_unzipped(path)))
        return Archive(dict(_untarred(path))) if _is_tar(path) else None
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise UnreadableDocument(str(path), f"the archive cannot be read ({error})") from error
    except OSError as error:
        raise UnreadableDocument(str(path), error.strerror or str(error)) from error


def _is_tar(path: Path) -> bool:
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        try:
            head = gzip.GzipFile(fileobj=raw).read(512) if zipped else raw.read(512)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return False
    return head[TAR_MAGIC] == b"ustar"


def _unzipped(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as zipped:
        members = zipped.infolist()
        wanted = [member for member in members if _wanted(member.filename) and not member.is_dir()]
        _bounded(path, len(members), sum(member.file_size for member in wanted))
        for member in wanted:
            yield member.filename, zipped.read(member)


def _untarred(path: Path) -> Iterator[tuple[str, bytes]]:
    total = 0
    with tarfile.open(path, "r|*") as tar:
        for number, member in enumerate(tar, start=1):
            total += member.size  # what is skipped is unpacked too
            _bounded(path, number, total)
            if member.isfile() and _wanted(member.name) and (file := tar.extractfile(member)) is not None:
                yield member.name.removeprefix("./"), file.read()


def _wanted(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and not name.rpartition("/")[2].startswith("._")


def _bounded(path: Path, members: int, size: int) -> None:
    if members > MOST_MEMBERS:
        raise UnreadableDocument(str(path), f"the archive holds more than {MOST_MEMBERS:,} files")
    if size > LARGEST_ARCHIVE:
        raise UnreadableDocument(str(path), f"the archive unpacks to more than {LARGEST_ARCHIVE:,} bytes")
