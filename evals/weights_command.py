"""The command that searches the weights of the index."""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from catalog.index import TantivyIndex
from catalog.index_weights import DEFAULT, Weights
from evals.catalogs import opened
from evals.delivery import AsJson, Sets, needed, told_errors
from evals.naming import resolved
from evals.questions import Question, read_questions
from evals.retrieval_command import Catalogs, of_sets
from evals.weights import MEASURES, Searched, searched


def weights(
    catalog: Catalogs = None,
    queries: Annotated[Path | None, typer.Option(help="Questions, as `eval retrieval` takes them.")] = None,
    sets: Sets = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each weight is looked at.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Search the weights of the search on one half of your questions, and prove them on the other half."""
    catalogs, path = needed(catalog, "--catalog"), needed(queries, "--queries")
    with told_errors(), tempfile.TemporaryDirectory(prefix="switchboard-weights-") as folder:
        questions = of_sets(read_questions(path), sets or [])
        found = asyncio.run(_searched(Path(folder), catalogs, questions, rounds))
    typer.echo(json.dumps(_json(found)) if as_json else "\n".join(_lines(found)))


async def _searched(folder: Path, catalogs: list[Path], questions: list[Question], rounds: int) -> Searched:
    async with opened(folder, catalogs) as ready:
        asked = await resolved(questions, ready)

        async def weighing(by: Weights) -> TantivyIndex:
            return await asyncio.to_thread(TantivyIndex.open, folder / "index", ready.store, weights=by)

        return await searched(weighing, DEFAULT, asked, rounds)


def _json(found: Searched) -> dict[str, object]:
    return {
        "before": found.before.measures,
        "after": found.after.measures,
        "kept apart before": found.kept_apart_before.measures,
        "kept apart after": found.kept_apart_after.measures,
        "weights": asdict(found.after.weights),
        "holds": found.holds,
    }


def _lines(found: Searched) -> list[str]:
    rows = {
        "searched on, before": found.before,
        "searched on, after": found.after,
        "kept apart, before": found.kept_apart_before,
        "kept apart, after": found.kept_apart_after,
    }
    head = " " * 20 + "".join(f"{name:>11}" for name in MEASURES)
    table = [
        f"{label:<20}" + "".join(f"{one.measures[name]:>11.3f}" for name in MEASURES) for label, one in rows.items()
    ]
    moves = [f"{name}: {old} -> {new}" for name, (old, new) in found.moved.items()]
    return [head, *table, *(moves or ["no weight moved"]), _verdict(found)]


def _verdict(found: Searched) -> str:
    if found.holds:
        return "It holds on the questions kept apart: put these numbers into catalog/index_weights.py."
    return "It does not hold on the questions kept apart: leave the weights as they are."
