"""A person's answers in every form that LangGraph clients send, worked into the waiting step."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Api, Parameter
from nodes.answers import parse, work_in
from nodes.questions import interrupt_value, response_schema
from nodes.state import AnswerState
from nodes.step_state import StepState
from nodes.steps import new_step
from reasoners.protocol import Step

ORDER_ID = Parameter(
    name="order_id", place="path", required=True, title="Order ID", constraints={"pattern": "^[0-9]{5}$"}
)
NOTE = Parameter(name="note", required=True, title="Note")
API = Api(
    id="shop/orders/get", name="get", title="Get order", category="shop", tool_id="shop/orders", tool_name="orders",
    url="http://shop.test/orders/{order_id}", parameters=(ORDER_ID, NOTE),
)  # fmt: skip


def request(request_id: str = "q1", reason: str = "missing_parameters", *fields: str) -> dict[str, Any]:
    properties = {name: {"type": "string"} for name in fields or ("order_id",)} if reason != "approval" else {}
    return {
        "id": request_id, "step": "1", "reason": reason, "attempt": 1, "message": "?", "errors": [], "request": None,
        "api": {"id": API.id, "title": "Get order"}, "known": {"lang": {"value": "en", "source": "default"}},
        "schema": {"type": "object", "properties": properties, "required": []}, "expires_at": None,
    }  # fmt: skip


def waiting(ask: str = "missing_parameters", **more: Any) -> StepState:
    step = new_step(Step("1", API.id, "?"))
    return {**step, "status": "waiting", "ask": ask, **more}  # type: ignore[typeddict-item]


def accept(content: dict[str, Any] | None = None) -> AnswerState:
    return {"id": "q1", "action": "accept", "content": content or {}}


@pytest.mark.parametrize(
    "payload",
    [
        {"responses": [{"id": "q1", "action": "accept", "content": {"order_id": "12345"}}]},
        {"order_id": "12345"},
        "12345",
        {
            "decisions": [
                {"type": "edit", "edited_action": {"name": "Get order", "args": {"lang": "en", "order_id": "12345"}}}
            ]
        },
        [{"type": "edit", "args": {"action": "Get order", "args": {"lang": "en", "order_id": "12345"}}}],
        [{"type": "response", "args": "12345"}],
        {"action": "accept", "content": {"order_id": "12345"}},
    ],
    ids=[
        "responses",
        "name-value",
        "plain",
        "decisions",
        "agent-chat-ui edit",
        "agent-chat-ui response",
        "elicitation",
    ],
)
def test_every_form_in_which_clients_answer_means_the_same(payload: Any) -> None:
    assert parse(payload, [request()]) == [accept({"order_id": "12345"})]


@pytest.mark.parametrize(
    ("payload", "action"),
    [
        ({"decisions": [{"type": "approve"}]}, "accept"),
        ({"decisions": [{"type": "reject", "message": "no"}]}, "decline"),
        ([{"type": "accept", "args": None}], "accept"),
        ([{"type": "ignore", "args": None}], "decline"),
        ("approve", "accept"),
        ("reject", "decline"),
        (True, "accept"),
        (False, "decline"),
        ({"action": "cancel"}, "cancel"),
        ({"type": "reject"}, "decline"),
        ({"action": "Reject"}, "decline"),
    ],
)
def test_an_approval_is_answered_by_a_decision(payload: Any, action: str) -> None:
    assert parse(payload, [request(reason="approval")]) == [{"id": "q1", "action": action, "content": {}}]


@pytest.mark.parametrize(
    "payload",
    [
        "nope",
        {"action": "refuse"},
        {"type": "deny"},
        {"responses": [{"id": "q1", "action": "no"}]},
        {"decisions": [{"type": "veto"}]},
        {"decisions": ["?", {"type": "approve"}]},
        {},
        {"decisions": [{}]},
        {"responses": [{"id": "q1"}]},
        {"responses": [{"id": "q1", "content": {}}]},
    ],
)
def test_silence_and_words_that_nobody_knows_are_never_taken_for_a_yes(payload: Any) -> None:
    assert parse(payload, [request(reason="approval")]) == []


def test_a_parameter_may_be_named_like_a_part_of_an_answer() -> None:
    approval = {**request(reason="approval"), "known": {"type": {"value": "slow", "source": "default"}}}
    assert parse({"type": "fast"}, [approval]) == [accept({"type": "fast"})]


def test_decisions_belong_to_the_questions_in_their_order() -> None:
    payload: Any = {"decisions": [{"type": "approve"}, {"type": "reject"}]}
    answers = parse(payload, [request("a", "approval"), request("b", "approval")])
    assert [(a["id"], a["action"]) for a in answers] == [("a", "accept"), ("b", "decline")]


@pytest.mark.parametrize("payload", [None, 7, [], {"responses": "x"}, "what?", {"responses": [5]}])
def test_what_cannot_be_understood_is_no_answer(payload: Any) -> None:
    assert parse(payload, [request("a"), request("b")]) == []


def test_null_for_what_is_asked_is_no_answer_to_it() -> None:
    payload: Any = [{"type": "edit", "args": {"args": {"order_id": None}}}]
    assert parse(payload, [request()]) == [accept()]


def test_a_half_filled_form_keeps_what_was_filled_in() -> None:
    step = work_in(waiting(), accept({"order_id": "12345"}), API)
    assert (step["status"], step["attempt"], step["errors"]) == ("planned", 1, [])
    assert step["values"] == {"order_id": {"value": "12345", "origin": {"source": "user"}}}


def test_a_value_that_does_not_fit_is_an_error_in_words_and_a_new_attempt() -> None:
    step = work_in(waiting(), accept({"order_id": "abc", "note": "hi"}), API)
    assert step["attempt"] == 2
    assert [(e["pointer"], e["rejected"]) for e in step["errors"]] == [("/order_id", "abc")]
    assert "Order ID" in step["errors"][0]["detail"]
    assert list(step["values"]) == ["note"]


def test_the_third_wrong_attempt_is_the_last() -> None:
    step = work_in(waiting(attempt=3), accept({"order_id": "abc"}), API)
    assert step["status"] == "failed" and "3 attempts" in step["error"]


def test_an_accept_that_leaves_out_what_is_to_be_confirmed_confirms_it_with_its_origin() -> None:
    shown = {"order_id": {"value": "12345", "origin": {"source": "query", "start": 0, "end": 5}}}
    step = work_in(waiting(confirm=shown), accept({"note": "hi"}), API)
    assert step["values"]["order_id"] == shown["order_id"]
    assert step["confirm"] == {}


def test_a_confirmed_value_that_was_changed_is_the_persons_own() -> None:
    shown = {"order_id": {"value": "12345", "origin": {"source": "query", "start": 0, "end": 5}}}
    step = work_in(waiting(confirm=shown), accept({"order_id": "54321"}), API)
    assert step["values"]["order_id"] == {"value": "54321", "origin": {"source": "user"}}


def test_what_is_declined_is_not_done() -> None:
    step = work_in(waiting("approval"), {"id": "q1", "action": "decline", "content": {}}, API)
    assert step["status"] == "declined"


def test_an_approval_is_of_the_request_that_was_shown() -> None:
    assert work_in(waiting("approval", shown="mark"), accept(), API)["approved"] == "mark"


def test_a_choice_among_alike_apis_replaces_the_api() -> None:
    step = work_in(waiting("choose_api", alike=["a", "b"]), accept({"api_id": "b"}), API)
    assert (step["api_id"], step["alike"], step["status"]) == ("b", [], "planned")
    again = work_in(waiting("choose_api", alike=["a", "b"]), accept({"api_id": "c"}), API)
    assert (again["attempt"], again["errors"][0]["pointer"], again["status"]) == (2, "/api_id", "waiting")


def test_a_call_of_unknown_outcome_is_settled_by_the_persons_word() -> None:
    def settled(word: str) -> StepState:
        return work_in(waiting("outcome_unknown"), accept({"happened": word}), API)

    assert [settled(word)["status"] for word in ("yes", "no", "send_again", "perhaps")] == [
        "done", "failed", "planned", "waiting",
    ]  # fmt: skip
    assert settled("send_again")["try_number"] == 2 and settled("send_again")["approved"] is None


def test_the_interrupt_has_three_lists_in_one_order_and_null_for_what_is_missing() -> None:
    value: Any = interrupt_value([request("a"), request("b", "approval")])
    assert [r["id"] for r in value["input_requests"]] == ["a", "b"]
    assert [a["args"] for a in value["action_requests"]] == [{"lang": "en", "order_id": None}, {"lang": "en"}]
    assert len(value["review_configs"]) == 2


def test_what_may_be_sent_back_is_the_form_for_one_question_and_responses_for_several() -> None:
    one, several = response_schema([request()]), response_schema([request("a"), request("b")])
    assert list(one["properties"]) == ["order_id"]  # type: ignore[arg-type]
    assert list(several["properties"]) == ["responses"]  # type: ignore[arg-type]
