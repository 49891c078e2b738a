"""A model that knows the right APIs of each question beforehand, and picks them from whatever it is offered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import JsonValue, TypeAdapter

from evals.replies import Asked, Fault, Json, Reply

_QUOTED = 8  # values of a response that an answer quotes
_NUMBERS = re.compile(r"\d+(?:\.\d+)?")
_ANSWERS = re.compile(r'<data kind="answer">\n(.*?)\n</data>', re.DOTALL)
_RESULTS = re.compile(r'<data kind="results">\n(.*?)\n</data>', re.DOTALL)


@dataclass(frozen=True)
class Gold:
    """One API that answers a question, how it is reached, and what it is called with."""

    api_id: str
    tool_id: str = ""
    category: str = ""
    group: str = ""
    parameters: dict[str, JsonValue] = field(default_factory=dict)
    depends_on: tuple[int, ...] = ()
    """Numbers, from 1, of the question's APIs that come before."""

    def leads_to(self) -> set[str]:
        return {self.api_id, self.tool_id, self.category, self.group} - {""}


@dataclass(frozen=True)
class Question:
    """A question with its gold APIs, in the order of their calls; none: nothing fits."""

    question: str
    apis: tuple[Gold, ...] = ()


Fill = Callable[[Asked, Gold], Mapping[str, JsonValue]]


@dataclass(frozen=True)
class Oracle:
    """Answers every function of the chat reasoner, in whatever form it is asked.

    `fill` stands in for parameters that are not given.
    """

    gold: Mapping[str, Sequence[Gold]]
    fill: Fill = lambda asked, gold: gold.parameters

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a JSON list of `{question, apis: [{api_id, tool_id, category, group, parameters, depends_on}]}`."""
        questions = TypeAdapter(list[Question]).validate_json(path.read_bytes())
        return cls({q.question: q.apis for q in questions})

    def __call__(self, asked: Asked) -> Reply:
        gold, name = self._gold(asked), asked.function_name
        if name.startswith("choose_"):
            return _choose(asked, name.removeprefix("choose_"), gold)
        if name == "plan_calls":
            return _plan(asked, gold)
        if name == "set_parameters":
            return self._set(asked, gold)
        if name == "give_answer":
            return _answer(asked)
        if name == "judge":
            return _judge(asked)
        return Fault(400, body=json.dumps({"error": {"message": f"the oracle knows no function {name!r}"}}))

    def _gold(self, asked: Asked) -> Sequence[Gold]:
        """Of the question at the end of the prompt, else of the longest one that stands in it."""
        last = asked.text.rpartition("Question:\n")[2].strip()
        if last in self.gold:
            return self.gold[last]
        found = max((q for q in self.gold if q in asked.text), key=len, default=None)
        return self.gold[found] if found is not None else ()

    def _set(self, asked: Asked, gold: Sequence[Gold]) -> Reply:
        called = _called(asked, gold)
        values = self.fill(asked, called) if called else {}
        offered = {name: value for name, value in values.items() if name in asked.properties}
        return {**offered, "evidence": {name: str(value) for name, value in offered.items()}}


def _choose(asked: Asked, key: str, gold: Sequence[Gold]) -> Reply:
    wanted = set().union(*(g.leads_to() for g in gold))
    chosen: list[JsonValue] = [option for option in _enum(asked, key) if option in wanted]
    return {key: chosen, "reason": "Leads to the right APIs." if chosen else "Nothing offered leads there."}


def _plan(asked: Asked, gold: Sequence[Gold]) -> Reply:
    offered = _enum(asked, "apis")
    calls = [g for g in gold if g.api_id in offered]
    numbers = {id(g): n for n, g in enumerate(calls, start=1)}
    steps: list[JsonValue] = [
        {"api": g.api_id, "depends_on": [numbers[id(gold[n - 1])] for n in g.depends_on if id(gold[n - 1]) in numbers]}
        for g in calls
    ]
    return {
        "apis": [g.api_id for g in calls],
        "steps": steps,
        "reason": "These answer it." if calls else "Nothing in the pool fits.",
    }


def _called(asked: Asked, gold: Sequence[Gold]) -> Gold | None:
    """The gold API that is being filled; where it is called twice, the one at the step's number."""
    same = [g for g in gold if f"\n{g.api_id}: " in asked.text]
    step = re.search(r"^Step (\d+)", asked.text, re.MULTILINE)
    number = int(step.group(1)) if step else 0
    if 1 <= number <= len(gold) and gold[number - 1] in same:
        return gold[number - 1]
    return same[0] if same else None


def _answer(asked: Asked) -> Reply:
    """Quotes what it was shown, so that every statement stands in a response."""
    said: list[str] = []
    pointers: list[JsonValue] = []
    for result in _results(asked.text):
        if result.get("outcome") != "ok":
            said.append(f"{result.get('api')} with {json.dumps(result.get('parameters'))}: {result.get('error')}")
            continue
        for pointer, value in list(_leaves(result.get("response"), ""))[:_QUOTED]:
            said.append(f"{pointer.rpartition('/')[2]}: {value}")
            pointers.append({"step": result.get("step"), "pointer": pointer})
    return {"answer": "; ".join(said) or "The results hold nothing.", "pointers": pointers, "uncovered": []}


def _judge(asked: Asked) -> Reply:
    """No to an answer with a number that nothing else shown has; yes to everything else."""
    answer = "".join(_ANSWERS.findall(asked.text))
    rest = _ANSWERS.sub("", asked.text)
    strange = [number for number in _NUMBERS.findall(answer) if number not in _NUMBERS.findall(rest)]
    reason = f"Nothing shown has {', '.join(strange)}." if strange else "All of it stands in what was shown."
    return {"verdict": "no" if strange else "yes", "reason": reason}


def _results(text: str) -> Iterator[Json]:
    for block in _RESULTS.findall(text):
        yield from (json.loads(line) for line in block.splitlines() if line.startswith("{"))


def _leaves(node: JsonValue, pointer: str) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(node, dict):
        for key, child in node.items():
            yield from _leaves(child, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, list):
        for n, child in enumerate(node):
            yield from _leaves(child, f"{pointer}/{n}")
    elif node is not None:
        yield pointer, node


def _enum(asked: Asked, key: str) -> list[str]:
    """The names that an array argument offers."""
    argument = asked.properties.get(key)
    items = argument.get("items") if isinstance(argument, dict) else None
    enum = items.get("enum") if isinstance(items, dict) else None
    return [name for name in enum if isinstance(name, str)] if isinstance(enum, list) else []
