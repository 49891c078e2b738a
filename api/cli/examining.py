"""The checks of `switchboard doctor`. Each gives findings; none changes anything but the empty data folder."""

from __future__ import annotations

import difflib
import platform
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from urllib.parse import urlsplit

from api.cli.credentials import missing_credentials
from api.cli.examining_live import live_sources
from api.cli.finding import Finding
from api.cli.opening import WrongSettings, read_settings
from api.cli.sources import known_variables, unknown_variables
from catalog.errors import SettingsError, SwitchboardError
from graph.settings import Settings

PYTHON = (3, 11)
OPENAI = "https://api.openai.com/v1"
CONNECT_SECONDS = 5.0


async def examine() -> list[Finding]:
    """All findings, in the order in which they would stop the service."""
    findings = [*_python(), *_packages()]
    try:
        settings = read_settings()
    except WrongSettings as wrong:
        return [*findings, Finding("bad", str(wrong), wrong.cure)]
    findings += [*_strangers(), *_reasoner(settings), *_port(settings)]
    folder = list(_folder(settings))
    if any(finding.state == "bad" for finding in folder):
        return [*findings, *folder]
    live = [finding async for finding in live_sources(settings)]
    return [*findings, *folder, *await _services(settings), *live]


def _python() -> Iterator[Finding]:
    found = platform.python_version()
    if sys.version_info >= PYTHON:
        yield Finding("good", f"Python {found}")
    else:
        yield Finding("bad", f"Python {found} is too old", "Install Python 3.11 or later.")


def _packages() -> Iterator[Finding]:
    try:
        version, wanted = metadata.version("switchboard"), metadata.requires("switchboard") or []
    except metadata.PackageNotFoundError:
        cure = "Install it for the `switchboard` command, `demo` and `eval`: `pip install -e .` in its folder."
        yield Finding("note", "Switchboard runs from its folder, not installed", cure)
        return
    names = [match.group() for line in wanted if ";" not in line and (match := re.match(r"[\w.-]+", line))]
    missing = [name for name in names if not _installed(name)]
    if missing:
        yield Finding("bad", f"Missing packages: {', '.join(missing)}", f"pip install {' '.join(missing)}")
    else:
        yield Finding("good", f"Switchboard {version} with all {len(names)} packages it needs")


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _strangers() -> Iterator[Finding]:
    """A misspelt setting is not refused: the environment and .env may hold what others read."""
    for name in unknown_variables():
        near = difflib.get_close_matches(name, known_variables(), n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        yield Finding("note", f"There is no setting {name}", f"{hint}`switchboard settings` lists them all.")


def _reasoner(settings: Settings) -> Iterator[Finding]:
    if settings.chosen_reasoner == "offline":
        unused = "; a model key is set, but no model: it is not used" if settings.openai_api_key else ""
        yield Finding("good", f"Decisions are made offline, without a model{unused}")
    elif not settings.model:
        yield Finding("bad", "SWITCHBOARD_REASONER=chat, but no model is named", "Set SWITCHBOARD_MODEL.")
    elif settings.openai_api_key is None and settings.openai_base_url is None:
        yield Finding("bad", f"Model {settings.model}: no key is set", "Set OPENAI_API_KEY, or OPENAI_BASE_URL.")
    else:
        yield _endpoint(settings)


def _endpoint(settings: Settings) -> Finding:
    """Whether something listens there; nothing is sent, and so nothing is spent."""
    decided = f"Decisions are made by {settings.model} at {settings.openai_base_url or 'OpenAI'}"
    try:
        at = urlsplit(settings.openai_base_url or OPENAI)
        port = at.port or {"http": 80, "https": 443}[at.scheme]
        socket.create_connection((at.hostname or "", port), timeout=CONNECT_SECONDS).close()
    except (ValueError, KeyError):
        return Finding("bad", f"{decided}, whose host or port cannot be read", "Correct OPENAI_BASE_URL.")
    except OSError as error:
        cure = "Start it, correct OPENAI_BASE_URL, or set SWITCHBOARD_REASONER=offline."
        return Finding("bad", f"{decided}, where nobody listens: {error.strerror or error}", cure)
    return Finding("good", f"{decided}; something listens there (no model was asked)")


def _port(settings: Settings) -> Iterator[Finding]:
    at = f"{settings.host}:{settings.port}"
    try:
        with socket.create_server((settings.host, settings.port)):
            yield Finding("good", f"{at} is free for `switchboard serve`")
    except OSError as error:
        cure = "Perhaps a service runs already. `switchboard serve --port 0` takes any free port."
        yield Finding("note", f"{at} cannot be used: {error.strerror or error}", cure)


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        for database in folder.glob("*.db"):
            database.open("r+b").close()
        yield Finding("good", f"The data folder {folder} and its databases can be written")
    except OSError as error:
        cure = "Give yourself the right to write there, or set SWITCHBOARD_DATA_DIR to another folder."
        where = error.filename if str(error.filename).endswith(".db") else f"The data folder {folder}"
        yield Finding("bad", f"{where} cannot be written: {error.strerror or error}", cure)


async def _services(settings: Settings) -> list[Finding]:
    from graph.opening import open_parts

    try:
        async with open_parts(settings) as parts:
            stats = await parts.catalog.stats()
            await parts.index.sync()
            indexed = (await parts.index.search("api", k=1)).version
            needed = await missing_credentials(parts)
    except SwitchboardError as error:
        return [Finding("bad", str(error), error.cure or _cure(error, settings))]
    return [*_catalog(stats.apis, stats.tools, stats.categories, in_step=indexed == stats.version), *needed]


def _cure(error: SwitchboardError, settings: Settings) -> str:
    if isinstance(error, SettingsError):
        return "docs/settings.md says what each setting takes."
    if settings.database_url is not None:
        return "Start the database, or correct SWITCHBOARD_DATABASE_URL."
    return f"Restore {settings.folder} from a copy, or set SWITCHBOARD_DATA_DIR to another folder."


def _catalog(apis: int, tools: int, categories: int, *, in_step: bool) -> Iterator[Finding]:
    if not apis:
        yield Finding("note", "The catalog is empty", "Import one: `switchboard catalog import PATH`.")
        return
    yield Finding("good", f"The catalog holds {apis:,} APIs of {tools:,} tools in {categories:,} categories")
    if in_step:
        yield Finding("good", "The search index is in step with it")
    else:
        yield Finding("bad", "The search index is not in step with it", "Stop other services on this folder, retry.")
