"""Whether a person is asked for what their question lacks, and not for what it has."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.models import Api
from evals.extraction import Extracted
from evals.function_calls import Acceptable, GoldCall, stands_in
from evals.function_calls import Item as Asked
from evals.parameters import api_of, rows, same
from evals.report import Item

Json = Mapping[str, JsonValue]
SHOWN = ("asked when missing", "not asked when given", "given right", "anything asked when missing", "failed")


@dataclass(frozen=True)
class Opening:
    """A message that calls for one API: what it gives, and what it lacks."""

    id: str
    set: str
    query: str
    api: Api
    given: Json
    missing: frozenset[str]

    def asked(self) -> Asked:
        """As the service gets it."""
        right = {name: Acceptable((value,), False, False) for name, value in self.given.items()}
        return Asked(self.id, self.set, self.query, None, (GoldCall(self.api, self.query, right),))


def openings(path: Path, sets: Sequence[str] = ()) -> list[Opening]:
    """The messages of dialogues that say what is missing, each once: they recur. Raises UnreadableDocument."""
    try:
        found = [one for row in rows(path) if _wanted(row, sets) for one in _openings(row)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error) if isinstance(error, OSError | ValueError) else f"a dialogue lacks {error}"
        raise UnreadableDocument(str(path), reason) from None
    once = {(one.query, one.api.id): one for one in reversed(found) if one.given or one.missing}
    return list(reversed(once.values()))


def _wanted(row: Json, sets: Sequence[str]) -> bool:
    return not sets or any(str(row.get("set", "")).startswith(name) for name in sets)


def _openings(row: Json) -> Iterator[Opening]:
    turns = [turn for turn in _list(row["turns"]) if isinstance(turn, dict)]
    apis = {api.name: api for api in (api_of(f) for f in _list(row["functions"]) if isinstance(f, dict))}
    if any("must_ask" in turn for turn in turns):
        yield from _of_calls(row, turns, apis)
    elif turns and isinstance(turns[0].get("still_missing"), list):
        yield from _of_names(row, turns[0], apis)


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _of_names(row: Json, turn: Json, apis: Mapping[str, Api]) -> Iterator[Opening]:
    """Where the data names what is missing. Later messages answer a question, and are no questions themselves."""
    call = turn.get("call_so_far")
    name = str(call.get("name") if isinstance(call, dict) else turn.get("target"))
    given = call.get("arguments") if isinstance(call, dict) else None
    missing = frozenset(map(str, _list(turn["still_missing"])))
    if name in apis:
        yield _opening(row, "1", str(turn["user"]), apis[name], given if isinstance(given, dict) else {}, missing)


def _opening(row: Json, turn: str, query: str, api: Api, given: Json, missing: frozenset[str]) -> Opening:
    known = {parameter.name for parameter in api.parameters}
    kept = {name: value for name, value in given.items() if name in known}
    return Opening(f"{row['id']}/{turn}", str(row["set"]), query, api, kept, missing & known)


def _of_calls(row: Json, turns: Sequence[Json], apis: Mapping[str, Api]) -> Iterator[Opening]:
    """Where the data says only that something must be asked: the next message has it, this one does not."""
    for place, (turn, following) in enumerate(zip(turns, [*turns[1:], {}], strict=True)):
        must_ask = bool(turn.get("must_ask"))
        told = following if must_ask else turn
        for name, arguments in _calls(_list(told.get("gold_calls")), apis):
            query, said = str(turn["user"]), [str(t["user"]) for t in turns[: place + 1]]
            given = {p: v for p, v in arguments.items() if stands_in(query, [v])}
            later = {p for p, v in arguments.items() if must_ask and stands_in(str(following.get("user")), [v])}
            missing = frozenset(p for p in later if not any(stands_in(text, [arguments[p]]) for text in said))
            if missing or not must_ask:
                yield _opening(row, f"{place + 1}/{name}", query, apis[name], given, missing)


def _calls(written: Sequence[JsonValue], apis: Mapping[str, Api]) -> Iterator[tuple[str, dict[str, JsonValue]]]:
    """Function and arguments of calls in Python's form; what is none is passed over."""
    for text in written:
        try:
            call = ast.parse(str(text), mode="eval").body
            if isinstance(call, ast.Call) and (name := ast.unparse(call.func)) in apis:
                names = [parameter.name for parameter in apis[name].parameters]
                placed = zip(names, map(ast.literal_eval, call.args), strict=False)
                yield name, {**dict(placed), **{k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg}}
        except (SyntaxError, ValueError):
            continue


def scored(opening: Opening, result: Extracted) -> Item:
    """What is asked or put to a person to confirm counts as asked; so what is missing and left out is not."""
    failed = bool(result.error)
    put = set() if failed else {*result.asked, *result.shown}
    filled = {} if failed else {**result.sent, **result.shown}
    right = {name for name, value in opening.given.items() if name in filled and same(filled[name].value, value)}
    counted = {
        "asked when missing": (len(opening.missing & put), len(opening.missing)),
        "not asked when given": (len(opening.given.keys() & filled.keys()), len(opening.given)),
        "given right": (len(right), len(opening.given)),
        "anything asked when missing": (bool(put), bool(opening.missing)),
        "failed": (failed, 1),
    }
    kept = {measure: pair for measure, pair in counted.items() if pair[1]}
    made_up = {name: taken.value for name, taken in result.sent.items() if name in opening.missing}
    in_vain = [f"{name}: {opening.given[name]!r} was not seen" for name in sorted(opening.given.keys() - filled.keys())]
    left_out = sorted(opening.missing - put - made_up.keys())
    return Item(
        id=opening.id,
        set=opening.set,
        query=opening.query,
        scores={measure: float(part) for measure, (part, _) in kept.items()},
        of={measure: float(whole) for measure, (_, whole) in kept.items() if whole != 1},
        expected=tuple(f"{name} is missing" for name in sorted(opening.missing - put)),
        found=(*(f"{name}: {value!r} was made of it" for name, value in made_up.items()), *in_vain),
        why=result.error or (f"neither asked for nor set: {', '.join(left_out)}" if left_out else ""),
    )
