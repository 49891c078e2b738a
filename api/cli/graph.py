"""`switchboard graph`: the path that a query takes, as a drawing."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Format = Annotated[Literal["mermaid", "json"], typer.Option("--format", help="As text for Mermaid, or as JSON.")]


def graph(form: Format = "mermaid") -> None:
    """Draw the path that a query takes."""
    from api.cli.opening import read_settings
    from api.cli.output import result, result_json

    read_settings()  # wrong ones are told here, before the graph reads them on import
    from graph.studio import graph as path  # the same graph as the service's, with nothing opened

    drawn = path.get_graph(xray=True)
    if form == "json":
        result_json(drawn.to_json())
    else:
        result(drawn.draw_mermaid())
