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
    from graph.catalog_opening import postgres_url
    from graph.sqlite_cache import clear_file

    settings = read_settings()
    url = postgres_url(settings)
    forgotten = await clear_file(settings.folder / "cache.db") if url is None else await _cleared(url)
    note(f"{forgotten} answers forgotten." if forgotten else "No answers are kept.")


async def _cleared(url: str) -> int:
    from catalog.postgres_pool import AsyncPool
    from graph.postgres_cache import PostgresCache

    cache = PostgresCache(AsyncPool(url, 1), life_seconds=1, most=1)
    try:
        return await cache.clear()
    finally:
        await cache.close()
