"""The command that drafts a question set for a catalog."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from evals.catalogs import opened
from evals.delivery import needed, told_errors
from evals.drafting import Draft, draft
from evals.progress import console
from evals.retrieval_command import Catalogs


def init(
    catalog: Catalogs = None,
    pairs: Annotated[int, typer.Option(min=0, help="Pairs of look-alikes, the most alike first.")] = 50,
    described: Annotated[int, typer.Option(min=0, help="APIs drawn from all that are described.")] = 50,
    looked_at: Annotated[int, typer.Option(min=1, help="APIs of which look-alikes are searched.")] = 1_000,
) -> None:
    """Draft a question set for your catalog, as JSON lines on stdout: rewrite its questions, then measure with it."""
    with told_errors(), tempfile.TemporaryDirectory(prefix="switchboard-init-") as folder:
        drafted = asyncio.run(_drafted(Path(folder), needed(catalog, "--catalog"), pairs, described, looked_at))
    for line in drafted.lines:
        typer.echo(json.dumps(line, ensure_ascii=False))
    if drafted.same:
        console.print(f"{drafted.same} pairs have the same words: nothing but a better description tells them apart")
    if not drafted.lines:
        console.print("No API has a description or an example question to begin with", style="red")
        raise typer.Exit(1)


async def _drafted(folder: Path, catalogs: list[Path], pairs: int, described: int, looked_at: int) -> Draft:
    async with opened(folder, catalogs) as ready:
        return await draft(ready, pairs=pairs, described=described, looked_at=looked_at)
