"""Questions through the whole path, with nothing sent: right APIs, right values, asked where something lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.models import Api, Tool
from evals.function_calls import Acceptable, GoldCall, acceptable
from evals.parameters import rows
from evals.relevance import tool_of
from evals.report import Item

Json = Mapping[str, Any]
SHOWN = (
    "APIs found", "APIs right", "plans right", "values right", "required found", "calls right", "asked when missing",
    "caught", "false refusals", "status right", "failed",
)  # fmt: skip
TOLD = 5


@dataclass(frozen=True)
class Wanted:
    """A call that is right for a question."""

    api_id: str
    arguments: Mapping[str, Acceptable] | None = None
    """None: nothing is known of its values."""
    missing: frozenset[str] = frozenset()
    """What the question lacks, and a person must be asked for."""


@dataclass(frozen=True)
class Question:
    """A question, its calls, and how it should end."""

    id: str
    set: str
    query: str
    calls: tuple[Wanted, ...]
    status: str = ""
    """Empty: nothing is said of it."""


@dataclass(frozen=True)
class Planned:
    """A call as it would be made."""

    api_id: str
    taken: Json
    filled: Json
    """With what a person is shown to confirm."""
    asked: frozenset[str]


@dataclass(frozen=True)
class Ended:
    """How a question ended."""

    question: Question
    status: str
    pool: frozenset[str]
    calls: tuple[Planned, ...]
    detail: str = ""


def read_questions(path: Path, sets: Sequence[str] = ()) -> tuple[list[Question], list[Tool]]:
    """Questions, and the functions that they bring along, each once. Raises UnreadableDocument."""
    tools: dict[str, Tool] = {}
    try:
        wanted = (row for row in rows(path) if not sets or str(row.get("set", "")).startswith(tuple(sets)))
        return [_question(row, number, tools) for number, row in enumerate(wanted, 1)], list(tools.values())
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error) if isinstance(error, OSError | ValueError) else f"a question lacks {error}"
        raise UnreadableDocument(str(path), reason) from None


def _question(row: Mapping[str, JsonValue], number: int, tools: dict[str, Tool]) -> Question:
    offered, gold = row.get("functions"), row["gold"]
    brought = [tool_of(f) for f in offered if isinstance(f, dict)] if isinstance(offered, list) else []
    tools.update({tool.id: tool for tool in brought})
    ids = {api.name: api.id for tool in brought for api in tool.apis}
    calls = [_wanted(call, ids, row) for call in gold] if isinstance(gold, list) else []
    context, said = str(row.get("context") or ""), str(row["query"])
    return Question(
        id=str(row.get("id", row.get("query_id", number))),
        set=str(row.get("set", "")),
        query=f"{context}\n{said}" if context else said,
        calls=tuple(calls),
        status=str(row.get("status", "")),
    )


def _wanted(call: JsonValue, ids: Mapping[str, str], row: Mapping[str, JsonValue]) -> Wanted:
    if not isinstance(call, dict):
        return Wanted(str(call))
    api_id = str(call["id"]) if "id" in call else ids[str(call["name"])]
    missing = call.get("missing")
    return Wanted(
        api_id,
        acceptable(call, row) if "arguments" in call else None,
        frozenset(map(str, missing)) if isinstance(missing, list) else frozenset(),
    )


def ended(question: Question, body: Json, trace: Json) -> Ended:
    """From the answer and its trace. In a dry run what waits for a person is no end, but it is told."""
    steps = {entry["step"]: entry["api_id"] for entry in trace.get("plan") or ()}
    last = {entry["step"]: entry for entry in trace.get("parameters") or ()}
    waits = {
        request["step"]: request for request in body["input_requests"] if request["reason"] == "missing_parameters"
    }
    error = body.get("error") or {}
    return Ended(
        question=question,
        status="input_required" if body["input_requests"] else body["status"],
        pool=frozenset(entry["api_id"] for entry in body["pool"]),
        calls=tuple(_planned(api_id, last.get(step, {}), waits.get(step, {})) for step, api_id in steps.items()),
        detail=str(error.get("detail", "")),
    )


def _planned(api_id: str, step: Json, waits: Json) -> Planned:
    taken = {name: entry["value"] for name, entry in step.get("values", {}).items() if _is_extracted(entry)}
    known = {name: entry["value"] for name, entry in waits.get("known", {}).items() if _is_extracted(entry)}
    asked = waits.get("schema", {}).get("properties", {})
    return Planned(api_id, taken, {**taken, **known}, frozenset(asked) - known.keys())


def _is_extracted(entry: Json) -> bool:
    """Whether it is from the question, not what the API declares."""
    return str(entry.get("source", (entry.get("origin") or {}).get("source"))) != "default"


def scored(one: Ended, apis: Mapping[str, Api]) -> Item:
    """An item of the report. Measures without anything to count are left out."""
    counted = {**_counted_plan(one), **_counted_calls(one, apis)}
    kept = {measure: pair for measure, pair in counted.items() if pair[1]}
    wrong = [measure for measure, (part, whole) in kept.items() if part < whole and measure in WRONG]
    wanted = [_written(call.api_id, call.arguments or {}) for call in one.question.calls]
    return Item(
        id=one.question.id,
        set=one.question.set,
        query=one.question.query,
        scores={measure: float(part) for measure, (part, _) in kept.items()},
        of={measure: float(whole) for measure, (_, whole) in kept.items() if whole != 1},
        expected=tuple(wanted or ["nothing answers it"]) if wrong else (),
        found=tuple(_written(call.api_id, call.filled) for call in one.calls[:TOLD]) if wrong else (),
        why=one.detail or (f"ended as {one.status}" if wrong else ""),
    )


WRONG = ("plans right", "calls right", "asked when missing", "caught", "status right")
"""What makes an item worth a look."""


def _written(api_id: str, values: Mapping[str, object]) -> str:
    told = ((name, value.values if isinstance(value, Acceptable) else value) for name, value in values.items())
    return f"{api_id}({', '.join(f'{name}={value!r}' for name, value in told)})"


def _counted_plan(one: Ended) -> dict[str, tuple[int, int]]:
    gold, planned = {call.api_id for call in one.question.calls}, {call.api_id for call in one.calls}
    failed = one.status == "failed"
    counted = {"failed": (int(failed), 1)}
    if one.question.status:
        counted["status right"] = (int(one.status == one.question.status), 1)
    if failed:
        return counted
    refused = not planned
    if not gold:
        return {**counted, "caught": (int(refused), 1)}
    return {
        **counted,
        "in the pool": (len(gold & one.pool), len(gold)),
        "APIs found": (len(gold & planned), len(gold)),
        "APIs right": (len(gold & planned), len(planned)),
        "plans right": (int(gold == planned), 1),
        "false refusals": (int(refused), 1),
    }


def _counted_calls(one: Ended, apis: Mapping[str, Api]) -> dict[str, tuple[int, int]]:
    """Over calls of which the values are known. One that was not planned found nothing, and set nothing wrong."""
    sums = dict.fromkeys(("values right", "required found", "calls right", "asked when missing"), (0, 0))
    for wanted, planned in _paired(one):
        if wanted.api_id in apis and one.status != "failed":
            for measure, (part, whole) in _counted_call(wanted, planned, apis[wanted.api_id]).items():
                sums[measure] = (sums[measure][0] + part, sums[measure][1] + whole)
    return sums


def _paired(one: Ended) -> Iterator[tuple[Wanted, Planned]]:
    """Each wanted call with the planned one of the same API, in their order."""
    left = list(one.calls)
    for wanted in one.question.calls:
        same = next((call for call in left if call.api_id == wanted.api_id), None)
        if same:
            left.remove(same)
        yield wanted, same or Planned(wanted.api_id, {}, {}, frozenset())


def _counted_call(wanted: Wanted, planned: Planned, api: Api) -> dict[str, tuple[int, int]]:
    asked = {"asked when missing": (len(wanted.missing & planned.asked), len(wanted.missing))}
    if wanted.arguments is None:
        return asked
    call = GoldCall(api, "", wanted.arguments)
    right = {name for name, value in planned.filled.items() if call.accepts(name, value)}
    required = {parameter.name for parameter in api.required if parameter.name in wanted.arguments}
    complete = call.needed() <= right and planned.filled.keys() <= right
    return {
        **asked,
        "values right": (len(planned.taken.keys() & right), len(planned.taken)),
        "required found": (len(required & right), len(required)),
        "calls right": (int(complete), 1),
    }
