"""Hidden parameters are sent, and nobody is asked for them or sees what is secret of them."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING

import pytest
from pydantic import JsonValue, ValidationError

from callers.http import HttpCaller
from callers.protocol import Who
from callers.supplied import OperatorValues, SupplyingCaller
from catalog.errors import MissingCredential, UnusableCredential
from catalog.models import Api, Parameter, Supplied
from evals.faults.raw_server import LOOPBACK

if TYPE_CHECKING:
    from conftest import Upstream

VERSION = Supplied(parameter=Parameter(name="v", constraints={"pattern": "^[0-9]$"}), source="constant", value="2")
ACCOUNT = Supplied(parameter=Parameter(name="account", type="integer", place="header"), source="tenant")
CARD = Supplied(parameter=Parameter(name="card", place="body", enum=("x",)), source="user", key="card_number")
VALUES = {
    "tenants": {"acme": {"account": "4711"}},
    "users": {"acme/ada": {"card_number": "env:ADAS_CARD"}, "acme/eve": {"card_number": "plain-card"}},
}


def supplying(**said: object) -> SupplyingCaller:
    return SupplyingCaller(HttpCaller.open(egress=LOOPBACK), OperatorValues.model_validate(said or VALUES))


def api_of(upstream: Upstream, *supplied: Supplied) -> Api:
    api = upstream.api("/pay", Parameter(name="amount", place="body", type="integer"), method="POST")
    return api.model_copy(update={"supplied": supplied})


async def test_each_is_sent_in_its_place_and_type(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADAS_CARD", "c4rd-number")
    caller = supplying()
    api = api_of(upstream, VERSION, ACCOUNT, CARD)
    upstream.then(upstream.answer({"paid_with": "c4rd-number", "account": 4711}))
    reply = await caller.acting_for(Who("acme", "ada")).send(api, {"amount": 5}, timeout_seconds=5)
    await caller.close()
    [arrived] = upstream.arrived
    assert (arrived.target, arrived.header("account")) == ("/pay?v=2", ["4711"])
    assert json.loads(arrived.body) == {"amount": 5, "card": "c4rd-number"}
    assert reply.body == {"paid_with": "***", "account": 4711}


async def test_people_see_what_is_plain_and_no_secret(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADAS_CARD", "c4rd-number")
    caller = supplying()
    api = api_of(upstream, VERSION, ACCOUNT, CARD)
    ada = caller.acting_for(Who("acme", "ada")).preview(api, {"amount": 5})
    eve = caller.acting_for(Who("acme", "eve")).preview(api, {"amount": 5})
    await caller.close()
    assert ada.url.endswith("/pay?v=2") and ada.headers["account"] == "4711"
    assert (ada.body, eve.body) == ({"amount": 5, "card": "***"}, {"amount": 5, "card": "plain-card"})


def held(root: object) -> Iterator[str]:
    """All texts that an object holds, however deep."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType | BuiltinFunctionType):
            continue
        seen.add(id(one))
        if isinstance(one, str | bytes):
            yield str(one)
        waiting.extend(gc.get_referents(one))


async def test_a_caller_that_lives_on_keeps_no_secret_of_what_it_sent(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADAS_CARD", "c4rd-number")
    caller = supplying().acting_for(Who("acme", "ada"))
    api = api_of(upstream, CARD)
    caller.preview(api, {"amount": 5})
    await caller.send(api, {"amount": 5}, timeout_seconds=5)
    kept = [text for text in held(vars(caller)) if "c4rd-number" in text]
    await caller.close()
    assert any("4711" in text for text in held(vars(caller)))  # it looks where secrets would be
    assert kept == []


@pytest.mark.parametrize(("who", "name"), [(Who(), "account"), (Who("acme", "bob"), "card_number")])
async def test_what_is_not_set_for_somebody_is_missing_and_nothing_is_sent(
    upstream: Upstream, who: Who, name: str
) -> None:
    caller = supplying().acting_for(who)
    api = api_of(upstream, ACCOUNT, CARD)
    missing = await caller.missing_credential(api)
    with pytest.raises(MissingCredential):
        await caller.send(api, {"amount": 5}, timeout_seconds=5)
    await caller.close()
    assert missing is not None and missing.name == name and "SWITCHBOARD_VALUES" in missing.reason
    assert upstream.arrived == []


async def test_a_value_of_another_type_is_told_and_not_shown(upstream: Upstream) -> None:
    caller = supplying(tenants={"default": {"account": "not-a-number"}})
    with pytest.raises(UnusableCredential, match="integer") as caught:
        await caller.send(api_of(upstream, ACCOUNT), {"amount": 5}, timeout_seconds=5)
    await caller.close()
    assert "not-a-number" not in str(caught.value)


def test_an_api_asks_for_no_parameter_that_is_supplied(upstream: Upstream) -> None:
    fields: dict[str, JsonValue] = upstream.api("/", Parameter(name="v")).model_dump(mode="json")
    with pytest.raises(ValidationError, match="stands among the parameters too"):
        Api.model_validate({**fields, "supplied": [VERSION.model_dump(mode="json")]})
