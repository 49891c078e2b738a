"""A model that knows the right APIs of each question beforehand, and picks them from whatever it is offered."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, get_args

from pydantic import JsonValue, TypeAdapter

from evals.choosing import Choice, Memory, enum_of
from evals.gold import Gold, Level, Question
from evals.obeying import obeyed
from evals.replies import RESET, Asked, Fault, Json, Reply
from evals.scenarios import PERFECT, Scenario

__all__ = ["Gold", "Oracle", "Question"]

_QUOTED = 8  # values of a response that an answer quotes
_NUMBERS = re.compile(r"\d+(?:\.\d+)?")
_ANSWERS = re.compile(r'<data kind="answer">\n(.*?)\n</data>', re.DOTALL)
_RESULTS = re.compile(r'<data kind="results">\n(.*?)\n</data>', re.DOTALL)
_POOLED = re.compile(r"^Judge: do the APIs", re.MULTILINE)

Fill = Callable[[Asked, Gold], Mapping[str, JsonValue]]


@dataclass
class _Seen:
    """What changes while an oracle answers."""

    calls: int = 0
    memories: defaultdict[str, Memory] = field(default_factory=lambda: defaultdict(Memory))


@dataclass(frozen=True)
class Oracle:
    """Answers every function of the chat reasoner, in whatever form it is asked.

    `fill` stands in for parameters that are not given. `scenario` says how it errs.
    """

    gold: Mapping[str, Sequence[Gold]]
    fill: Fill = lambda asked, gold: gold.parameters
    scenario: Scenario = PERFECT
    _seen: _Seen = field(default_factory=_Seen, repr=False, compare=False)

    @classmethod
    def read(cls, path: Path, scenario: Scenario = PERFECT) -> Self:
        """From a JSON list of `{question, apis: [{api_id, tool_id, category, group, parameters, depends_on}]}`."""
        questions = TypeAdapter(list[Question]).validate_json(path.read_bytes())
        return cls({q.question: q.apis for q in questions}, scenario=scenario)

    def __call__(self, asked: Asked) -> Reply:
        self._seen.calls += 1
        every = self.scenario.faults_every
        if every and self._seen.calls % every == 0:
            return RESET if self._seen.calls // every % 2 == 0 else Fault(500)
        reply = self._reply(asked)
        return obeyed(asked, reply) if self.scenario.obeys and isinstance(reply, Mapping) else reply

    def forget(self) -> None:
        """As if nothing had been asked."""
        self._seen.calls = 0
        self._seen.memories.clear()

    def question_of(self, asked: Asked) -> str:
        """The question at the end of the prompt, else the longest one that stands in it; empty: none it knows."""
        last = asked.text.rpartition("Question:\n")[2].partition("\n\nJudge:")[0].strip()
        return last if last in self.gold else max((q for q in self.gold if q in asked.text), key=len, default="")

    def _reply(self, asked: Asked) -> Reply:
        question, name = self.question_of(asked), asked.function_name
        gold, memory = self.gold.get(question, ()), self._seen.memories[question]
        for level in get_args(Level):
            if name == f"choose_{level}":
                return Choice(asked, level, question, gold, self.scenario, memory).reply()
        if name == "plan_calls":
            memory.planned = True
            return _plan(asked, question, gold)
        if name == "set_parameters":
            return self._set(asked, gold)
        if name == "give_answer":
            return _answer(asked)
        if name == "judge":
            return _judge_pool(asked, gold) if _POOLED.search(asked.text) else _judge(asked)
        return Fault(400, body=json.dumps({"error": {"message": f"the oracle knows no function {name!r}"}}))

    def _set(self, asked: Asked, gold: Sequence[Gold]) -> Reply:
        called = _called(asked, gold)
        values = self.fill(asked, called) if called else {}
        offered = {name: value for name, value in values.items() if name in asked.properties}
        return {**offered, "evidence": {name: str(value) for name, value in offered.items()}}


def _plan(asked: Asked, question: str, gold: Sequence[Gold]) -> Reply:
    offered = enum_of(asked, "apis")
    calls = [g for g in gold if g.api_id in offered]
    numbers = {id(g): n for n, g in enumerate(calls, start=1)}
    steps: list[JsonValue] = [
        {"api": g.api_id, "depends_on": [numbers[id(gold[n - 1])] for n in g.depends_on if id(gold[n - 1]) in numbers]}
        for g in calls
    ]
    reply: Json = {
        "apis": [g.api_id for g in calls],
        "steps": steps,
        "reason": "These answer it." if calls else "Nothing in the pool fits.",
    }
    if "enough" not in asked.properties:
        return reply
    missing = [g.api_id for g in gold if g.api_id not in offered]
    return {**reply, "enough": "no" if missing else "yes", "uncovered": _words(question, missing)}


def _words(question: str, ids: Iterable[str]) -> list[JsonValue]:
    """Words of the question that stand in the names of APIs that it was not offered."""
    names = " ".join(i.rpartition("/")[2] for i in ids).casefold()
    said = dict.fromkeys(re.findall(r"\w{3,}", question))
    return [word for word in said if word.casefold() in names]


def _judge_pool(asked: Asked, gold: Sequence[Gold]) -> Reply:
    missing = [g.api_id for g in gold if not re.search(rf"{re.escape(g.api_id)}(?![\w/])", asked.text)]
    reason = f"Nothing listed does what is asked: {', '.join(missing)}." if missing else "Each part has its API."
    return {"verdict": "no" if missing else "yes", "reason": reason}


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
