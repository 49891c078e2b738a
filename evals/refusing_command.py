"""The command that learns anew which questions something offered answers."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from catalog.models import Tool
from catalog.store import Document
from evals.catalogs import opened
from evals.delivery import needed, needs_extra, told_errors
from evals.progress import bar, console
from evals.refusing import RATE, Sample, caught, held_out, samples
from evals.refusing import learn as learned
from evals.relevance import Asked, Weighing, read_asked
from reasoners.offline.likely import Weights
from reasoners.offline.reasoner import OfflineReasoner

FEWEST = 200
"""Questions: from fewer, weights tell of single ones."""


def learn_refusing(
    out: Annotated[
        Path, typer.Option(help="Where to write the weights; the service reads reasoners/offline/likely.json.")
    ],
    queries: Annotated[list[Path] | None, typer.Option(help="Questions, as `eval relevance` takes them.")] = None,
    catalog: Annotated[
        list[Path] | None, typer.Option(help="A catalog, for questions without functions of their own.")
    ] = None,
) -> None:
    """Learn from questions that something answers, and others, which to refuse without a model."""
    needs_extra("sklearn", "scikit-learn", "learn")
    with told_errors():
        read = [read_asked(path) for path in needed(queries, "--queries")]
        asked, tools = [one for some, _ in read for one in some], [tool for _, some in read for tool in some]
        if len(asked) < FEWEST:
            raise typer.BadParameter(f"{len(asked)} questions are too few; give {FEWEST}", param_hint="--queries")
        if not catalog and any(one.functions is None for one in asked):
            raise typer.BadParameter("is needed: there are questions without functions", param_hint="--catalog")
        known = asyncio.run(_known(asked, tools, catalog or []))
        out.write_text(_told(learned(known)), encoding="utf-8")
    console.print(_measured(known))


async def _known(asked: list[Asked], tools: list[Tool], catalogs: list[Path]) -> list[Sample]:
    """What is offered and what is searched stand apart: a search would find functions that nobody offered it."""
    offered = await _seen([one for one in asked if one.functions is not None], [], tools)
    return offered + await _seen([one for one in asked if one.functions is None], catalogs, [])


async def _seen(asked: list[Asked], catalogs: list[Path], tools: list[Tool]) -> list[Sample]:
    if not asked:
        return []
    with tempfile.TemporaryDirectory(prefix="switchboard-refusing-") as folder:
        async with opened(Path(folder), catalogs) as ready:
            if tools:
                await ready.store.replace("offered", Document(tools=tools), format="functions")
                await ready.index.sync()
            weighing, found = Weighing(OfflineReasoner(ready.index), ready.store, ready.index), []
            with bar(len(asked), "questions") as advance:
                async for sample in samples(weighing, asked):
                    found.append(sample)
                    if not sample.crossed:
                        advance()
            return found


def _told(weights: Weights) -> str:
    of = {sign: round(weight, 3) for sign, weight in weights.of.items()}
    return json.dumps({"base": round(weights.base, 3), "of": of}, indent=0) + "\n"


def _measured(known: list[Sample]) -> str:
    """What to expect elsewhere: each half by weights from the other."""
    weighed = held_out(known)
    as_asked = caught([pair for pair in weighed if not pair[0].crossed])
    crossed = caught([pair for pair in weighed if pair[0].crossed or pair[0].asked.answered])
    told = [
        f"{name} {share:.3f}" for name, share in (("asked amiss", as_asked), ("crossed", crossed)) if share is not None
    ]
    return f"Caught where {RATE} % of the answered ones may be refused: {', '.join(told) or 'nothing to measure'}"
