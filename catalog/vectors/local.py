"""Vectors from a model2vec model in a folder: a table of words that needs no network, no GPU and little memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import EmbeddingFailed
from catalog.vectors.embedder import Vectors, checked

if TYPE_CHECKING:
    from model2vec import StaticModel


class LocalEmbedder:
    """Keeps `Embedder`."""

    def __init__(self, model: StaticModel, folder: Path) -> None:
        self._model = model
        self._folder = folder

    @classmethod
    def open(cls, folder: Path) -> LocalEmbedder:
        """Raises EmbeddingFailed."""
        if not (folder / "config.json").is_file():
            raise EmbeddingFailed(str(folder), "there is no model2vec model in it (no config.json)")
        try:
            from model2vec import StaticModel
        except ImportError:
            raise EmbeddingFailed(str(folder), 'it needs model2vec: pip install "switchboard[local-vectors]"') from None
        try:
            return cls(StaticModel.from_pretrained(folder), folder)
        except Exception as error:  # whatever its readers say of files that are none of theirs
            raise EmbeddingFailed(str(folder), f"it is no model2vec model ({type(error).__name__}: {error})") from error

    @property
    def name(self) -> str:
        return str(self._folder)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        rows = await asyncio.to_thread(self._model.encode, list(texts), use_multiprocessing=False)
        return checked(rows, len(texts), where=self.name)

    async def close(self) -> None:
        """Nothing is open."""
