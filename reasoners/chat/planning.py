"""The verb `plan` as a function: which APIs of the pool to call, in which order, and for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pydantic import JsonValue

from reasoners.chat.asking import Checked, Task
from reasoners.chat.driver import Arguments, Function
from reasoners.chat.prompts import Prompt
from reasoners.chat.reading import (
    Names,
    denied,
    distinct,
    dropped,
    names_in,
    not_offered,
    objects_in,
    text_in,
    whole_number,
    words_of,
)
from reasoners.chat.showing import data, day_line, layout, pool_lines, question, tried
from reasoners.protocol import Candidate, Plan, Rejected, Step

_RUNNERS_UP = 3  # as many as a person reads
_CALLS = 50  # more than any budget pays for


def planning(
    prompts: Mapping[str, Prompt],
    query: str,
    pool: Sequence[Candidate],
    *,
    avoid: str,
    may_look: bool = False,
    today: date,
) -> Task[Plan]:
    names = Names.of((c.api.id, c.api.label) for c in pool)
    listed = data("apis", pool_lines(pool))

    def check(arguments: Arguments) -> Checked[Plan]:
        given = names_in(arguments, "apis")
        if given is None:
            return Checked(None, "`apis` must be an array of API ids; it may be empty.")
        found, made_up = names.sort_out(given[:_CALLS])
        steps, complaint = _steps(found, objects_in(arguments, "steps")[:_CALLS], names, query)
        if len(given) > _CALLS:
            complaint = f"`apis` may hold {_CALLS} entries at most."
        plan = Plan(
            steps,
            dropped(text_in(arguments, "reason"), made_up),
            _runners_up(arguments, names, pool, taken=found),
            _alike(arguments, names, steps),
            words_of(query, names_in(arguments, "uncovered") or ()),
            enough=_enough(arguments.get("enough"), steps) if may_look else True,
        )
        return Checked(plan, not_offered(made_up, "apis") or complaint)

    shown = layout(f"APIs:\n{listed}", tried(avoid), day_line(today), question(query))
    return Task(prompts["plan"], _function(names.ids, may_look=may_look), shown, check)


def _enough(said: JsonValue, steps: Sequence[Step]) -> bool:
    """Who plans nothing and does not say that nothing is to be found gives up, and others may still find it."""
    return bool(steps) if said is None else not denied(said)


def _steps(
    api_ids: Sequence[str], details: Sequence[dict[str, JsonValue]], names: Names, query: str
) -> tuple[tuple[Step, ...], str]:
    """The steps in order, without dependencies that point nowhere or forward, and a complaint about those."""
    steps, wrong = [], []
    for number, (api_id, detail) in enumerate(_paired(api_ids, details, names), start=1):
        needs = [_entry(n, api_ids[: number - 1], names) for n in _listed(detail.get("depends_on"))]
        earlier = sorted({n for n in needs if n is not None and 1 <= n < number})
        if any(n is None or not 1 <= n < number for n in needs):
            wrong.append(str(number))
        part = text_in(detail, "part")
        kept = part if part and part.casefold() in query.casefold() else query
        steps.append(Step(str(number), api_id, kept, tuple(map(str, earlier)), text_in(detail, "why")))
    complaint = (
        f"`depends_on` of entry {', '.join(wrong)} may hold the numbers of earlier entries only." if wrong else ""
    )
    return tuple(steps), complaint


def _paired(
    api_ids: Sequence[str], details: Sequence[dict[str, JsonValue]], names: Names
) -> list[tuple[str, dict[str, JsonValue]]]:
    """Each entry with the first unused detail of its API; models leave some out, or mix their order."""
    unused, pairs = list(details), []
    for api_id in api_ids:
        own = next((d for d in unused if names.find(text_in(d, "api")) == api_id), None)
        if own is not None:
            unused.remove(own)
        pairs.append((api_id, own or {}))
    return pairs


def _entry(meant: JsonValue, earlier: Sequence[str], names: Names) -> int | None:
    """The number of an entry, also where it is called "step 1", or by the API of an earlier one."""
    if not isinstance(meant, str):
        return whole_number(meant)
    api_id = names.find(meant)
    if api_id is not None and api_id in earlier:
        return len(earlier) - list(reversed(earlier)).index(api_id)
    return whole_number(meant.casefold().removeprefix("step").strip())


def _listed(given: JsonValue) -> list[JsonValue]:
    return given if isinstance(given, list) else [] if given is None or given == "" else [given]


def _alike(arguments: Arguments, names: Names, steps: Sequence[Step]) -> dict[str, tuple[str, ...]]:
    """For a plan of one call only: in a longer one it is not said which entry is meant."""
    found, _ = names.sort_out(names_in(arguments, "alike") or ())
    if len(steps) != 1:
        return {}
    ids = distinct([steps[0].api_id, *found])
    return {steps[0].id: ids} if len(ids) > 1 else {}


def _runners_up(
    arguments: Arguments, names: Names, pool: Sequence[Candidate], *, taken: Sequence[str]
) -> tuple[Rejected, ...]:
    """What the model says of the nearest others; where it says nothing, the best of the rest by score."""
    said = {names.find(text_in(r, "api")): text_in(r, "why") for r in objects_in(arguments, "rejected")}
    named = [Rejected(api_id, why) for api_id, why in said.items() if api_id and api_id not in taken]
    rest = [c for c in sorted(pool, key=lambda c: -c.score) if c.api.id not in {*taken, *said}]
    others = [Rejected(c.api.id, c.why or "The model did not take it.") for c in rest]
    return tuple([*named, *others][:_RUNNERS_UP])


_ENOUGH: dict[str, JsonValue] = {
    "enough": {
        "type": "string",
        "enum": ["yes", "no"],
        "description": "no: a part of the question has no API here, and the rest of the catalog is to be searched.",
    }
}


def _function(ids: Sequence[str], *, may_look: bool) -> Function:
    # Only `apis` carries the ids as an enum: it decides, and repeating them would double the request.
    api: JsonValue = {"type": "string", "description": "An id of the list."}
    detail: dict[str, JsonValue] = {
        "api": api,
        "part": {
            "type": "string",
            "description": "The words of the question that this call is for, verbatim.",
        },
        "depends_on": {"type": "array", "items": {"type": "integer"}},
        "why": {"type": "string"},
    }
    return Function(
        "plan_calls",
        "Say which APIs to call, in order; none if none fits.",
        {
            "reason": {"type": "string", "description": "One short sentence."},
            "apis": {"type": "array", "items": {"type": "string", "enum": list(ids)}},
            "steps": {"type": "array", "items": {"type": "object", "properties": detail}},
            "alike": {"type": "array", "items": api},
            "rejected": {
                "type": "array",
                "items": {"type": "object", "properties": {"api": api, "why": {"type": "string"}}},
            },
            "uncovered": {"type": "array", "items": {"type": "string"}},
            **(_ENOUGH if may_look else {}),
        },
        ("apis", "reason", "enough") if may_look else ("apis", "reason"),
        rationale="reason",
    )
