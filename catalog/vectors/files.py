"""Where vectors are kept: each by what it was made of, and all of a catalog in a file that is not read whole."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.errors import EmbeddingFailed, StoreUnavailable
from catalog.vectors.embedder import Vectors

FORMAT = 2
AT_ONCE = 500  # rows in memory
COMPARED_AT_ONCE = 8_192
SCHEMA = """CREATE TABLE IF NOT EXISTS vectors (
    model TEXT NOT NULL, hash TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (model, hash)) WITHOUT ROWID"""


@dataclass(frozen=True)
class Place:
    """An API, and by what its vector is known."""

    api: str
    tool: str
    category: str
    hash: str


@dataclass(frozen=True)
class Matrix:
    """The vectors of a catalog as it was at one time."""

    version: str
    api: Sequence[str]
    tool: Sequence[str]
    category: Sequence[str]
    rows: NDArray[np.float32]

    def nearest(self, vector: NDArray[np.float32], most: int, kept_to: Mapping[str, Sequence[str]]) -> dict[int, float]:
        """Rows by how near they are, in [-1, 1], the nearest first. `kept_to`: as level to names; none allows all."""
        chosen = self._within(kept_to)
        near = np.concatenate([np.empty(0, np.float32), *self._compared(vector, chosen)])
        most = min(most, len(near))
        best = np.argpartition(-near, most - 1)[:most] if most else np.empty(0, np.intp)
        ordered = best[np.argsort(-near[best], kind="stable")]
        return {int(chosen[place]): float(near[place]) for place in ordered}

    def _within(self, kept_to: Mapping[str, Sequence[str]]) -> NDArray[np.intp]:
        wanted = {level: frozenset(names) for level, names in kept_to.items() if names}
        if not wanted:
            return np.arange(len(self.api), dtype=np.intp)
        columns = [(getattr(self, level), names) for level, names in wanted.items()]
        return np.array(
            [row for row in range(len(self.api)) if all(column[row] in names for column, names in columns)], np.intp
        )

    def _compared(self, vector: NDArray[np.float32], chosen: NDArray[np.intp]) -> Iterable[NDArray[np.float32]]:
        if len(chosen) == len(self.api):
            yield np.asarray(self.rows @ vector)
            return
        for start in range(0, len(chosen), COMPARED_AT_ONCE):  # they are copied, so not all of them at once
            yield self.rows[chosen[start : start + COMPARED_AT_ONCE]] @ vector


class VectorFiles:
    """A folder. Blocking: not for the event loop. Raises StoreUnavailable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state = folder / "matrix.json"
        self._read: tuple[object, Matrix | None] = (None, None)

    def known(self, model: str, hashes: Sequence[str]) -> set[str]:
        """Those that there are vectors of."""
        marks = ", ".join("?" * len(hashes))
        wanted = f"SELECT hash FROM vectors WHERE model = ? AND hash IN ({marks})"
        return {str(row[0]) for row in self._run(wanted, (model, *hashes))}

    def add(self, model: str, hashes: Sequence[str], vectors: Vectors) -> None:
        """Raises EmbeddingFailed where they are of another length than those before."""
        (before,) = self._run("SELECT max(length(vector)) FROM vectors WHERE model = ?", (model,))[0]
        length = vectors.shape[1]
        if before is not None and before != 2 * length:
            raise other_length(model, length, before // 2)
        rows = [(model, key, row.astype(np.float16).tobytes()) for key, row in zip(hashes, vectors, strict=True)]
        self._run("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows, many=True)

    def forget(self) -> None:
        """All vectors, so that they are made anew."""
        self._run("DELETE FROM vectors", ())
        self._state.unlink(missing_ok=True)

    def publish(self, version: str, model: str, places: Sequence[Place]) -> None:
        """Put the vectors of these APIs in the place of those before, and drop what no API has any more."""
        rows = self._folder / f"rows-{version}-{os.getpid()}.f32"
        with rows.open("wb") as file:
            length = 0
            for start in range(0, len(places), AT_ONCE):
                part = places[start : start + AT_ONCE]
                found = self._vectors(model, sorted({place.hash for place in part}))
                for place in part:
                    # Kept in half precision; compared in single, which is five times as quick as widening it each time.
                    length = file.write(np.frombuffer(found[place.hash], np.float16).astype(np.float32).tobytes()) // 4
        state = {
            "format": FORMAT, "version": version, "model": model, "length": length, "rows": rows.name,
            "api": [p.api for p in places], "tool": [p.tool for p in places], "category": [p.category for p in places],
        }  # fmt: skip
        draft = self._state.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(json.dumps(state), encoding="utf-8")
        draft.replace(self._state)
        for other in self._folder.glob("rows-*.f32"):
            if other != rows:
                other.unlink(missing_ok=True)  # who reads it has it open
        self._drop_unused(model, {place.hash for place in places})

    def matrix(self, model: str) -> Matrix | None:
        """The last one that was published for this model; None: there is none."""
        try:
            status = self._state.stat()
        except OSError:
            return None
        stamp = (model, status.st_ino, status.st_mtime_ns)
        if self._read[0] != stamp:
            self._read = (stamp, self._opened(model))
        return self._read[1]

    def _opened(self, model: str) -> Matrix | None:
        try:
            state = json.loads(self._state.read_bytes())
            if state["format"] != FORMAT or state["model"] != model:
                return None
            shape = (len(state["api"]), state["length"])
            path = self._folder / state["rows"]
            rows = np.memmap(path, np.float32, "r", shape=shape) if all(shape) else np.empty(shape, np.float32)
            return Matrix(state["version"], state["api"], state["tool"], state["category"], rows)
        except (OSError, ValueError, KeyError, TypeError):
            return None  # damaged: it is built again

    def _vectors(self, model: str, hashes: Sequence[str]) -> dict[str, bytes]:
        marks = ", ".join("?" * len(hashes))
        wanted = f"SELECT hash, vector FROM vectors WHERE model = ? AND hash IN ({marks})"
        return dict(self._run(wanted, (model, *hashes)))

    def _drop_unused(self, model: str, used: set[str]) -> None:
        held = self._run("SELECT model, hash FROM vectors", ())
        gone = [(m, key) for m, key in held if m != model or key not in used]
        if gone:
            self._run("DELETE FROM vectors WHERE model = ? AND hash = ?", gone, many=True)

    def _run(self, wanted: str, values: Sequence[Any], *, many: bool = False) -> list[Any]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._folder / "vectors.db", timeout=10)) as db, db:
                db.execute(SCHEMA)
                return list(db.executemany(wanted, values) if many else db.execute(wanted, values))
        except (sqlite3.Error, OSError) as error:
            cure = f"{error}; it can be deleted: vectors are made anew"
            raise StoreUnavailable(str(self._folder / "vectors.db"), cure) from error


def other_length(model: str, length: int, wanted: int) -> EmbeddingFailed:
    return EmbeddingFailed(
        model,
        f"its vectors have {length} numbers, and those of the catalog {wanted}; if it was replaced: "
        "switchboard catalog embed --anew",
    )
