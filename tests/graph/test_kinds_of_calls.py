"""Python functions, LangChain tools and MCP servers on the whole path: a question, a real call, an answer."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from callers import mcp_listing, python_listing
from callers.mcp_servers import McpServer
from callers.mcp_sessions import mcp_sessions
from catalog.importing import import_file
from catalog.store import ImportReport
from evals.faults.raw_server import LOOPBACK
from graph.requests import QueryRequest, ResumeRequest
from graph.services import Services, open_services
from graph.settings import Settings

DOCUMENTS = Path(__file__).parents[1] / "documents"
KEY = "s3cret-desk-key"
Start = Callable[..., AbstractAsyncContextManager[Services]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    monkeypatch.syspath_prepend(str(DOCUMENTS))
    monkeypatch.setenv("DESK_LOG", str(tmp_path / "desk.log"))

    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[Services]:
        given = {"data_dir": tmp_path / "data", "reasoner": "offline", **settings}
        async with open_services(Settings(_env_file=None, **given)) as services:
            yield services

    return opened


@pytest.fixture
def desk(start: Start) -> Any:
    return importlib.import_module("desk_server")


async def take_in(services: Services, listing: dict[str, JsonValue], tmp_path: Path) -> ImportReport:
    (tmp_path / "listing.json").write_text(json.dumps(listing))
    report = await import_file(services.catalog, tmp_path / "listing.json", source="desk")
    await services.index.sync()
    return report


async def take_in_server(services: Services, tmp_path: Path) -> ImportReport:
    settings = services.settings
    async with mcp_sessions(settings.mcp_servers, allow_stdio=settings.mcp_stdio, egress=LOOPBACK) as sessions:
        return await take_in(services, await mcp_listing.describe(sessions, "desk"), tmp_path)


async def ask(services: Services, query: str) -> dict[str, Any]:
    return await services.runs.ask(QueryRequest(query=query), tenant="default")


async def answer(services: Services, body: dict[str, Any], **content: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"id": body["input_requests"][0]["id"], "action": "accept"}
    request = ResumeRequest.model_validate({"responses": [{**said, **({"content": content} if content else {})}]})
    return await services.runs.resume(body["thread_id"], request, tenant="default")


async def test_a_function_and_a_langchain_tool_answer_questions(start: Start, tmp_path: Path) -> None:
    async with start(python_modules=("desk_functions",)) as services:
        await take_in(services, python_listing.describe("desk_functions", ["desk_functions"]), tmp_path)
        body = await ask(services, "What is the status of support ticket T-12?")
        assert (body["status"], body["calls"][0]["parameters"]) == ("completed", {"ticket_id": "T-12"})
        assert "open" in body["answer"]
        assert body["calls"][0]["url"] == "python:desk_functions:get_ticket"

        body = await ask(services, "Look up the next public holiday")
        assert body["input_requests"][0]["reason"] == "missing_parameters"
        body = await answer(services, body, country="DE")
        assert body["status"] == "completed" and "New Year" in body["answer"]
        assert body["calls"][0]["api_id"] == "python/desk_functions/lookup_holiday"


async def test_a_function_that_changes_something_is_approved_first_and_runs_once(start: Start, tmp_path: Path) -> None:
    async with start(python_modules=("desk_functions",)) as services:
        await take_in(services, python_listing.describe("desk_functions", ["desk_functions"]), tmp_path)
        booked = importlib.import_module("desk_functions").BOOKED
        booked.clear()
        body = await ask(services, 'Order the lunch "soup" for today')
        while body["status"] == "input_required" and body["input_requests"][0]["reason"] != "approval":
            body = await answer(services, body, dish="soup")
        assert body["input_requests"][0]["request"]["url"] == "python:desk_functions:order_lunch"
        assert booked == []
        body = await answer(services, body)
        assert (body["status"], booked) == ("completed", ["soup"])


async def test_a_function_that_fails_is_told_without_a_traceback(start: Start, tmp_path: Path) -> None:
    async with start(python_modules=("desk_functions",)) as services:
        await take_in(services, python_listing.describe("desk_functions", ["desk_functions"]), tmp_path)
        await services.catalog.put(
            (await services.catalog.get(["python/desk_functions/fail"]))["python/desk_functions/fail"].model_copy(
                update={"risk": "safe"}
            )
        )
        body = await services.runs.ask(QueryRequest(query='Fail for the reason "T-9"'), tenant="default")
        if body["status"] == "input_required":
            body = await answer(services, body, reason="T-9")
        assert body["status"] == "failed"
        told = json.dumps(body)
        assert "no such thing: T-9" in told and "Traceback" not in told and "desk_functions.py" not in told


async def test_tools_of_a_server_over_http_answer_are_approved_and_never_show_the_key(
    start: Start, desk: Any, tmp_path: Path
) -> None:
    with desk.serve(key=KEY) as url:
        async with start(mcp_servers={"desk": McpServer.model_validate({"url": url, "bearer": KEY})}) as services:
            await take_in_server(services, tmp_path)
            body = await ask(services, "What is the status of support ticket T-12?")
            assert (body["status"], body["calls"][0]["parameters"]) == ("completed", {"ticket_id": "T-12"})
            assert "waiting for parts" in body["answer"]

            body = await ask(services, "Close support ticket T-7 for good")
            assert body["input_requests"][0]["reason"] == "approval"
            assert body["input_requests"][0]["request"]["url"] == "mcp:desk#close_ticket"
            assert "close_ticket" not in desk.noted()
            body = await answer(services, body)
            assert body["status"] == "completed" and desk.noted().count("close_ticket") == 1
    for file in (tmp_path / "data").rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes(), file


async def test_a_program_that_dies_in_between_leaves_a_question_to_a_person_and_the_next_call_works(
    start: Start, desk: Any, tmp_path: Path
) -> None:
    server = {
        "command": sys.executable,
        "args": [str(DOCUMENTS / "desk_server.py")],
        "env": {"DESK_LOG": str(tmp_path / "desk.log")},
    }
    servers = {"desk": McpServer.model_validate(server)}
    async with start(mcp_servers=servers, mcp_stdio=True) as services:
        tools = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in desk.TOOLS]
        await take_in(services, {"format": "mcp", "version": 1, "server": "desk", "tools": tools}, tmp_path)
        body = await ask(services, "End the server in the middle of a call")
        assert body["input_requests"][0]["reason"] == "approval"
        body = await answer(services, body)
        assert body["input_requests"][0]["reason"] == "outcome_unknown"
        assert desk.noted() == ["die"]
        body = await ask(services, "What is the status of support ticket T-12?")
        assert "waiting for parts" in body["answer"]


async def test_tools_that_come_and_go_are_seen_at_the_next_import(
    start: Start, desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.serve() as url:
        async with start(mcp_servers={"desk": McpServer.model_validate({"url": url})}) as services:
            first = await take_in_server(services, tmp_path)
            new = desk.reads("list_holidays", "List the holidays of the desk.")
            monkeypatch.setattr(desk, "TOOLS", [new, *desk.TOOLS[:-2]])
            second = await take_in_server(services, tmp_path)
            assert (first.imported, second.imported, second.replaced, second.removed) == (12, 11, 10, 2)
            assert (await services.catalog.get(["mcp/desk/large"])) == {}
            body = await ask(services, "List the holidays of the desk")
            assert body["calls"][0]["api_id"] == "mcp/desk/list_holidays"
