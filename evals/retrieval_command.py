"""The command that measures the search: with questions, or by looking every API up by its own name."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from evals.catalogs import opened
from evals.delivery import Sets, Telling, needed, told_errors
from evals.lookups import measure_names
from evals.options import grouped
from evals.questions import Question, read_questions
from evals.report import Report
from evals.retrieval import measure
from evals.teaching import measure_taught

Catalogs = Annotated[
    list[Path] | None, typer.Option("--catalog", help="A catalog, as `catalog import` takes it. Several are joined.")
]


@grouped
def retrieval(
    *,
    catalog: Catalogs = None,
    queries: Annotated[
        Path | None,
        typer.Option(help='JSON lines {"query": "...", "gold": ["api id", ...], "set": "..."}; gzip too.'),
    ] = None,
    sets: Sets = None,
    baseline: Annotated[bool, typer.Option("--baseline", help="Beside plain BM25 over the same text.")] = False,
    taught: Annotated[
        bool, typer.Option("--taught", help="Each fifth of the questions, after learning from the other four.")
    ] = False,
    vectors: Annotated[
        bool, typer.Option("--vectors", help="By meaning too, with the model of vectors of the settings.")
    ] = False,
    names: Annotated[
        bool, typer.Option("--names", help="Without questions: look each API up by its names and its description.")
    ] = False,
    sample: Annotated[int | None, typer.Option(min=1, help="With --names: only so many APIs, drawn evenly.")] = None,
    telling: Telling,
) -> None:
    """How well the index finds the APIs that questions need: recall, all of them found, order; on every level."""
    wanted, catalogs = telling.delivery(), needed(catalog, "--catalog")
    if names == (queries is not None):
        raise typer.BadParameter("give either questions or --names", param_hint="--queries")
    if taught and (names or baseline):
        raise typer.BadParameter("it goes neither with --names nor with --baseline", param_hint="--taught")
    with told_errors(), tempfile.TemporaryDirectory(prefix="switchboard-retrieval-") as folder:
        questions = of_sets(read_questions(queries), sets or []) if queries else []
        report = asyncio.run(
            _measured(
                Path(folder), catalogs, questions, baseline=baseline, sample=sample, taught=taught, vectors=vectors
            )
        )
        wanted.of(report)


def of_sets(questions: list[Question], sets: list[str]) -> list[Question]:
    """Those of these sets, or all. Raises BadParameter where none is left."""
    chosen = [q for q in questions if not sets or any(q.set.startswith(name) for name in sets)]
    if not chosen:
        raise typer.BadParameter("no question of these sets is in the file", param_hint="--set")
    return chosen


async def _measured(
    folder: Path,
    catalogs: list[Path],
    questions: list[Question],
    *,
    baseline: bool,
    sample: int | None,
    taught: bool,
    vectors: bool,
) -> Report:
    async with opened(folder, catalogs, vectors=vectors) as ready:
        if not questions:
            return await measure_names(ready, sample)
        if taught:
            return await measure_taught(ready, questions, folder)
        return await measure(ready, questions, baseline=baseline)
