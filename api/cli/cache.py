"""`switchboard cache`: the model answers that are kept for questions asked again."""

from __future__ import annotations

import typer

app = typer.Typer(help="Forget the model answers that are kept for questions asked again.", no_args_is_help=True)


@app.command()
def clear() -> None:
    """Forget them all, so that the next question asks the model; a service that runs need not be stopped."""
    from api.cli.opening import wait_for

    wait_for(_clear())


async def _clear() -> None:
    from api.cli.opening import read_settings
    from api.cli.output import note
    from graph.sqlite_cache import clear_file

    forgotten = await clear_file(read_settings().folder / "cache.db")
    note(f"{forgotten} answers forgotten." if forgotten else "No answers are kept.")
