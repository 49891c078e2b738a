"""The commands that measure speed, and that make catalogs to measure it with."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from evals.delivery import AsJson, AtLeast, AtMost, HtmlFile, Repeat, delivery, told_errors
from evals.progress import console
from evals.report import Report, repeated
from evals.speed import Wanted, measure, synthetic_file

Texts = Annotated[Path | None, typer.Option("--catalog", help="A catalog whose texts are varied; none: our own words.")]


def speed(
    catalog: Annotated[
        Path | None, typer.Option(help="A catalog, as `catalog import` takes it, to measure the search with.")
    ] = None,
    scale: Annotated[
        int | None,
        typer.Option(min=100, help="A synthetic catalog of so many APIs, of the texts of --catalog if given."),
    ] = None,
    queries: Annotated[
        Path | None,
        typer.Option(help="Questions to search for, as of `eval retrieval`; none: texts of the catalog itself."),
    ] = None,
    service: Annotated[bool, typer.Option(help="Measure the service too, with the demo and with the catalog.")] = True,
    postgres: Annotated[
        bool, typer.Option("--postgres", help="Measure the service on PostgreSQL, one of its own, in place of SQLite.")
    ] = False,
    load: Annotated[int, typer.Option(min=20, help="Questions of each load on the service, of all rounds.")] = 400,
    rounds: Annotated[
        int, typer.Option(min=1, help="Each in new processes; from their spread `compare` tells noise.")
    ] = 3,
    as_json: AsJson = False,
    html: HtmlFile = None,
    least: AtLeast = None,
    most: AtMost = None,
    repeat: Repeat = 1,
) -> None:
    """Time, throughput and memory of the service on the demo, and of the search on a catalog of any size."""
    if not service and not (catalog or scale):
        raise typer.BadParameter("nothing is left to be measured: give --catalog or --scale", param_hint="--no-service")
    wanted = Wanted(
        catalog=catalog, scale=scale, queries=queries, service=service, postgres=postgres, load=load, rounds=rounds
    )
    deliver = delivery(as_json, html, least, most)
    with told_errors():
        deliver.of(repeated(lambda: _measured(wanted), repeat))


def _measured(wanted: Wanted) -> Report:
    with tempfile.TemporaryDirectory(prefix="switchboard-speed-") as folder:
        return measure(Path(folder), wanted)


def synthetic(
    out: Annotated[Path, typer.Argument(help="The file to write, as JSON lines; gzip where it ends in .gz.")],
    apis: Annotated[int, typer.Option(min=1, help="How many APIs.")] = 160_000,
    catalog: Texts = None,
) -> None:
    """Write a catalog of any size, to try imports, searches and machines with. The same size is the same catalog."""
    if not out.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.parent}")
    with told_errors():
        synthetic_file(out, apis, catalog)
    console.print(f"{apis} APIs in {out}")
