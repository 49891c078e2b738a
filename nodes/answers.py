"""Takes a person's answers in every form that clients send, and works them into the waiting steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import JsonValue

from catalog.models import Api
from nodes.extract import meant, to_ask
from nodes.forms import read
from nodes.questions import InputRequest
from nodes.state import AnswerState
from nodes.step_state import FieldErrorState, StepState
from nodes.steps import ATTEMPTS, failing, named, plain_values, value_state
from reasoners.protocol import Origin, Value

Action = Literal["accept", "decline", "cancel"]
ACTIONS: Mapping[str, Action] = {
    "accept": "accept",
    "approve": "accept",
    "edit": "accept",
    "respond": "accept",
    "response": "accept",
    "decline": "decline",
    "reject": "decline",
    "ignore": "decline",
    "cancel": "cancel",
}
"""Our words, and those of LangGraph's human-in-the-loop clients."""


def parse(payload: JsonValue, requests: Sequence[InputRequest]) -> list[AnswerState]:
    """What was resumed with, as answers: `responses`, `decisions`, `{name: value}`, or a plain value for one field.

    What cannot be understood is no answer: the question stays open.
    """
    if isinstance(payload, dict) and isinstance(responses := payload.get("responses"), list):
        return _responses(responses, {str(request["id"]): request for request in requests})
    if isinstance(payload, dict) and isinstance(decisions := payload.get("decisions"), list):
        return _decisions(decisions, requests)
    if isinstance(payload, list) and all(isinstance(item, dict) for item in payload):
        return _decisions(payload, requests)
    if len(requests) == 1:
        return _single(payload, requests[0])
    return []


def _responses(items: Sequence[JsonValue], asked: Mapping[str, InputRequest]) -> list[AnswerState]:
    told = [(str(item.get("id")), item.get("action"), item.get("content")) for item in items if isinstance(item, dict)]
    acted = [(name, _action(word, content, asked.get(name)), content) for name, word, content in told]
    return [answer(name, action, content) for name, action, content in acted if action is not None]


def _action(word: JsonValue, content: JsonValue, request: InputRequest | None) -> Action | None:
    """None: a word that nobody knows, or silence where a yes is asked for. Values without a word are a yes to them."""
    if word is not None:
        return ACTIONS.get(str(word).strip().lower())
    return "accept" if content or request is None or request["reason"] != "approval" else None


def answer(request_id: str, action: Action, content: JsonValue) -> AnswerState:
    return {"id": request_id, "action": action, "content": content if isinstance(content, dict) else {}}


def _decisions(items: Sequence[JsonValue], requests: Sequence[InputRequest]) -> list[AnswerState]:
    """One decision per request, in the same order, as agent-chat-ui sends them."""
    pairs = zip(items, requests, strict=False)
    decided = [_decision(item, request) for item, request in pairs if isinstance(item, dict)]
    return [each for each in decided if each is not None]


def _decision(item: Mapping[str, JsonValue], request: InputRequest) -> AnswerState | None:
    edited = item.get("edited_action") or item.get("args")
    nested = edited.get("args") if isinstance(edited, dict) and isinstance(edited.get("args"), dict) else edited
    content = nested if isinstance(nested, dict) else item.get("content")
    if isinstance(nested, str) or (
        isinstance(item.get("message"), str) and item.get("type") in ("respond", "response")
    ):
        content = _plain(nested if isinstance(nested, str) else item["message"], request)
    asked = _asked_only(content, request)
    action = _action(item.get("type") or item.get("action"), asked, request)
    return action and answer(str(request["id"]), action, asked)


def _asked_only(content: JsonValue, request: InputRequest) -> JsonValue:
    """An edited action repeats the known values; only what the form asks is an answer, and null is none."""
    fields = _fields(request)
    if not isinstance(content, dict):
        return {}
    approving = request["reason"] == "approval"  # it has no form, but whoever is to say yes may change the values
    return {name: value for name, value in content.items() if (approving or name in fields) and value is not None}


def _fields(request: InputRequest) -> list[str]:
    schema = request["schema"]
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return list(properties) if isinstance(properties, dict) else []


def _single(payload: JsonValue, request: InputRequest) -> list[AnswerState]:
    request_id = str(request["id"])
    if isinstance(payload, bool):
        return [answer(request_id, "accept" if payload else "decline", {})]
    if isinstance(payload, dict):
        if "action" in payload and "action" not in _values(request):
            return _responses([{**payload, "id": request_id}], {request_id: request})
        if "type" in payload and "type" not in _values(request):
            return _decisions([payload], [request])
        action = _action(None, payload, request)
        return [answer(request_id, action, payload)] if action else []
    if isinstance(payload, str) and not _fields(request):
        action = _action(payload, None, request)
        return [answer(request_id, action, {})] if action else []
    content = _plain(payload, request)
    return [answer(request_id, "accept", content)] if content else []


def _values(request: InputRequest) -> set[str]:
    """Names that are of the API, not of the answer."""
    known = request["known"]
    return {*_fields(request), *(known if isinstance(known, dict) else ())}


def _plain(payload: JsonValue, request: InputRequest) -> dict[str, JsonValue]:
    fields = _fields(request)
    return {fields[0]: payload} if len(fields) == 1 and payload is not None else {}


def work_in(step: StepState, given: AnswerState, api: Api) -> StepState:
    """The step after the answer: to be checked again, waiting once more with errors, or not to be done."""
    if given["action"] != "accept" and step["ask"] == "outcome_unknown":
        return failing(step, "outcome_unknown", "It was sent, and nobody said whether it took effect.")
    if given["action"] != "accept":
        return {**step, "status": "declined", "ask": None, "error": "Declined.", "errors": []}
    match step["ask"]:
        case "missing_parameters":
            return _take_values(step, given, api)
        case "choose_api":
            return _take_choice(step, given)
        case "approval":
            return _take_approval(step, given, api)
        case "outcome_unknown":
            return _settle(step, given)
        case _:
            return {**step, "status": "planned", "ask": None}


def _take_values(step: StepState, given: AnswerState, api: Api) -> StepState:
    confirm = {name: Value(e["value"], Origin(**e["origin"]), "confirm") for name, e in step["confirm"].items()}
    values, errors = read(given["content"], to_ask(api, step), confirm=confirm)
    if errors and step["attempt"] >= ATTEMPTS:
        reason = "; ".join(error.detail for error in errors)
        return failing(step, "no_valid_answer", f"Given up after {ATTEMPTS} attempts: {reason}")
    entries = dict(step["values"])
    for name, value in values.items():
        kept = step["confirm"].get(name)
        unchanged = kept is not None and kept["value"] == value
        entries[name] = kept if kept and unchanged else {"value": value, "origin": {"source": "user"}}
    states: list[FieldErrorState] = [
        {"pointer": error.pointer, "detail": error.detail, "rejected": error.rejected} for error in errors
    ]
    wrong = {named(error.pointer, api) for error in errors}
    return {
        **step,
        "status": "planned",
        "values": entries,
        "confirm": {n: e for n, e in step["confirm"].items() if n not in entries and n not in wrong},
        "errors": states,
        "attempt": step["attempt"] + (1 if states else 0),
    }


def _take_approval(step: StepState, given: AnswerState, api: Api) -> StepState:
    """A yes to what was shown. Values that were changed make another request, which is checked and shown anew."""
    said = {p.name: meant(given["content"][p.name], p) for p in api.parameters if p.name in given["content"]}
    before = plain_values(step)
    edited = {name: value for name, value in said.items() if name not in before or before[name] != value}
    if not edited:
        return {**step, "status": "planned", "ask": None, "approved": step["shown"]}
    values = {name: value_state(Value(value, Origin("user"))) for name, value in edited.items()}
    return {**step, "status": "planned", "ask": None, "approved": None, "values": {**step["values"], **values}}


def _take_choice(step: StepState, given: AnswerState) -> StepState:
    chosen = given["content"].get("api_id")
    if chosen not in step["alike"]:
        return _asked_again(step, "/api_id", "This is none of the choices.", chosen)
    why = "chosen by the person"
    return {
        **step,
        "status": "planned",
        "api_id": str(chosen),
        "alike": [],
        "errors": [],
        "ask": None,
        "why": why,
        "attempt": 1,
    }


def _settle(step: StepState, given: AnswerState) -> StepState:
    match given["content"].get("happened"):
        case "yes":
            return {
                **step,
                "status": "done",
                "ask": None,
                "error": "A person said that it happened; the API's own answer was lost.",
            }
        case "no":
            return failing(step, "did_not_happen", "It did not happen, says the person.")
        case "send_again":
            return {
                **step,
                "status": "planned",
                "ask": None,
                "errors": [],
                "attempt": step["attempt"] + 1,
                "try_number": step["try_number"] + 1,
                "shown": None,
                "approved": None,
            }
    return _asked_again(step, "/happened", "Say yes, no or send_again.", given["content"].get("happened"))


def _asked_again(step: StepState, pointer: str, detail: str, rejected: JsonValue) -> StepState:
    if step["attempt"] >= ATTEMPTS:
        return failing(step, "no_valid_answer", f"Given up after {ATTEMPTS} attempts: {detail}")
    error: FieldErrorState = {"pointer": pointer, "detail": detail, "rejected": rejected}
    return {**step, "errors": [error], "attempt": step["attempt"] + 1}
