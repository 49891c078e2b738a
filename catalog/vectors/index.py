"""Search by words and by vectors at once. Where vectors cannot be had, words go on alone, and the answer says so."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from catalog.errors import EmbeddingFailed, StoreUnavailable
from catalog.store import CatalogIndex, CatalogStore, Found, Hit, Level
from catalog.vectors.building import LONGEST, Progress, build
from catalog.vectors.embedder import Embedder
from catalog.vectors.files import Matrix, VectorFiles, other_length

log = logging.getLogger(__name__)
COMPARED = 200
REST_SECONDS = 10.0
"""After a failure, so that a model that hangs holds up one question and not each."""
QUERIES_KEPT = 256  # agents search for the same words again and again
NOT_READY = "the catalog's vectors are not made yet"


@dataclass(frozen=True)
class Near:
    """Entries of a level by how near they are, from 1 for the nearest down to 0; and why there are none."""

    scores: dict[str, float]
    without: str = ""


class FusedIndex:
    """Keeps `CatalogIndex`."""

    def __init__(
        self,
        words: CatalogIndex,
        store: CatalogStore,
        files: VectorFiles,
        embedder: Embedder,
        *,
        weight: float,
        seconds: float,
        background: bool = True,
    ) -> None:
        """`weight`: of the nearest, beside the best by words. `seconds`: for the vector of a question.

        `background`: `sync` makes missing vectors in a task of its own.
        """
        self._words = words
        self._store = store
        self._files = files
        self._embedder = embedder
        self._weight = weight
        self._seconds = seconds
        self._background = background
        self._task: asyncio.Task[None] | None = None
        self._rests_until = 0.0
        self._build_rests_until = 0.0
        self._queries: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    async def search(
        self,
        query: str,
        *,
        k: int = 64,
        level: Level = "api",
        categories: Sequence[str] = (),
        tools: Sequence[str] = (),
    ) -> Found:
        by_words = self._words.search(query, k=k, level=level, categories=categories, tools=tools)
        found, near = await asyncio.gather(by_words, self._near(query, level, categories, tools))
        if near.without:
            return replace(found, without=near.without)
        return replace(found, hits=_fused(found.hits, near.scores, self._weight)[:k])

    async def matching(self, query: str, *, categories: Sequence[str] = ()) -> int:
        return await self._words.matching(query, categories=categories)

    def weight(self, word: str) -> float:
        return self._words.weight(word)

    def words(self, text: str) -> list[str]:
        return self._words.words(text)

    async def sync(self) -> None:
        await self._words.sync()
        if self._background and self._task is None and time.monotonic() >= self._build_rests_until:
            matrix = await asyncio.to_thread(self._files.matrix, self._embedder.name)
            if matrix is None or matrix.version != await self._store.version():
                self._task = asyncio.create_task(self._build_quietly(), name="vectors")

    async def build(self, progress: Progress, *, anew: bool = False) -> int:
        """Make what is missing; how many there were. Raises EmbeddingFailed, StoreUnavailable."""
        if anew:
            await asyncio.to_thread(self._files.forget)
        return await build(self._store, self._files, self._embedder, progress)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._embedder.close()
        await self._words.close()

    async def _build_quietly(self) -> None:
        try:
            made = await self.build(lambda done, total: None)
            log.info("%d vectors were made.", made)
        except (EmbeddingFailed, StoreUnavailable) as error:
            self._build_rests_until = time.monotonic() + REST_SECONDS
            log.warning("%s The search goes on with what vectors there are.", error)
        finally:
            self._task = None

    async def _near(self, query: str, level: Level, categories: Sequence[str], tools: Sequence[str]) -> Near:
        matrix = await asyncio.to_thread(self._files.matrix, self._embedder.name)
        if matrix is None:
            return Near({}, NOT_READY)
        if time.monotonic() < self._rests_until:
            return Near({}, "the model of vectors failed just now")
        if not query.strip():
            return Near({})
        try:
            vector = await self._vector(query[:LONGEST].encode(errors="ignore").decode())
            if len(vector) != matrix.rows.shape[1] and len(matrix.api):
                raise other_length(self._embedder.name, len(vector), matrix.rows.shape[1])
        except EmbeddingFailed as error:
            self._rests_until = time.monotonic() + REST_SECONDS
            log.warning("%s The search goes on by words alone.", error)
            return Near({}, str(error))
        kept_to = {"category": categories, "tool": tools}
        rows = await asyncio.to_thread(matrix.nearest, vector, COMPARED, kept_to)
        return Near(await self._existing(_by_level(matrix, rows, level), matrix, level))

    async def _vector(self, query: str) -> NDArray[np.float32]:
        known = self._queries.get(query)
        if known is not None:
            return known
        try:
            async with asyncio.timeout(self._seconds):
                vector: NDArray[np.float32] = (await self._embedder.embed([query]))[0]
        except TimeoutError:
            raise EmbeddingFailed(self._embedder.name, f"no answer within {self._seconds:g} s") from None
        self._queries[query] = vector
        if len(self._queries) > QUERIES_KEPT:
            self._queries.popitem(last=False)
        return vector

    async def _existing(self, scores: dict[str, float], matrix: Matrix, level: Level) -> dict[str, float]:
        """Without what has left the catalog, or was hidden, since the vectors were made."""
        if matrix.version == await self._store.version():
            return scores
        if level == "api":
            kept = {api.id for api in (await self._store.get(list(scores))).values() if not api.hidden}
        elif level == "tool":
            kept = set(await asyncio.to_thread(self._store.fingerprints))
        else:
            kept = {category.name for category in await self._store.categories()}
        return {name: score for name, score in scores.items() if name in kept}


def _by_level(matrix: Matrix, rows: dict[int, float], level: Level) -> dict[str, float]:
    """A tool or category is as near as the nearest of its APIs."""
    names: Sequence[str] = getattr(matrix, level)
    best: dict[str, float] = {}
    for row, score in rows.items():
        best.setdefault(names[row], score)
    least, most = min(rows.values(), default=0.0), max(rows.values(), default=0.0)
    return {name: (score - least) / (most - least) if most > least else 1.0 for name, score in best.items()}


def _fused(hits: Sequence[Hit], near: dict[str, float], weight: float) -> tuple[Hit, ...]:
    """Each score by words, and a share of the best of them by how near it is."""
    best = max((hit.raw for hit in hits), default=0.0) or 1.0
    together = {hit.id: hit for hit in [*(Hit(name, 0.0) for name in near), *hits]}
    raised = [replace(hit, raw=hit.raw + weight * best * near.get(hit.id, 0.0)) for hit in together.values()]
    top = max((hit.raw for hit in raised), default=1.0) or 1.0
    return tuple(sorted((replace(hit, score=hit.raw / top) for hit in raised), key=lambda hit: (-hit.score, hit.id)))
