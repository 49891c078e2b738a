"""`switchboard graph`: the path that a query takes, as a drawing."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Format = Annotated[Literal["mermaid", "json"], typer.Option(help="As text for Mermaid, or as JSON.")]


def graph(format: Format = "mermaid") -> None:  # noqa: A002  (the option's name)
    """Draw the path that a query takes."""
    from api.cli.opening import wait_for

    wait_for(_draw(format))


async def _draw(form: str) -> None:
    from api.cli.opening import opened
    from api.cli.output import result, result_json

    async with opened() as services:
        drawn = services.graph.get_graph(xray=True)
    if form == "json":
        result_json(drawn.to_json())
    else:
        result(drawn.draw_mermaid())
