"""Settings and services, opened for one command and closed after it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from catalog.errors import SwitchboardError

if TYPE_CHECKING:  # each takes a part of a second to import
    from pydantic import ValidationError

    from catalog.store import CatalogIndex, CatalogStore
    from catalog.vectors.index import FusedIndex
    from graph.services import Services
    from graph.settings import Settings

T = TypeVar("T")
Place = tuple[int | str, ...]


@dataclass(frozen=True)
class Catalog:
    """The catalog alone, for commands that run nothing: the graph takes a second to import."""

    store: CatalogStore
    index: CatalogIndex
    vectors: FusedIndex | None = None
    """The same as `index`, where a model of vectors is set."""


class WrongSettings(SwitchboardError):
    """The environment or .env holds a value that does not fit."""

    code = "wrong_settings"
    cure = "Correct it where it is set; docs/settings.md and .env.example say what each setting takes."

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The settings cannot be used: " + "; ".join(problems) + ".")


def read_settings() -> Settings:
    """Raises WrongSettings."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from graph.settings import Settings

    try:
        return Settings.model_validate({})
    except ValidationError as invalid:
        raise WrongSettings([_told(place, message) for place, message in _plain(invalid)]) from None
    except SettingsError as unreadable:
        raise WrongSettings([_unreadable(str(unreadable))]) from None


def _plain(invalid: ValidationError) -> list[tuple[Place, str]]:
    """Where a setting may be a text or an object, what is said of the object: pydantic says both, each by its type."""
    found = [
        (tuple(part for part in each["loc"] if "[" not in str(part)), each["type"], each["msg"])
        for each in invalid.errors(include_input=False, include_url=False)
    ]
    inside = [place for place, kind, _ in found if kind != "string_type"]
    return [
        (place, message)
        for place, kind, message in found
        if kind != "string_type" or not any(other[: len(place)] == place for other in inside)
    ]


def _told(location: Place, message: str) -> str:
    """The variable that holds it and where that is set: a field's name says neither."""
    from api.cli.sources import origin_of

    if not location:
        return _unreadable(message)
    field, *within = (str(part) for part in location)
    where = " ".join([origin_of(field), *within])
    return f"{where}: {message.removeprefix('Value error, ')}"


def _unreadable(message: str) -> str:
    """A source that cannot be read at all: a list or mapping that is no JSON, or a file that is no text."""
    from api.cli.sources import origin_of

    named = re.search(r'field "(\w+)"', message)
    if named:
        return f"{origin_of(named.group(1))}: lists and mappings are written as JSON, and this is none"
    return ".env is not UTF-8 text" if "codec can't decode" in message else message.removeprefix("Value error, ")


@asynccontextmanager
async def opened() -> AsyncIterator[Services]:
    """The services on the data folder of the settings. Raises WrongSettings, StoreUnavailable."""
    settings = read_settings()
    from graph.services import open_services

    async with open_services(settings) as services:
        yield services


@asynccontextmanager
async def opened_catalog() -> AsyncIterator[Catalog]:
    """The catalog of the data folder or the database. Raises WrongSettings, StoreUnavailable."""
    settings = read_settings()
    from catalog.index import TantivyIndex
    from graph.catalog_opening import open_catalog
    from graph.vectors import fused

    store = await asyncio.to_thread(open_catalog, settings)
    try:
        words = TantivyIndex.open(settings.folder / "index", store)
        vectors = fused(words, store, settings, background=False)
        index = vectors or words
        try:
            yield Catalog(store, index, vectors)
        finally:
            await index.close()
    finally:
        await store.close()


def wait_for(work: Coroutine[object, object, T]) -> T:
    """Run a command's work to its end."""
    return asyncio.run(work)
