"""`switchboard database`: the tables in PostgreSQL, or the files of SQLite, and whether this program fits them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer(help="See and upgrade the tables of the database.", no_args_is_help=True)


@app.command()
def status() -> None:
    """Say where everything is kept, and which version the tables have. Exit code 1: they want an upgrade."""
    from api.cli.opening import read_settings
    from api.cli.output import Exit, result
    from graph.catalog_opening import postgres_url

    settings = read_settings()
    url = postgres_url(settings)
    if url is None:
        _show_files(settings.folder)
        return
    from graph.postgres_schema import state_of

    state = state_of(url)
    result(f"{state.where}: tables {state.found or 'missing'}, newest {state.newest}")
    result(f"checkpoints: {state.checkpoints_found}, newest {state.checkpoints_newest}")
    if not state.current:
        raise typer.Exit(Exit.FAILED)


@app.command()
def upgrade() -> None:
    """Make the tables, or bring them to the newest version. Every start does so too; replicas wait for the first."""
    from api.cli.opening import read_settings
    from api.cli.output import note
    from graph.catalog_opening import postgres_url

    url = postgres_url(read_settings())
    if url is None:
        note("SQLite is used: its files are upgraded when they are opened.")
        return
    from graph.postgres_schema import prepare

    before = prepare(url)
    note("Nothing was to be done." if before.current else f"{before.where}: upgraded to {before.newest}.")


def _show_files(folder: Path) -> None:
    import sqlite3

    from api.cli.output import note, result

    files = sorted(folder.glob("*.db"))
    if not files:
        note(f"SQLite is used; there is nothing in {folder} yet.")
    for path in files:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            version = str(db.execute("PRAGMA user_version").fetchone()[0])
        except sqlite3.Error as error:
            version = f"cannot be read ({error})"
        finally:
            db.close()
        result(f"{path}: {version}")
