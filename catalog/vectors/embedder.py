"""What turns texts into vectors, and what of its answers can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.errors import EmbeddingFailed

Vectors = NDArray[np.float32]
"""One row of length 1 for each text."""


class Embedder(Protocol):
    """A model. Texts of one meaning lie near each other."""

    @property
    def name(self) -> str:
        """Vectors of another name are not compared with these."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """In the order of the texts. Raises EmbeddingFailed."""

    async def close(self) -> None: ...


def checked(rows: object, count: int, *, where: str) -> Vectors:
    """The rows as vectors. Raises EmbeddingFailed where they are not one of one length for each text."""
    try:
        vectors = np.asarray(rows, dtype=np.float32)
    except (ValueError, TypeError, OverflowError):
        raise EmbeddingFailed(where, "its vectors are no lists of numbers of one length") from None
    if vectors.ndim != 2 or len(vectors) != count or not vectors.shape[1]:
        raise EmbeddingFailed(where, f"it gave {len(vectors) if vectors.ndim else 0} vectors for {count} texts")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise EmbeddingFailed(where, "a vector holds something that is no number")
    # A text without a known word has no direction: it is near to nothing.
    unit: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit
