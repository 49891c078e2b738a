"""Search under the clock, in a process that does nothing else, so that its memory is the index's.

`python -m evals.speed_index WHAT FOLDER FILE`: `build` imports FILE, `search` asks its questions, `change` adds and
removes a tool. Prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from catalog.importing import import_file
from catalog.index import TantivyIndex
from catalog.models import Api
from catalog.sqlite import SqliteCatalog
from evals.memory import peak_mb, private_mb, resident_mb

POOL = 64
"""The pool's size in the service."""
CHANGES = 10
Figures = dict[str, float]


async def build(folder: Path, catalog: Path) -> Figures:
    """Import and index from nothing."""
    store = SqliteCatalog.open(folder / "catalog.db")
    begun = time.perf_counter()
    await import_file(store, catalog)
    imported = time.perf_counter()
    figures = {"import s": imported - begun} | _known("import MB", peak_mb())
    await TantivyIndex.open(folder / "index", store).sync()
    figures["build s"] = time.perf_counter() - imported
    await store.close()
    return figures | _known("build MB", peak_mb())


async def search(folder: Path, questions: Path) -> Figures:
    """Every question once, from the text to the pool."""
    asked: list[str] = json.loads(await asyncio.to_thread(questions.read_bytes))
    store = SqliteCatalog.open(folder / "catalog.db")
    before, private, begun = resident_mb(os.getpid()), private_mb(), time.perf_counter()
    index = TantivyIndex.open(folder / "index", store)
    await index.sync()
    figures = {"open ms": (time.perf_counter() - begun) * 1000}
    await index.search("What else is there?", k=POOL)  # what Python loads at the first search is no search
    walls, processor = [], time.process_time()
    for question in asked:
        begun = time.perf_counter()
        await index.search(question, k=POOL)
        walls.append((time.perf_counter() - begun) * 1000)
    figures["search CPU ms"] = (time.process_time() - processor) * 1000 / len(asked)
    memory = _known("index MB", _grown(before, resident_mb(os.getpid())))
    memory |= _known("index private MB", _grown(private, private_mb()))
    await store.close()
    p99 = sorted(walls)[len(walls) * 99 // 100]
    figures |= {"search ms": statistics.median(walls), "search p99 ms": p99}
    return figures | memory


async def change(folder: Path, _: Path) -> Figures:
    """From the call that changes the catalog until a search finds the tool, or finds it no more."""
    store = SqliteCatalog.open(folder / "catalog.db")
    index = TantivyIndex.open(folder / "index", store)
    await index.sync()
    added, removed = [], []
    for number in range(CHANGES):
        new = _new(number)
        added.append(await _until(index, new, store.put(new), found=True))
        removed.append(await _until(index, new, store.delete(new.id), found=False))
    await store.close()
    return {"added ms": statistics.median(added), "removed ms": statistics.median(removed)}


def _new(number: int) -> Api:
    tool_id = f"Speed/measured{number}"
    return Api(
        id=f"{tool_id}/look",
        name="look",
        description=f"Looks for zyzzogeton {number}.",
        category="Speed",
        tool_id=tool_id,
        tool_name=f"Measured {number}",
        url="https://speed.example.com/look",
    )


async def _until(index: TantivyIndex, api: Api, changing: Awaitable[object], *, found: bool) -> float:
    begun = time.perf_counter()
    await changing
    await index.sync()
    hits = (await index.search(api.description, k=POOL)).hits
    took = (time.perf_counter() - begun) * 1000
    if (api.id in {hit.id for hit in hits}) is not found:
        raise RuntimeError(f"the search does not follow the catalog: {api.id} found is {not found}")
    return took


def _grown(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _known(name: str, value: float | None) -> Figures:
    return {} if value is None else {name: value}


MEASURES: dict[str, Callable[[Path, Path], Awaitable[Figures]]] = {"build": build, "search": search, "change": change}


async def main(what: str, folder: str, file: str) -> None:
    sys.stdout.write(json.dumps(await MEASURES[what](Path(folder), Path(file))))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
