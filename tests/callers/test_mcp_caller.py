"""MCP tools are called on real servers: one that is a program, one that listens on loopback."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import pytest
from pydantic import SecretStr

from callers import mcp_listing
from callers.mcp_caller import McpCaller
from callers.mcp_servers import McpServer
from callers.mcp_sessions import McpSessions
from catalog.errors import (
    BrokenResponse,
    CallTimeout,
    CallUnreachable,
    EgressDenied,
    InvalidArguments,
    OutcomeUnknown,
    ResponseTooLarge,
    ToolFailed,
    UnusableCredential,
)
from catalog.importers import IMPORTERS
from catalog.importers.record import Record
from catalog.models import Api

DOCUMENTS = Path(__file__).parents[1] / "documents"
KEY = "s3cret-desk-key"


class Desk(Protocol):
    """The module `desk_server`."""

    def serve(self, port: int = 0, *, key: str = "", old: bool = False) -> AbstractContextManager[str]: ...
    def noted(self) -> list[str]: ...


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.syspath_prepend(str(DOCUMENTS))
    monkeypatch.setenv("DESK_LOG", str(tmp_path / "desk.log"))
    return importlib.import_module("desk_server")


def program(tmp_path: Path, **more: Any) -> McpServer:
    env = {"DESK_LOG": SecretStr(str(tmp_path / "desk.log")), "DESK_KEY": SecretStr("env:KEY_OF_THE_DESK")}
    return McpServer(command=sys.executable, args=(str(DOCUMENTS / "desk_server.py"),), env=env, **more)


@pytest.fixture
async def piped(tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[McpCaller]:
    monkeypatch.setenv("KEY_OF_THE_DESK", KEY)
    opened = caller({"desk": program(tmp_path)})
    yield opened
    await opened.close()


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    with desk.serve(key=KEY) as address:
        yield address


@pytest.fixture
async def over_http(url: str, desk: Desk) -> AsyncIterator[McpCaller]:
    opened = caller({"desk": McpServer(url=url, bearer=SecretStr(KEY))})
    yield opened
    await opened.close()


def caller(servers: dict[str, McpServer], *, allow_stdio: bool = True) -> McpCaller:
    return McpCaller(McpSessions(servers, allow_stdio=allow_stdio, limit_bytes=50_000))


async def apis(opened: McpCaller, name: str = "desk") -> dict[str, Api]:
    """As an import gives them."""
    listing = await mcp_listing.describe(opened._sessions, name)
    document = IMPORTERS["mcp"].read([Record("", dict(listing))], [])
    return {api.name: api for tool in document.tools for api in tool.apis}


async def send(opened: McpCaller, api: Api, seconds: float = 5, **values: Any) -> Any:
    return (await opened.send(api, values, timeout_seconds=seconds)).body


async def promises(opened: McpCaller, desk: Desk) -> None:
    """What holds however the server is spoken to."""
    known = await apis(opened)
    assert len(known) == 12  # three pages
    assert known["get_ticket"].response_shape == {"ticket_id": "str", "status": "str"}
    assert (known["get_ticket"].risk, known["close_ticket"].risk) == ("safe", "mutating")

    assert await send(opened, known["get_ticket"], ticket_id="T-1") == {
        "ticket_id": "T-1",
        "status": "waiting for parts",
    }
    assert await send(opened, known["close_ticket"], ticket_id="T-1") == "Ticket T-1 is closed."
    assert await send(opened, known["say_json"]) == {"free": [1, 2]}
    assert await send(opened, known["picture"]) == ["The desk:", "(image/png, 6 bytes)"]
    with pytest.raises(ToolFailed, match="There is no such ticket"):
        await send(opened, known["fail"])
    with pytest.raises(BrokenResponse):
        await send(opened, known["lie"])
    with pytest.raises(ResponseTooLarge):
        await send(opened, known["large"])
    with pytest.raises(ToolFailed, match="Unknown tool"):
        await send(opened, known["fail"].model_copy(update={"target": "desk gone"}))

    before = desk.noted()
    with pytest.raises(InvalidArguments):
        await send(opened, known["get_ticket"], ticket_id="12")
    assert desk.noted() == before

    with pytest.raises(CallTimeout):
        await send(opened, known["hang"], seconds=0.1)
    with pytest.raises(OutcomeUnknown):
        await send(opened, known["hang_changing"], seconds=0.1)
    several = [send(opened, known["get_ticket"], ticket_id=f"T-{number}") for number in range(8)]
    assert [body["ticket_id"] for body in await asyncio.gather(*several)] == [f"T-{number}" for number in range(8)]


async def test_tools_of_a_server_over_http(over_http: McpCaller, desk: Desk) -> None:
    await promises(over_http, desk)


async def test_tools_of_a_program_and_what_it_is_told_in_secret(piped: McpCaller, desk: Desk) -> None:
    await promises(piped, desk)
    assert await send(piped, (await apis(piped))["whoami"]) == "I was told ***."


async def test_a_program_that_dies_is_started_again_and_only_what_reads_is_called_twice(
    piped: McpCaller, desk: Desk
) -> None:
    known = await apis(piped)
    assert await send(piped, known["die_once"]) == "survived"
    with pytest.raises(OutcomeUnknown):
        await send(piped, known["die"])
    assert (await send(piped, known["get_ticket"], ticket_id="T-9"))["ticket_id"] == "T-9"
    assert desk.noted() == ["die_once", "die_once", "die", "get_ticket"]


@pytest.mark.parametrize("old", [False, True])
async def test_a_server_that_goes_away_and_comes_back_is_called_once_for_each_call(desk: Desk, old: bool) -> None:
    with desk.serve(old=old) as address:
        opened = caller({"desk": McpServer(url=address)})
        known = await apis(opened)
        assert await send(opened, known["close_ticket"], ticket_id="T-1") == "Ticket T-1 is closed."
    with pytest.raises(CallUnreachable):  # nothing listens, so nothing can have happened
        await send(opened, known["close_ticket"], ticket_id="T-2")
    port = int(address.split(":")[2].split("/")[0])
    with desk.serve(port, old=old):
        assert await send(opened, known["close_ticket"], ticket_id="T-3") == "Ticket T-3 is closed."
    with desk.serve(port, old=old):  # it has forgotten the session, if it had one
        assert await send(opened, known["close_ticket"], ticket_id="T-4") == "Ticket T-4 is closed."
        await opened.close()
    assert desk.noted() == ["close_ticket"] * 3


async def test_a_server_that_turns_us_away_and_one_that_is_no_server(url: str) -> None:
    servers = {
        "wrong": McpServer(url=url, bearer=SecretStr("another-key-than-that")),
        "unset": McpServer(url=url, bearer=SecretStr("env:SURELY_NOT_SET")),
        "none": McpServer(command="/surely/not/there"),
        "mute": McpServer(command=sys.executable, args=("-c", "pass")),
    }
    opened = caller(servers)
    for name in ("wrong", "none", "mute"):
        with pytest.raises(CallUnreachable) as caught:
            await apis(opened, name)
        assert "another-key" not in str(caught.value)
    with pytest.raises(UnusableCredential, match="unset: bearer"):
        await apis(opened, "unset")
    await opened.close()


async def test_only_what_the_operator_names_is_contacted_and_nothing_is_started_unasked(tmp_path: Path) -> None:
    opened = caller({"desk": program(tmp_path)}, allow_stdio=False)
    with pytest.raises(EgressDenied, match="SWITCHBOARD_MCP_STDIO"):
        await apis(opened)
    with pytest.raises(EgressDenied, match="SWITCHBOARD_MCP_SERVERS"):
        await apis(opened, "other")
    await opened.close()


async def test_a_preview_says_what_would_be_called_and_nothing_of_the_key(over_http: McpCaller, desk: Desk) -> None:
    api = (await apis(over_http))["close_ticket"]
    shown = over_http.preview(api, {"ticket_id": "T-5"})
    assert (shown.method, shown.url, shown.body) == ("CALL", "mcp:desk#close_ticket", {"ticket_id": "T-5"})
    assert KEY not in repr(shown)
    assert await over_http.missing_credential(api) is None
    unset = caller({"desk": McpServer(url="http://127.0.0.1:1", bearer=SecretStr("env:SURELY_NOT_SET"))})
    missing = await unset.missing_credential(api)
    assert missing is not None and missing.name == "desk: bearer"
    assert desk.noted() == []


async def test_a_server_that_never_says_hello_takes_no_more_than_the_time_there_is(
    tmp_path: Path, over_http: McpCaller
) -> None:
    gone = tmp_path / "gone"
    script = f"import pathlib, sys; sys.stdin.read(); pathlib.Path({str(gone)!r}).touch()"
    mute = caller({"mute": McpServer(command=sys.executable, args=("-c", script))})
    api = (await apis(over_http))["close_ticket"].model_copy(update={"target": "mute close_ticket"})
    loop = asyncio.get_running_loop()
    started = loop.time()
    with pytest.raises(CallTimeout):  # it was never called, so nothing can have happened
        await send(mute, api, seconds=0.3, ticket_id="T-1")
    with pytest.raises(CallTimeout):
        await send(mute, api, seconds=0.1, ticket_id="T-1")
    await mute.close()
    while not gone.exists() and loop.time() < started + 10:
        await asyncio.sleep(0.01)
    assert gone.exists()  # its pipe was closed, and it ended
