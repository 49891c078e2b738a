"""How quick the service and its search are, and how much memory they take: every figure in the form of all evals."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pydantic import JsonValue

from catalog.errors import SwitchboardError
from catalog.models import Tool
from catalog.sqlite import SqliteCatalog
from evals.catalogs import opened
from evals.local_postgres import local_postgres
from evals.progress import console
from evals.questions import read_questions
from evals.report import Item, Report, report_of
from evals.speed_service import Footprint, Load, measure_demo, measure_large
from evals.synthetic import write

QUESTIONS = 300  # asked in a round; of fewer, the slowest hundredth says nothing
SEED = 0  # the same questions from the same catalog
TEXT = 200  # characters of a description that are asked for
OF_SERVICE = ("answer ms", "answers per second", "answer CPU ms", "fan_out ms", "start s", "service MB")
OF_SEARCH = ("search ms", "search p99 ms", "search CPU ms", "index MB", "open ms", "build s", "added ms", "removed ms")
AT_LOAD = {
    (1, "auto"): {"answer ms": "median_ms", "answer p99 ms": "p99_ms"},
    (16, "auto"): {"answers per second": "per_second", "answer CPU ms": "processor_ms"},
    (1, "fan_out"): {"fan_out ms": "median_ms"},
    (16, "fan_out"): {"fan_outs per second": "per_second", "fan_out CPU ms": "processor_ms"},
}
"""What each load tells: by clients and strategy, the measure and the figure that it is."""


class MeasuringFailed(SwitchboardError):
    """A process that was to measure something broke."""

    code = "measuring_failed"

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what.capitalize()} could not be measured: {reason}")
        self.what = what
        self.reason = reason


@dataclass(frozen=True)
class Wanted:
    """What is to be measured."""

    catalog: Path | None = None
    scale: int | None = None
    """A synthetic catalog of so many APIs, made of the texts of `catalog` if there is one."""
    queries: Path | None = None
    """What is searched for; None: texts of the catalog itself."""
    service: bool = True
    """Whether the service is measured, or the search alone."""
    load: int = 400
    """Questions of each load on the service, in all rounds together."""
    postgres: bool = False
    """Whether the service on the demo keeps everything in PostgreSQL, one from a wheel, in place of SQLite."""
    rounds: int = 3
    """Each in new processes. Their spread tells in a comparison what is noise."""


def measure(folder: Path, wanted: Wanted) -> Report:
    """Everything, in a folder of its own. Raises CatalogError, ServiceDidNotStart, MeasuringFailed."""
    items: list[Item] = []
    if wanted.service:
        items += _service_items(folder, wanted)
    about: dict[str, JsonValue] = {"rounds": wanted.rounds, "database": "PostgreSQL" if wanted.postgres else "SQLite"}
    if wanted.catalog or wanted.scale:
        found, told = _catalog_items(folder, wanted)
        items += found
        about |= told
    return report_of("speed", items, about=about, shown=(*OF_SERVICE, *OF_SEARCH))


def _service_items(folder: Path, wanted: Wanted) -> Iterator[Item]:
    load = max(20, wanted.load // wanted.rounds)
    with local_postgres() if wanted.postgres else nullcontext() as server:
        for number in range(1, wanted.rounds + 1):
            settings = {"SWITCHBOARD_DATABASE_URL": server.new_database()} if server else {}
            yield from _demo_items(number, *measure_demo(folder / f"demo{number}", load, settings))


def _demo_items(number: int, footprint: Footprint, loads: Sequence[Load]) -> Iterator[Item]:
    yield _item(number, "demo", "start", _footprint(footprint, "start s", "service MB"))
    for load in loads:
        figures = {name: getattr(load, figure) for name, figure in AT_LOAD[load.clients, load.strategy].items()}
        what = f"{load.queries} questions, {load.clients} at once, {load.strategy}"
        yield _item(number, "demo", what, figures | {"not completed": load.wrong / load.queries})


def _footprint(footprint: Footprint, start: str, memory: str) -> dict[str, float | None]:
    return {start: footprint.start_seconds, memory: footprint.resident_mb}


def _item(number: int, group: str, what: str, figures: dict[str, float | None]) -> Item:
    scores = {name: round(value, 4) for name, value in figures.items() if value is not None}
    return Item(id=f"round {number}", set=group, query=what, scores=scores)


def _catalog_items(folder: Path, wanted: Wanted) -> tuple[list[Item], dict[str, JsonValue]]:
    path = wanted.catalog
    if wanted.scale is not None:
        console.print(f"Making a catalog of {wanted.scale} APIs")
        path = folder / f"synthetic_{wanted.scale}.jsonl"
        synthetic_file(path, wanted.scale, wanted.catalog)
    if path is None:
        return [], {}
    data, group = folder / "large", path.name.split(".")[0]
    data.mkdir(parents=True)
    console.print(f"Importing {path.name}, and building the index")
    items = [_item(1, group, "import and index", _in_process("build", data, path))]
    questions = folder / "questions.json"
    questions.write_text(json.dumps(_asked(wanted.queries, data)))
    for number in range(1, wanted.rounds + 1):
        console.print(f"Searching, round {number}")
        items.append(_item(number, group, "search", _in_process("search", data, questions)))
        items.append(_item(number, group, "change one tool", _in_process("change", data, questions)))
    if wanted.service:
        told = _footprint(measure_large(data, wanted.load), "start with catalog s", "service with catalog MB")
        items.append(_item(1, group, "service", told))
    return items, asyncio.run(_about(path, data))


def synthetic_file(path: Path, apis: int, catalog: Path | None) -> None:
    """Write a synthetic catalog, of the texts of this one if there is one. Raises CatalogError."""
    with tempfile.TemporaryDirectory(prefix="switchboard-texts-") as folder:
        write(path, apis, asyncio.run(_tools(Path(folder), catalog)) if catalog else ())


async def _tools(folder: Path, catalog: Path) -> list[Tool]:
    async with opened(folder, [catalog], indexed=False) as texts:
        return await asyncio.to_thread(lambda: list(texts.tools()))


def _asked(queries: Path | None, data: Path) -> list[str]:
    """Questions of the file, or texts of APIs, drawn evenly."""
    told = [question.query for question in read_questions(queries)] if queries else _texts(data)
    return random.Random(SEED).sample(told, min(QUESTIONS, len(told)))  # noqa: S311 - statistics


def _texts(data: Path) -> list[str]:
    store = SqliteCatalog.open(data / "catalog.db")
    ids = sorted(store.fingerprints())
    drawn = ids[:: max(1, len(ids) // QUESTIONS)]
    told = [f"{api.label}. {api.description[:TEXT]}" for tool in store.read_tools(drawn) for api in tool.apis[:1]]
    asyncio.run(store.close())
    return list(islice(told, QUESTIONS))


async def _about(path: Path, data: Path) -> dict[str, JsonValue]:
    store = SqliteCatalog.open(data / "catalog.db")
    stats = await store.stats()
    await store.close()
    return {"catalog": path.name, "apis": stats.apis, "tools": stats.tools, "categories": stats.categories}


def _in_process(what: str, data: Path, file: Path) -> dict[str, float | None]:
    command = [sys.executable, "-m", "evals.speed_index", what, str(data), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise MeasuringFailed(what, done.stderr.strip().rpartition("\n")[2])
    figures: dict[str, float | None] = json.loads(done.stdout)
    return figures
