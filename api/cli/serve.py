"""`switchboard serve`: the HTTP service, on loopback unless the operator says otherwise."""

from __future__ import annotations

from typing import Annotated

import typer

Host = Annotated[str | None, typer.Option(help="Address to listen on (default: SWITCHBOARD_HOST).", show_default=False)]
Port = Annotated[
    int | None,
    typer.Option(min=0, max=65_535, help="Port (default: SWITCHBOARD_PORT); 0 takes a free one.", show_default=False),
]
Demo = Annotated[bool, typer.Option("--demo", help="Start the demo's world too, and import its catalog.")]


def serve(host: Host = None, port: Port = None, demo: Demo = False) -> None:
    """Serve HTTP until Ctrl-C or SIGTERM."""
    from api.cli.opening import read_settings
    from api.cli.serving import run

    settings = read_settings()
    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    run(settings.model_copy(update=chosen), demo=demo)
