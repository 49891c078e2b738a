"""`switchboard threads`: what was asked before, where it stands, and answering what still waits."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

app = typer.Typer(help="List threads, show one, answer what waits, or delete.", invoke_without_command=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The thread's id.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Stands = Literal["running", "input_required", "completed", "no_tool", "declined", "failed", "cancelled"]
Status = Annotated[Stands | None, typer.Option(help="Only threads of this status.", show_default=False)]
Limit = Annotated[int, typer.Option(min=1, max=200, help="How many.")]
Url = Annotated[str | None, typer.Option(help="Of a running service instead of the data folder.", show_default=False)]


@app.callback()
def threads(context: typer.Context, status: Status = None) -> None:
    """Without a command: the list."""
    if context.invoked_subcommand is None:
        listing(status=status)


@app.command("list")
def listing(status: Status = None, limit: Limit = 20, as_json: AsJson = False) -> None:
    """List threads, waiting ones first."""
    from api.cli.opening import wait_for

    wait_for(_list(status, limit, as_json))


@app.command()
def show(thread_id: Id, as_json: AsJson = False) -> None:
    """Show a thread's last answer, and what it still asks."""
    from api.cli.opening import wait_for

    wait_for(_show(thread_id, as_json))


@app.command()
def trace(thread_id: Id) -> None:
    """Show what was considered, chosen, sent, received and spent, as JSON."""
    from api.cli.opening import wait_for

    wait_for(_trace(thread_id))


@app.command()
def response(
    thread_id: Id,
    step: Annotated[str, typer.Argument(metavar="STEP", help="The step whose call brought it, as `1`.")],
    pointer: Annotated[str, typer.Option(help="JSON pointer of the part that is wanted.")] = "",
    offset: Annotated[int, typer.Option(min=0, help="The first item of that part.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many items.")] = 100,
) -> None:
    """Page through the whole of a response that was too long for the answer, as JSON."""
    from api.cli.opening import wait_for

    wait_for(_response(thread_id, step, pointer, offset, limit))


@app.command()
def resume(thread_id: Id, as_json: AsJson = False, url: Url = None) -> None:
    """Answer what a thread asks."""
    from api.cli.opening import wait_for

    raise typer.Exit(wait_for(_resume(thread_id, as_json, url)))


@app.command()
def delete(thread_id: Id) -> None:
    """Delete a thread, with all that was kept of it."""
    from api.cli.opening import wait_for

    wait_for(_delete(thread_id))


async def _list(status: Stands | None, limit: int, as_json: bool) -> None:
    from api.cli.opening import opened
    from api.cli.output import note, result, result_json
    from api.tenant import DEFAULT

    async with opened() as services:
        page = await services.runs.threads(tenant=DEFAULT, status=status, limit=limit, cursor=None)
    if as_json:
        result_json(page)
        return
    for each in page.threads:
        result(f"{each.thread_id}  {each.status:14}  {each.updated_at}  {each.query[:80]}")
    if not page.threads:
        note('No threads. Ask something: `switchboard ask "..."`.')
    elif page.next_cursor:
        note(f"There are more: --limit {min(limit * 2, 200)}.")


async def _show(thread_id: str, as_json: bool) -> None:
    from api.cli import asking
    from api.cli.doors import door

    async with door(None) as here:
        asking.display(await here.thread(thread_id), as_json=as_json)


async def _trace(thread_id: str) -> None:
    from api.cli.opening import opened
    from api.cli.output import result_json
    from api.tenant import DEFAULT

    async with opened() as services:
        result_json(await services.runs.trace(thread_id, tenant=DEFAULT))


async def _response(thread_id: str, step: str, pointer: str, offset: int, limit: int) -> None:
    from api.cli.opening import opened
    from api.cli.output import result_json
    from api.tenant import DEFAULT
    from graph.paging import PageRequest

    page = PageRequest(pointer=pointer, offset=offset, limit=limit)
    async with opened() as services:
        result_json(await services.runs.response(thread_id, step, page, tenant=DEFAULT))


async def _resume(thread_id: str, as_json: bool, url: str | None) -> int:
    from api.cli import asking
    from api.cli.doors import door

    async with door(url) as opened:
        return await asking.settle(opened, await opened.thread(thread_id), no_input=False, as_json=as_json, url=url)


async def _delete(thread_id: str) -> None:
    from api.cli.opening import opened
    from api.cli.output import note
    from api.tenant import DEFAULT

    async with opened() as services:
        await services.runs.delete(thread_id, tenant=DEFAULT)
    note(f"Deleted {thread_id}.")
