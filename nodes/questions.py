"""Builds what a person is asked: one input request per waiting step, in the form of the HTTP contract."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from callers.protocol import Caller, Missing
from catalog.errors import InvalidArguments
from catalog.models import Api
from nodes.calls import shown
from nodes.extract import to_ask
from nodes.forms import form
from nodes.once import previewed
from nodes.run import Run
from nodes.state import State, plain
from nodes.step_state import StepState
from nodes.steps import fingerprint, waiting
from reasoners.protocol import Origin, Value

InputRequest = dict[str, JsonValue]
APPROVE_FORM: dict[str, JsonValue] = {"type": "object", "properties": {}, "required": []}
"""Nothing is to be filled in: the action (accept, decline) is the answer."""


async def questions(state: State, apis: Mapping[str, Api], caller: Caller, run: Run) -> list[InputRequest]:
    """One request per waiting step, in the order of the plan."""
    return [await question(step, apis, caller, run) for step in waiting(state)]


async def question(step: StepState, apis: Mapping[str, Api], caller: Caller, run: Run) -> InputRequest:
    api = api_of(step, apis)
    asks_for_key = step["ask"] == "credentials_required"
    missing = await caller.missing_credential(api, thread_id=run.thread_id) if asks_for_key else None
    schema, message, request = _credentials(api, missing) if missing else _content(step, api, apis, caller, run)
    return {
        "id": fingerprint(run.thread_id, step["id"], step["ask"], step["attempt"])[:8],
        "step": step["id"],
        "reason": step["ask"],
        "attempt": step["attempt"],
        "message": message,
        "api": {
            "id": api.id,
            "title": api.label,
            "category": api.category,
            "tool": api.tool_name,
            "method": api.method,
        },
        "known": _known(step),
        "schema": schema,
        "errors": [plain(error) for error in step["errors"]],
        "request": request,
        "url": missing.url if missing else None,
        "expires_at": step.get("expires_at") if step["ask"] == "approval" else None,
    }


def api_of(step: StepState, apis: Mapping[str, Api]) -> Api:
    """The step's API, or, where it is gone, one of those to choose from."""
    return next(apis[api_id] for api_id in (step["api_id"], *step["alike"]) if api_id in apis)


def _content(
    step: StepState, api: Api, apis: Mapping[str, Api], caller: Caller, run: Run
) -> tuple[JsonValue, str, JsonValue]:
    """Schema, message and shown request, by the reason for asking."""
    match step["ask"]:
        case "missing_parameters":
            return _parameters(step, api)
        case "approval":
            return APPROVE_FORM, _whether(api), _request(step, api, caller, run)
        case "choose_api":
            return _choice(step, apis)
        case "credentials_required":
            return APPROVE_FORM, f'The credential of "{api.label}" is there now. Accept to go on.', None
        case "outcome_unknown":
            return _outcome(step, api, _request(step, api, caller, run))
    raise AssertionError(f"a waiting step without a question: {step['ask']!r}")


def _parameters(step: StepState, api: Api) -> tuple[JsonValue, str, JsonValue]:
    asked = to_ask(api, step)
    schema = form(asked, confirm={name: _value(step, name) for name in step["confirm"]})
    if step["errors"]:
        first = step["errors"][0]["detail"]
        return schema, f'One more look, please, to call "{api.label}": {first}', None
    lacking = [p for p in asked if p.name not in step["confirm"]]
    lead = f'To call "{api.label}", ' + (
        "please confirm what is filled in" if not lacking else f"I need {_count(len(lacking))}"
    )
    names = ", ".join(p.title or p.name.replace("_", " ") for p in lacking)
    return schema, f"{lead}{': ' + names if names else ''}.", None


def _count(number: int) -> str:
    return "1 more detail" if number == 1 else f"{number} more details"


def _value(step: StepState, name: str) -> Value:
    entry = step["confirm"][name]
    return Value(entry["value"], Origin(**entry["origin"]), "confirm")


def _choice(step: StepState, apis: Mapping[str, Api]) -> tuple[JsonValue, str, JsonValue]:
    options = [
        {"const": api_id, "title": f"{apis[api_id].label} ({apis[api_id].tool_name})"}
        for api_id in step["alike"]
        if api_id in apis
    ]
    api_field: JsonValue = {"type": "string", "title": "API", "oneOf": options}  # type: ignore[dict-item]
    schema: JsonValue = {"type": "object", "properties": {"api_id": api_field}, "required": ["api_id"]}
    return schema, f'Several APIs fit "{step["part"]}" alike. Which one should be called?', None


def _whether(api: Api) -> str:
    what = "changes something" if api.risk == "mutating" else "is asked about first"
    return f'"{api.label}" {what}. Send this request?'


def _credentials(api: Api, missing: Missing) -> tuple[JsonValue, str, JsonValue]:
    where = f" at {missing.url}" if missing.url else ""
    lead = f'"{api.label}" needs the credential "{missing.name}", which {missing.reason}{where}.'
    return APPROVE_FORM, f"{lead} Accept to try again.", None


def _request(step: StepState, api: Api, caller: Caller, run: Run) -> JsonValue:
    """The exact request, secrets masked."""
    try:
        return shown(previewed(step, api, caller, run))
    except InvalidArguments:
        return None  # the API has changed since; what was approved then cannot be shown any more


def _outcome(step: StepState, api: Api, request: JsonValue) -> tuple[JsonValue, str, JsonValue]:
    field: JsonValue = {
        "type": "string",
        "title": "Did it happen?",
        "oneOf": [
            {"const": "yes", "title": "Yes, it happened"},
            {"const": "no", "title": "No, and it should not be sent again"},
            {"const": "send_again", "title": "No: send it again"},
        ],
    }
    schema: JsonValue = {"type": "object", "properties": {"happened": field}, "required": ["happened"]}
    return schema, f'It is not known whether "{api.label}" took effect. {step["error"]} Did it happen?', request


def _known(step: StepState) -> dict[str, JsonValue]:
    entries = {**step["values"], **step["confirm"]}
    return {name: {"value": e["value"], **plain(e["origin"])} for name, e in entries.items()}


def interrupt_value(requests: list[InputRequest]) -> dict[str, JsonValue]:
    """Three lists in the same order, so that agent-chat-ui and other LangGraph clients can draw them."""
    return {
        "input_requests": list(requests),
        "action_requests": [_action(request) for request in requests],
        "review_configs": [
            {"action_name": _title(request), "allowed_decisions": ["approve", "edit", "reject"]} for request in requests
        ],
    }


def _title(request: InputRequest) -> str:
    api = request["api"]
    return str(api["title"]) if isinstance(api, dict) else "Continue?"


def _action(request: InputRequest) -> JsonValue:
    """Known values, and null for the missing ones."""
    known, schema = request["known"], request["schema"]
    args: dict[str, JsonValue] = {}
    if isinstance(known, dict):
        args.update({name: entry.get("value") if isinstance(entry, dict) else None for name, entry in known.items()})
    if isinstance(schema, dict) and isinstance(schema["properties"], dict):
        args.update({name: args.get(name) for name in schema["properties"]})
    return {"name": _title(request), "args": args, "description": request["message"]}


def response_schema(requests: list[InputRequest]) -> dict[str, JsonValue]:
    """What a client may send back: the request's own form where one is open, else a list of responses."""
    if len(requests) == 1 and isinstance(requests[0]["schema"], dict):
        return requests[0]["schema"]
    one: JsonValue = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "enum": [request["id"] for request in requests]},
            "action": {"type": "string", "enum": ["accept", "decline", "cancel"]},
            "content": {"type": "object"},
        },
        "required": ["id", "action"],
    }
    return {
        "type": "object",
        "properties": {"responses": {"type": "array", "items": one}},
        "required": ["responses"],
    }
