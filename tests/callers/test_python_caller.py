"""Functions and LangChain tools of a module are called as the catalog describes them."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from callers import python_listing
from callers.python_caller import PythonCaller
from catalog.errors import (
    BrokenResponse,
    CallTimeout,
    CallUnreachable,
    EgressDenied,
    InvalidArguments,
    OutcomeUnknown,
    ResponseTooLarge,
    SettingsError,
    ToolFailed,
)
from catalog.importers import IMPORTERS
from catalog.importers.record import Record
from catalog.models import Api

MODULE = "desk_functions"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "documents"))
    found = importlib.import_module(MODULE)
    found.BOOKED.clear()
    found.RELEASE.clear()
    return found


@pytest.fixture
def apis(module: ModuleType) -> dict[str, Api]:
    listing = python_listing.describe(MODULE, [MODULE])
    document = IMPORTERS["python"].read([Record("", listing)], [])
    return {api.name: api for tool in document.tools for api in tool.apis}


def caller(*modules: str) -> PythonCaller:
    return PythonCaller(modules or (MODULE,), limit_bytes=50_000)


async def send(api: Api, seconds: float = 5, **values: Any) -> Any:
    return (await caller().send(api, values, timeout_seconds=seconds)).body


async def test_a_function_gets_its_values_in_the_types_that_it_names(apis: dict[str, Api], module: ModuleType) -> None:
    values = {"room": "Oak", "day": "2026-03-01", "color": "blue", "address": {"street": "Elm 1"}}
    assert await send(apis["book_room"], **values) == {"booked": "Oak", "day": "2026-03-01"}
    assert module.BOOKED == ["Oak 2026-03-01 blue"]
    ticket = {"ticket_id": "T-1", "status": "open", "watchers": ["ada"]}
    assert await send(apis["get_ticket"], ticket_id="T-1") == ticket
    assert await send(apis["count_desks"], floor=3) == 30
    assert await send(apis["count_chairs"], floor=3) == 12
    assert await send(apis["rate"]) == 1.5


async def test_langchain_tools_are_called_with_and_without_a_coroutine(
    apis: dict[str, Api], module: ModuleType
) -> None:
    holiday = {"country": "DE", "holiday": "New Year", "year": "2026"}
    assert await send(apis["lookup_holiday"], country="DE") == holiday
    assert await send(apis["order_lunch"], dish="soup") == "ordered soup for nobody"
    assert await send(apis["echo"], text="hello") == "hello"


async def test_a_failure_is_told_in_its_own_words_without_the_way_it_took(apis: dict[str, Api]) -> None:
    with pytest.raises(ToolFailed) as caught:
        await send(apis["fail"], reason="T-9")
    assert str(caught.value) == "'desk_functions:fail' failed: ValueError: no such thing: T-9."
    assert caught.value.__cause__ is None


async def test_wrong_values_call_nothing(apis: dict[str, Api], module: ModuleType) -> None:
    for values in ({"room": "Oak"}, {"room": "Oak", "day": "someday"}, {"room": "Oak", "day": "2026-01-01", "x": 1}):
        with pytest.raises(InvalidArguments):
            await send(apis["book_room"], **values)
    assert module.BOOKED == []


async def test_a_function_that_does_not_come_back_holds_nothing_else_up(
    apis: dict[str, Api], module: ModuleType
) -> None:
    try:
        with pytest.raises(OutcomeUnknown):
            await send(apis["hang"], seconds=0.05)
        with pytest.raises(CallTimeout):
            await send(apis["hang"].model_copy(update={"risk": "safe"}), seconds=0.05)
        with pytest.raises(OutcomeUnknown):
            await send(apis["hang_softly"], seconds=0.05)
        assert await asyncio.gather(*(send(apis["echo"], text=str(n)) for n in range(20))) == [*map(str, range(20))]
    finally:
        module.RELEASE.append(True)


async def test_what_has_no_end_or_no_measure_is_no_answer_but_it_is_done(apis: dict[str, Api]) -> None:
    for name, error in (("many", BrokenResponse), ("large", ResponseTooLarge)):
        with pytest.raises(error):
            await send(apis[name].model_copy(update={"risk": "safe"}))
        reply = await caller().send(apis[name], {}, timeout_seconds=5)  # it may have changed something
        assert (reply.status, reply.body, reply.truncated) == (200, None, True)


async def test_only_modules_that_the_operator_names_and_only_what_they_offer(apis: dict[str, Api]) -> None:
    api = apis["echo"]
    for target in ("os:getcwd", "desk_functions.asyncio:run"):
        with pytest.raises(EgressDenied, match="SWITCHBOARD_PYTHON_MODULES"):
            await send(api.model_copy(update={"target": target, "parameters": ()}))
    for name in ("_hidden", "asyncio", "piecewise", "gone", "Color"):
        with pytest.raises(CallUnreachable):
            await send(api.model_copy(update={"target": f"{MODULE}:{name}", "parameters": ()}))
    with pytest.raises(CallUnreachable, match="PYTHONPATH"):
        lost = api.model_copy(update={"target": "surely_not_there:echo", "parameters": ()})
        await caller("surely_not_there").send(lost, {}, timeout_seconds=5)
    with pytest.raises(SettingsError, match="PYTHONPATH"):
        python_listing.describe("surely_not_there", ["surely_not_there"])
    with pytest.raises(EgressDenied):
        python_listing.describe("os", [MODULE])


async def test_a_preview_says_what_would_be_called(apis: dict[str, Api], module: ModuleType) -> None:
    shown = caller().preview(apis["book_room"], {"room": "Oak", "day": "2026-03-01"})
    assert (shown.method, shown.url) == ("CALL", "python:desk_functions:book_room")
    assert shown.body == {"room": "Oak", "day": "2026-03-01"}
    assert shown.curl == "desk_functions.book_room(room='Oak', day='2026-03-01')"
    assert module.BOOKED == []
    assert await caller().missing_credential(apis["book_room"]) is None
