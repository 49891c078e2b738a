"""Adds vectors to the search where a model for them is set. What is heavy is imported only then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from callers.egress_transport import GuardedTransport
from catalog.errors import EmbeddingFailed, SettingsError
from catalog.store import CatalogIndex, CatalogStore
from graph.outside import egress_of
from graph.settings import Settings

if TYPE_CHECKING:
    from catalog.vectors.embedder import Embedder
    from catalog.vectors.index import FusedIndex

OPENAI = "https://api.openai.com/v1"


def with_vectors(
    index: CatalogIndex, store: CatalogStore, settings: Settings, *, background: bool = True
) -> CatalogIndex:
    """The index itself where no model is set, else a `FusedIndex`. Raises SettingsError.

    `background`: missing vectors are made in a task of the service; else only on wish.
    """
    return fused(index, store, settings, background=background) or index


def fused(index: CatalogIndex, store: CatalogStore, settings: Settings, *, background: bool) -> FusedIndex | None:
    """None where no model is set. Raises SettingsError."""
    if settings.embeddings_model is None and settings.embeddings_folder is None:
        return None
    try:
        from catalog.vectors.files import VectorFiles
        from catalog.vectors.index import FusedIndex
    except ImportError as error:
        name = "SWITCHBOARD_EMBEDDINGS_MODEL"
        raise SettingsError(name, 'needs numpy: pip install "switchboard[vectors]"') from error
    files = VectorFiles(settings.folder / "index" / "vectors")
    seconds, weight = settings.embeddings_seconds, settings.embeddings_weight
    embedder = _embedder(settings)
    return FusedIndex(index, store, files, embedder, weight=weight, seconds=seconds, background=background)


def _embedder(settings: Settings) -> Embedder:
    if settings.embeddings_folder is not None:
        return _local(settings.embeddings_folder.expanduser())
    from catalog.vectors.endpoint import EndpointEmbedder

    # The key of one server is not sent to another.
    own = settings.embeddings_base_url is not None
    key = settings.embeddings_api_key or (None if own else settings.openai_api_key)
    endpoint = settings.embeddings_base_url or settings.openai_base_url or OPENAI
    return EndpointEmbedder(
        base_url=endpoint,
        model=settings.embeddings_model or "",
        api_key=key.get_secret_value() if key else None,
        transport=GuardedTransport(egress_of(settings).also(endpoint)),  # to name it is to allow it
    )


def _local(folder: Path) -> Embedder:
    from catalog.vectors.local import LocalEmbedder

    try:
        return LocalEmbedder.open(folder)
    except EmbeddingFailed as error:
        raise SettingsError("SWITCHBOARD_EMBEDDINGS_FOLDER", f"{error.where}: {error.reason}") from error
