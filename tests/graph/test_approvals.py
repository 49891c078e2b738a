"""Approvals and rules on the whole path: what was shown is sent, once and in time; what is denied is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.types import Command

from catalog.importing import import_document
from graph.build import build
from graph.requests import QueryRequest, ResumeRequest
from graph.services import Services

if TYPE_CHECKING:
    from conftest import Start, Upstream

CANCEL = QueryRequest(query="Cancel order 55555")


async def ask(services: Services, query: QueryRequest = CANCEL) -> Any:
    return await services.runs.ask(query, tenant="default")


async def accept(services: Services, asked: Any) -> Any:
    answers = [{"id": request["id"], "action": "accept"} for request in asked["input_requests"]]
    given = ResumeRequest.model_validate({"responses": answers})
    return await services.runs.resume(asked["thread_id"], given, tenant="default")


def lines(folder: Path) -> list[Any]:
    path = folder / "data" / "audit.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


async def test_an_approval_and_what_it_sent_stand_in_the_audit_log(
    services: Services, upstream: Upstream, tmp_path: Path
) -> None:
    asked = await ask(services)
    done = await accept(services, asked)
    assert asked["input_requests"][0]["expires_at"] is not None
    assert (done["status"], upstream.sent("DELETE")) == ("completed", ["/orders/55555"])
    given, sending, ended = lines(tmp_path)
    assert [given["event"], sending["event"], ended["event"]] == ["approval.given", "call.sending", "call.ended"]
    assert (given["thread_id"], given["step"], given["tenant"]) == (asked["thread_id"], "1", "default")
    assert sending["request"]["url"] == f"{upstream.url}/orders/55555" and ended["http_status"] == 200


async def test_an_approval_that_comes_too_late_is_asked_again(start: Start, upstream: Upstream) -> None:
    async with start(approval_seconds=0.001) as services:
        asked = await ask(services)
        again = await accept(services, asked)
    [before], [after] = asked["input_requests"], again["input_requests"]
    assert (again["status"], after["reason"], after["attempt"]) == ("input_required", "approval", 2)
    assert after["id"] != before["id"] and upstream.sent("DELETE") == []


async def test_a_changed_definition_is_asked_about_again(services: Services, upstream: Upstream) -> None:
    asked = await ask(services)
    [api_id] = {request["api"]["id"] for request in asked["input_requests"]}
    api = (await services.catalog.get([api_id]))[api_id]
    await services.catalog.put(api.model_copy(update={"description": "Cancels, and keeps the money."}))
    again = await accept(services, asked)
    assert (again["status"], again["input_requests"][0]["attempt"]) == ("input_required", 2)
    assert upstream.sent("DELETE") == []
    done = await accept(services, again)
    assert (done["status"], upstream.sent("DELETE")) == ("completed", ["/orders/55555"])


async def test_without_an_audit_log_an_approval_does_not_count_and_nothing_is_sent(
    start: Start, upstream: Upstream, tmp_path: Path
) -> None:
    (tmp_path / "no-file").mkdir()
    async with start(audit_file=tmp_path / "no-file") as services:
        asked = await ask(services)
        again = await accept(services, asked)
        reading = await ask(services, QueryRequest(query="Where is my order 123456?"))
    assert again["status"] == "input_required" and "could not be recorded" in " ".join(again["warnings"])
    assert upstream.sent("DELETE") == []
    assert reading["status"] == "completed"


async def test_nor_is_what_needs_no_approval(start: Start, upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "no-file").mkdir()
    async with start(audit_file=tmp_path / "no-file", approve="never") as services:
        failed = await ask(services)
    assert failed["status"] == "failed" and failed["error"]["code"] == "not_recorded"
    assert upstream.sent("DELETE") == []


async def test_what_the_policy_denies_is_told_and_not_sent(start: Start, upstream: Upstream, tmp_path: Path) -> None:
    rule = "{decide: deny, method: DELETE, reason: Ask the back office.}"
    (tmp_path / "policy.yaml").write_text(f"version: 1\nrules:\n  - {rule}\n")
    async with start(policy_file=tmp_path / "policy.yaml") as services:
        denied = await ask(services)
        reading = await ask(services, QueryRequest(query="Where is my order 123456?"))
    assert denied["status"] == "failed" and denied["error"]["code"] == "denied"
    assert "Ask the back office" in denied["error"]["detail"]
    assert upstream.sent("DELETE") == [] and reading["status"] == "completed"


async def test_what_the_policy_lets_pass_is_sent_without_asking(
    start: Start, upstream: Upstream, tmp_path: Path
) -> None:
    (tmp_path / "policy.yaml").write_text('version: 1\nrules:\n  - {decide: auto, api: "*/cancel_order"}\n')
    async with start(policy_file=tmp_path / "policy.yaml") as services:
        done = await ask(services)
        always = await ask(
            services, CANCEL.model_copy(update={"options": CANCEL.options.model_copy(update={"approve": "always"})})
        )
    assert (done["status"], upstream.sent("DELETE")) == ("completed", ["/orders/55555"])
    assert always["status"] == "input_required"


async def test_values_edited_while_approving_are_checked_and_asked_about(
    services: Services, upstream: Upstream
) -> None:
    from langgraph.checkpoint.memory import InMemorySaver

    graph = build(services.parts, checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "edited"}}
    await graph.ainvoke({"query": CANCEL.query}, config)

    async def edit(order_id: str) -> Any:
        decision = {"type": "edit", "edited_action": {"name": "Cancel order", "args": {"order_id": order_id}}}
        answered = await graph.ainvoke(Command(resume={"decisions": [decision]}), config)
        return answered["__interrupt__"][0].value["input_requests"][0]

    other = await edit("123456")
    wrong = await edit("12")
    assert (other["reason"], other["request"]["url"]) == ("approval", f"{upstream.url}/orders/123456")
    assert wrong["reason"] == "missing_parameters" and wrong["errors"][0]["rejected"] == "12"
    assert upstream.sent("DELETE") == []


async def test_hidden_parameters_are_sent_and_asked_of_nobody(start: Start, upstream: Upstream) -> None:
    account: Any = {"name": "account", "required": True, "supply": {"from": "tenant"}}
    api: Any = {
        "name": "balance",
        "path": "/customers/cus-9",
        "parameters": [account],
        "examples": ["What is my balance?"],
    }
    tool: Any = {"name": "Bank", "category": "Money", "url": upstream.url, "apis": [api]}
    async with start(values={"tenants": {"default": {"account": "4711"}}}) as services:
        document: Any = {"format": "switchboard", "version": 1, "tools": [tool]}
        await import_document(services.catalog, document, format="switchboard", source="bank")
        done = await ask(services, QueryRequest(query="What is my balance?"))
        trace = await services.runs.trace(done["thread_id"], tenant="default")
    async with start(values={}) as services:
        missing = await ask(services, QueryRequest(query="What is my balance?"))
    assert done["status"] == "completed" and done["calls"][0]["parameters"] == {}
    assert done["calls"][0]["url"].endswith("?account=4711")
    assert "account" not in json.dumps(trace["parameters"])
    assert missing["input_requests"][0]["reason"] == "credentials_required"
    assert "SWITCHBOARD_VALUES" in missing["input_requests"][0]["message"]
