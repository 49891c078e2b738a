"""The work behind `switchboard catalog import` and `validate`, with a progress bar on stderr."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from api.cli import output
from api.cli.differing import SHOWN, agreed, counts, lines, loses
from api.cli.live import described, is_live
from api.cli.opening import Catalog, opened_catalog, read_settings
from api.cli.output import Exit
from catalog.addresses import is_address, source_of, without_secrets
from catalog.errors import (
    CallError,
    EgressDenied,
    EmbeddingFailed,
    SettingsError,
    SourceRefused,
    SourceUnavailable,
    StoreUnavailable,
    UnknownFormat,
    UnreadableDocument,
)
from catalog.importers import IMPORTERS
from catalog.importing import import_file, source_name
from catalog.reading import Progress as Told
from catalog.sqlite import SqliteCatalog
from catalog.store import CatalogStore, Document, ImportReport


class _Said(TypedDict):
    """What was said of a document, beside where it is."""

    form: str
    source: str | None
    groups: Path | None
    base_url: str


@dataclass(frozen=True)
class _Found:
    """A document, and what is known of it."""

    path: Path
    said: _Said
    shown: str
    """As it was asked for: a file that was fetched bears another name."""
    fetched: bool = False


async def take_in(
    paths: Sequence[str],
    *,
    form: str,
    source: str | None,
    groups: Path | None,
    base_url: str = "",
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> Exit:
    """With `yes`, or where nobody can be asked, a re-import is applied whatever it removes or changes."""
    ask = not (yes or dry_run) and output.can_ask()
    said = _Said(form=form, source=source, groups=groups, base_url=base_url)
    async with opened_catalog() as catalog:
        reports = [await _taken(catalog.store, path, said, dry_run=dry_run, ask=ask) for path in paths]
        if not dry_run:
            await _index(catalog)
    taken = [report for report in reports if report is not None]
    _show(taken, as_json=as_json)
    lost = len(taken) < len(paths) or any(report.skipped and not report.imported for report in taken)
    return Exit.FAILED if lost else Exit.OK


async def _taken(
    store: CatalogStore, path: str, said: _Said, *, dry_run: bool, ask: bool = False
) -> ImportReport | None:
    """None: it was not taken, and why is said. Other documents are read all the same."""
    async with _located(path, said) as found:
        if found is None or (ask and not await _wanted(store, found)):
            return None
        return await _reported(store, found, dry_run=dry_run)


@asynccontextmanager
async def _located(path: str, said: _Said) -> AsyncIterator[_Found | None]:
    """The file, which a URL or a live source gives for as long as it is read; None: it gives none."""
    if is_live(path):
        async with AsyncExitStack() as stack:
            try:
                listing, name = await stack.enter_async_context(described(path))
            except (CallError, SettingsError) as error:
                output.note(f"Error: {error} Nothing was taken.")
                yield None
                return
            yield _Found(listing, {**said, "source": said["source"] or name}, path)
        return
    if not is_address(path):
        yield _Found(Path(path), said, path)
        return
    from catalog.fetching import Limits, fetched
    from graph.outside import way_out

    async with AsyncExitStack() as stack:
        try:
            with _bar("Fetching") as told:
                sender = way_out(read_settings(), path)
                fetching = fetched(path, hosts=None, way_out=sender, limits=Limits(), progress=told)
                file = await stack.enter_async_context(fetching)
        except (SourceRefused, SourceUnavailable, EgressDenied) as error:
            output.note(f"Error: {error} Nothing was taken.")
            yield None
            return
        name, base_url = said["source"] or source_of(path), said["base_url"] or file.url
        yield _Found(file.path, {**said, "source": name, "base_url": base_url}, without_secrets(path), fetched=True)


async def _wanted(store: CatalogStore, found: _Found) -> bool:
    """Whether this is to be taken in: it is asked only where something that is there would go or change."""
    name = found.said["source"] or source_name(found.path)
    if name not in {known.name for known in (await store.stats()).sources}:
        return True
    report = await _reported(store, found, dry_run=True)
    if report is None:
        return False
    if not loses(report):
        return True
    _show_one(report, output.note)  # beside the result: --json stays JSON
    if agreed(name):
        return True
    output.note(f"{name} stays as it is.")
    return False


async def remove(name: str, *, yes: bool) -> Exit:
    """Take all that a source holds out of the catalog; asked first where a person can be."""
    async with opened_catalog() as catalog:
        known = {each.name: each for each in (await catalog.store.stats()).sources}
        if name not in known:
            output.note(f"The catalog has no source {name!r}; it has: {', '.join(known) or 'none'}.")
            return Exit.FAILED
        nothing, form = Document(()), known[name].format
        report = await catalog.store.replace(name, nothing, format=form, dry_run=True)
        if not yes and output.can_ask():
            _show_one(report, output.note)
            if not agreed(name):
                return Exit.FAILED
        report = await catalog.store.replace(name, nothing, format=form)
        await _index(catalog)
    output.result(f"{name}: {report.removed:,} APIs removed")
    return Exit.OK


async def examine(path: str, *, form: str, groups: Path | None, base_url: str = "", as_json: bool) -> Exit:
    """Against an empty catalog, so that only the document itself is judged."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteCatalog.open(Path(folder) / "catalog.db")
        try:
            said = _Said(form=form, source=None, groups=groups, base_url=base_url)
            report = await _taken(store, path, said, dry_run=True)
        finally:
            await store.close()
    if report is None:
        return Exit.FAILED
    _show([report], as_json=as_json)
    return Exit.FAILED if report.skipped or not report.imported else Exit.OK


async def _reported(store: CatalogStore, found: _Found, *, dry_run: bool) -> ImportReport | None:
    """None: the document cannot be read, which is said."""
    said = found.said
    try:
        with _bar(f"Reading {found.path.name}") as told:
            return await import_file(
                store,
                found.path,
                format=said["form"],
                source=said["source"],
                groups=said["groups"],
                base_url=said["base_url"],
                dry_run=dry_run,
                progress=told,
                fetched=found.fetched,
            )
    except (UnreadableDocument, UnknownFormat) as error:
        _refused(found, str(error).rstrip("."))
        return None


def _refused(found: _Found, reason: str) -> None:
    reason, groups = reason.replace(str(found.path), found.shown), found.said["groups"]
    named = found.shown in reason or (groups is not None and str(groups) in reason)
    what = reason if named else f"{found.shown}: {reason}"
    output.note(f"Error: {what}. Nothing of {'it' if named else found.path.name} was taken.")
    output.note(f"Correct the document or the path, or name the form: --format {' | '.join(IMPORTERS)}.")


async def _index(catalog: Catalog) -> None:
    with _bar("Indexing"):
        await catalog.index.sync()
    if catalog.vectors is not None:
        try:
            with _bar("Making vectors") as told:
                await catalog.vectors.build(told)
        except (EmbeddingFailed, StoreUnavailable) as error:
            output.note(f"{error} The catalog is searched by words alone until `switchboard catalog embed` succeeds.")


async def embed(*, anew: bool) -> Exit:
    """Make the vectors that are missing. Raises EmbeddingFailed, StoreUnavailable."""
    async with opened_catalog() as catalog:
        if catalog.vectors is None:
            output.note("No model of vectors is set: SWITCHBOARD_EMBEDDINGS_MODEL or SWITCHBOARD_EMBEDDINGS_FOLDER.")
            return Exit.FAILED
        with _bar("Making vectors") as told:
            made = await catalog.vectors.build(told, anew=anew)
    output.note(f"{made:,} vectors made." if made else "Every API has its vector.")
    return Exit.OK


@contextmanager
def _bar(label: str) -> Iterator[Told]:
    """A bar where a person watches; nothing where stderr is a file."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _show(reports: Sequence[ImportReport], *, as_json: bool) -> None:
    if as_json:
        output.result_json(reports)
        return
    for report in reports:
        _show_one(report)


def _show_one(report: ImportReport, write: Callable[[str], None] = output.result) -> None:
    write(_line(report))
    for line in lines(report.difference) if report.difference else ():
        write(line)
    for problem in report.skipped[:SHOWN]:
        output.note(f"  skipped {problem.where}: {problem.reason}")
    if len(report.skipped) > SHOWN:
        output.note(f"  and {len(report.skipped) - SHOWN:,} more: --json lists them all")


def _line(report: ImportReport) -> str:
    numbers = {
        "replaced": report.replaced,
        **counts(report.difference),
        "removed": report.removed,
        "duplicates": report.duplicates,
        "skipped": len(report.skipped),
    }
    further = ", ".join(f"{count:,} {name}" for name, count in numbers.items() if count)
    done = "would be imported" if report.dry_run else "imported"
    detail = f" ({further})" if further else ""
    return f"{report.source}: {report.imported:,} APIs {done}{detail}, format {report.format}"
