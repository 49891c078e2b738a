"""`switchboard lessons`: what answered questions taught the search, and forgetting it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # imported where it is used, so that `--help` is quick
    from catalog.lessons import Lessons

app = typer.Typer(help="Show or forget what answered questions taught the search.", no_args_is_help=True)

Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many.")]
Thread = Annotated[str | None, typer.Option(help="Only what this thread taught.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def listing(limit: Limit = 20, as_json: AsJson = False) -> None:
    """List the questions that are remembered with the APIs that answered them, the latest first."""
    from api.cli.opening import wait_for

    wait_for(_list(limit, as_json))


@app.command()
def clear(thread: Thread = None) -> None:
    """Forget them; a service that runs need not be stopped."""
    from api.cli.opening import wait_for

    wait_for(_clear(thread))


async def _list(limit: int, as_json: bool) -> None:
    from api.cli.opening import read_settings
    from api.cli.output import note, result, result_json
    from api.tenant import DEFAULT
    from graph.lessons_opening import opened_lessons

    async with opened_lessons(read_settings()) as lessons:
        found = await lessons.latest(DEFAULT, most=limit) if lessons else []
    if as_json:
        result_json(found)
        return
    for each in found:
        result(f"{each.learned_at:%Y-%m-%d}  {each.query[:80]}  ->  {', '.join(each.api_ids)}")
    if not found:
        note("Nothing was learned yet.")


async def _clear(thread: str | None) -> None:
    from api.cli.opening import read_settings
    from api.cli.output import note
    from graph.lessons_opening import opened_lessons

    async with opened_lessons(read_settings()) as lessons:
        forgotten = await _forgotten(lessons, thread) if lessons else 0
    note(f"{forgotten} questions forgotten." if forgotten else "There is nothing to forget.")


async def _forgotten(lessons: Lessons, thread: str | None) -> int:
    from api.tenant import DEFAULT

    return await (lessons.forget(thread) if thread else lessons.clear(DEFAULT))
