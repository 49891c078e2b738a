"""What a scripted model tells of each request: which question it was for, what it weighed, and when."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from evals.choosing import enum_of
from evals.replies import Asked, Fault, Json

CHOICES = ("choose_groups", "choose_categories", "choose_tools", "choose_apis")


@dataclass(frozen=True)
class Record:
    """A request and its answer."""

    number: int
    question: str
    """As the oracle knows it; empty: one that it does not know."""
    function: str
    offered: tuple[str, ...]
    """Names that the function's array could take."""
    characters: int
    input_tokens: int
    """As told to the client; a quarter of the characters where nothing was told."""
    output_tokens: int
    status: int
    """Of the answer; 0: the connection was broken off."""
    at_once: int
    """Requests under way when it arrived, with itself."""
    arrived: float = 0.0
    answered: float = 0.0
    """Seconds of the clock on the wall, which two processes share."""

    @property
    def chooses(self) -> bool:
        """Whether it is part of finding the pool."""
        return self.function in CHOICES


_RECORDS: TypeAdapter[list[Record]] = TypeAdapter(list[Record])


def record_of(asked: Asked, answer: Fault, *, number: int, question: str, at_once: int) -> Record:
    """Of a request and what was sent back."""
    arrays = (enum_of(asked, name) for name in ("groups", "categories", "tools", "apis"))
    usage = _usage(answer.body)
    return Record(
        number=number,
        question=question,
        function=asked.function_name,
        offered=tuple(next((array for array in arrays if array), [])),
        characters=asked.characters,
        input_tokens=usage.get("prompt_tokens", asked.characters // 4),
        output_tokens=usage.get("completion_tokens", 0),
        status=0 if answer.manner == "reset" else answer.status,
        at_once=at_once,
    )


def _usage(body: str) -> dict[str, int]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    usage = answer.get("usage") if isinstance(answer, dict) else None
    return {k: v for k, v in usage.items() if isinstance(v, int)} if isinstance(usage, dict) else {}


def as_json(records: Sequence[Record]) -> str:
    return _RECORDS.dump_json(list(records)).decode()


def read_records(body: bytes) -> list[Record]:
    """What `as_json` wrote."""
    return _RECORDS.validate_json(body)


def counters(records: Sequence[Record], most_at_once: int) -> Json:
    """Sums over all requests."""
    return {
        "requests": len(records),
        "failed": sum(record.status != 200 for record in records),
        "characters": sum(record.characters for record in records),
        "input_tokens": sum(record.input_tokens for record in records),
        "output_tokens": sum(record.output_tokens for record in records),
        "by_function": dict(Counter(record.function for record in records)),
        "by_question": dict(Counter(record.question for record in records)),
        "most_at_once": most_at_once,
    }
