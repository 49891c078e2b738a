"""The command that learns anew how much each sign of a value weighs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from evals.delivery import needs_extra, told_errors
from evals.learning import learn as learned
from evals.learning import samples
from evals.progress import console

FEWEST = 200
"""Calls with known values: from fewer, weights tell of single questions."""


def learn(
    out: Annotated[
        Path, typer.Option(help="Where to write the weights; the service reads reasoners/offline/learned.json.")
    ],
    queries: Annotated[
        list[Path] | None, typer.Option(help="JSON lines with query, functions and gold calls; gzip too.")
    ] = None,
    dialogues: Annotated[
        list[Path] | None, typer.Option(help="JSON lines with functions and turns that say what is missing; gzip too.")
    ] = None,
) -> None:
    """Learn from calls with known values how sure each kind of value is, for the filling without a model."""
    needs_extra("sklearn", "scikit-learn", "learn")
    with told_errors():
        console.print("Reading the questions")
        known = list(samples(queries or (), dialogues or ()))
        if len(known) < FEWEST:
            raise typer.BadParameter(f"{len(known)} calls are too few; give at least {FEWEST}", param_hint="--queries")
        console.print(f"Learning from {len(known)} calls")
        out.write_text(json.dumps(learned(known), indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
