"""Imports a document or file into a store. The index is the caller's to bring up to date afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from pydantic import JsonValue

from catalog.errors import UnknownFormat, UnreadableDocument
from catalog.importers import IMPORTERS
from catalog.importers.groups import grouped, read_groups
from catalog.importers.record import Importer, Record
from catalog.json_text import parse
from catalog.reading import Progress, read_path, read_text
from catalog.store import CatalogStore, Document, ImportReport, Problem

AUTO = "auto"
RECORDS_TRIED = 20  # the first records of a broken document may fit nothing


async def import_file(
    store: CatalogStore,
    path: Path,
    *,
    format: str = AUTO,  # noqa: A002 - the word of the command line and of HTTP
    source: str | None = None,
    groups: Path | None = None,
    base_url: str = "",
    dry_run: bool = False,
    progress: Progress | None = None,
    fetched: bool = False,
) -> ImportReport:
    """Import a file (JSON, JSON lines, YAML, plain or gzip), a folder of files, or an archive of them.

    The source is named after the file unless said otherwise. `groups` is a JSON file {group: [categories]}.
    `base_url` is the URL that relative addresses in it start from. `fetched`: somebody else wrote it.
    `progress` is called from another thread. Raises UnknownFormat, UnreadableDocument, StoreUnavailable.
    """
    importer, document = await asyncio.to_thread(_opened, path, format, groups, base_url, progress)
    if fetched:
        _refuse_live(importer)
    name = source if source else await asyncio.to_thread(source_name, path)
    return await store.replace(name, document, format=importer.name, dry_run=dry_run)


async def import_document(
    store: CatalogStore,
    document: JsonValue | str,
    *,
    format: str = AUTO,  # noqa: A002 - as above
    source: str,
    base_url: str = "",
    dry_run: bool = False,
) -> ImportReport:
    """Import a document that is text, or JSON already, from whoever sends it. Raises as `import_file` does."""
    problems: list[Problem] = []
    records = read_text(document, problems) if isinstance(document, str) else _split(document)
    importer, read = await asyncio.to_thread(_read, _based(records, base_url), problems, format)
    _refuse_live(importer)
    return await store.replace(source, read, format=importer.name, dry_run=dry_run)


def _refuse_live(importer: Importer) -> None:
    """What comes from elsewhere must not say what runs here."""
    if importer.live:
        reason = f"names things of this machine ({importer.name}); only `switchboard catalog import` takes it in"
        raise UnreadableDocument("document", reason)


def _based(records: Iterator[Record], base_url: str) -> Iterator[Record]:
    return (replace(record, base_url=base_url) for record in records)


def source_name(path: Path) -> str:
    """What a file's or folder's source is called unless it is said."""
    return path.resolve().name.split(".")[0] or "file"


def _opened(
    path: Path, format_: str, groups: Path | None, base_url: str, progress: Progress | None
) -> tuple[Importer, Document]:
    problems: list[Problem] = []
    importer, document = _read(_based(read_path(path, problems, progress), base_url), problems, format_)
    return importer, grouped(document, _groups_of(groups)) if groups else document


def _groups_of(path: Path) -> dict[str, str]:
    try:
        return dict(read_groups(parse(path.read_bytes())))
    except (OSError, ValueError) as error:
        raise UnreadableDocument(str(path), str(error)) from error


def _split(document: JsonValue) -> Iterator[Record]:
    if isinstance(document, list):
        yield from (Record(f"[{place}]", item) for place, item in enumerate(document))
    else:
        yield Record("", document)


def _read(records: Iterator[Record], problems: list[Problem], format_: str) -> tuple[Importer, Document]:
    if format_ != AUTO and format_ not in IMPORTERS:
        raise UnknownFormat(format_, [AUTO, *IMPORTERS])
    first = next(records, None)
    if first is None:
        where, reason = (problems[0].where, problems[0].reason) if problems else ("document", "holds no record")
        raise UnreadableDocument(where, reason)
    importer, again = _chosen(first, records, format_)
    return importer, importer.read(again, problems)


def _chosen(first: Record, records: Iterator[Record], format_: str) -> tuple[Importer, Iterable[Record]]:
    """The importer, and all the records once more. The first record that any importer knows decides."""
    seen = [first]
    if format_ != AUTO:
        return IMPORTERS[format_], chain(seen, records)
    while True:
        for importer in IMPORTERS.values():
            if importer.fits(seen[-1].value):
                return importer, chain(seen, records)
        following = next(records, None)
        if following is None or len(seen) == RECORDS_TRIED:
            known = ", ".join(IMPORTERS)
            raise UnreadableDocument("document", f"no importer knows this document; known formats are {known}")
        seen.append(following)
