"""Failures of the catalog: documents, entries, sources, stores."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.errors.root import SwitchboardError


class CatalogError(SwitchboardError):
    """The catalog cannot do what was asked."""

    code = "catalog_error"


class UnreadableDocument(CatalogError):
    """A document, or one record of it, cannot be read."""

    code = "unreadable_document"

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class UnknownFormat(CatalogError):
    """No importer knows this format."""

    code = "unknown_format"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"Unknown catalog format {name!r}. Known are: {', '.join(known)}.")
        self.name = name
        self.known = tuple(known)


class NoSuchEntry(CatalogError):
    """Nothing in the catalog has this id or name."""

    code = "no_such_entry"

    def __init__(self, level: str, name: str) -> None:
        super().__init__(f"The catalog has no {level} {name!r}.")
        self.level = level
        self.name = name


class EntryExists(CatalogError):
    """Another source holds an entry of this id."""

    code = "entry_exists"

    def __init__(self, entry_id: str, source: str) -> None:
        super().__init__(f"{entry_id!r} exists already, from source {source!r}.")
        self.entry_id = entry_id
        self.source = source


class StaleEntry(CatalogError):
    """The entry was changed by someone else since it was read."""

    code = "stale_entry"

    def __init__(self, api_id: str, current: str) -> None:
        super().__init__(f"{api_id!r} has changed since you read it. Read it again and repeat the change.")
        self.api_id = api_id
        self.current = current


class SourceRefused(CatalogError):
    """A URL from which this service may not fetch."""

    code = "source_refused"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"This service may not fetch from {host!r}. Send the document itself as `document`, or let the "
            f"operator allow the host: SWITCHBOARD_IMPORT_HOSTS='[\"{host}\"]'."
        )
        self.host = host


class SourceUnavailable(CatalogError):
    """A URL that gave no document."""

    code = "source_unavailable"

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"Nothing could be fetched from {source!r}: {reason}.")
        self.source = source
        self.reason = reason


class StoreUnavailable(CatalogError):
    """The data folder or database cannot be used."""

    code = "store_unavailable"

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"Cannot use {where}: {reason}.")
        self.where = where
        self.reason = reason


class EmbeddingFailed(CatalogError):
    """No vectors came from the model that makes them, or none that can be used."""

    code = "embedding_failed"

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"The model of vectors {where!r} cannot be used: {reason}.")
        self.where = where
        self.reason = reason
