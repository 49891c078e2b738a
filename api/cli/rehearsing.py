"""What `--dry-run` shows: the API of every step and why, its values and where they came from, the request."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from pydantic import JsonValue

from api.cli import output
from api.cli.doors import Body
from api.cli.forms import fields, required, shown

BESIDE = 3
"""Runners-up that are named; `switchboard threads trace` has them all."""


def rehearsed(body: Body, trace: Body) -> None:
    """Step by step on stdout, below the sentence that sums it up."""
    query = str(trace.get("query", ""))
    for step in _latest(trace, "plan").values():
        output.result("")
        output.result(f"Step {step.get('step')}: {step.get('api_id')}")
        for label, text in _lines(step, body, trace, query):
            output.result(f"  {label:8}  {text}")
    for entry in _objects(trace.get("runners_up"))[:BESIDE] if body["status"] == "completed" else ():
        output.note(f"Not taken: {entry.get('api_id')} ({entry.get('why')})")


def _lines(step: Body, body: Body, trace: Body, query: str) -> Iterator[tuple[str, str]]:
    number = str(step.get("step"))
    asked = [each for each in _objects(body.get("input_requests")) if each.get("step") == number]
    yield "why", str(step.get("why"))
    for before in _texts(step.get("depends_on")):
        yield "after", f"step {before}"
    values = _latest(trace, "parameters").get(number, {}).get("values")
    for name, entry in values.items() if isinstance(values, dict) else ():
        if isinstance(entry, dict):
            yield "value", f"{name} = {shown(entry.get('value'))}, {_origin(entry.get('origin'), query)}"
    yield from _requests(number, body, asked)
    for request in asked:
        yield "asks", _asks(request)


def _requests(step: str, body: Body, asked: list[Body]) -> Iterator[tuple[str, str]]:
    """As curl where an approval shows it whole; else as it stands among the calls, without what proves who asks."""
    exact = [each for request in asked if isinstance(each := request.get("request"), dict)]
    if exact:
        yield from (("request", str(each.get("curl"))) for each in exact)
        return
    for call in _objects(body.get("calls")):
        if call.get("step") == step:
            yield "request", f"curl --request {call.get('method')} {shlex.quote(str(call.get('url')))}"


def _origin(origin: JsonValue, query: str) -> str:
    if not isinstance(origin, dict):
        return "from nowhere that is known"
    start, end = origin.get("start"), origin.get("end")
    match origin.get("source"):
        case "query" if isinstance(start, int) and isinstance(end, int):
            return f"from the question: {query[start:end]!r}"
        case "query":
            return "from the question"
        case "user":
            return "given beforehand"
        case "default":
            return "the default"
        case _:
            return f"from step {origin.get('step')}, {origin.get('pointer')}"


def _asks(request: Body) -> str:
    names = [name for name in fields(request) if name in required(request)]
    return f"{request.get('message')} ({', '.join(names)})" if names else str(request.get("message"))


def _latest(trace: Body, member: str) -> dict[str, Body]:
    """By step; a later round's word on a step goes before an earlier one's."""
    return {str(entry.get("step")): entry for entry in _objects(trace.get(member))}


def _objects(value: JsonValue) -> list[Body]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _texts(value: JsonValue) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
