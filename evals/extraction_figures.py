"""What extraction is worth: how much is right, found, asked in vain, and made up, by set and in sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from evals.extraction import Extracted, Taken
from evals.function_calls import Item, stands_in

_EXAMPLES = 50  # of each kind, for people to look at
SHARES: Mapping[str, tuple[str, str]] = {
    "values_right": ("sent_right", "sent"),
    "confirmed_right": ("shown_right", "shown"),
    "required_found": ("required_right", "required"),
    "calls_right": ("calls_right", "calls"),
    "calls_sent_right": ("ready_right", "ready"),
    "given_kept": ("given_kept", "given_set"),
}
"""What is told as a share, of what."""
COUNTS = (
    "items", "calls", "sent", "sent_right", "shown", "shown_right", "required", "required_right", "calls_right",
    "ready", "ready_right", "asked", "false_asks", "invented", "invented_sent", "right_dropped", "given_set",
    "given_kept", "idle", "idle_ready", "malformed", "failed", "model_calls",
)  # fmt: skip


@dataclass
class Figures:
    """Counts over the calls of a set.

    Without a right call: `idle` functions were offered though nothing fits, and `idle_ready` of them had a value
    taken and would have been sent. `given_set`: right values that stand in the question and that the model set;
    `given_kept` of them passed the check.
    """

    counts: Counter[str] = field(default_factory=Counter)
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cost_usd: float | None = 0.0
    seen: set[str] = field(default_factory=set)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def share(self, name: str) -> float | None:
        """None: there was nothing to count."""
        part, whole = SHARES[name]
        return self.counts[part] / self.counts[whole] if self.counts[whole] else None

    def count(self, item: Item) -> None:
        self.seen.add(item.id)
        self.counts["items"] = len(self.seen)

    def add(self, result: Extracted) -> None:
        self.count(result.item)
        self.counts["tried"] += 1
        self._spend(result)
        if result.error:
            self.counts["failed"] += 1
            self._note("failed", result, result.error)
            if not result.error.startswith("malformed_answer"):
                return
        self._count_dropped(result)
        self.counts["invented_sent"] += sum(not _has_place(taken, result) for taken in result.sent.values())
        if result.call.arguments is None:
            self.counts["idle"] += 1
            self.counts["idle_ready"] += result.ready and bool(_extracted(result.sent))
        else:
            self._count_call(result)

    def _spend(self, result: Extracted) -> None:
        spent = result.spent
        self.counts["malformed"] += result.malformed
        self.counts["model_calls"] += spent.llm_calls
        if not spent.llm_calls:
            return
        self.input_tokens = _sum(self.input_tokens, spent.input_tokens)
        self.output_tokens = _sum(self.output_tokens, spent.output_tokens)
        self.cost_usd = None if self.cost_usd is None or spent.cost_usd is None else self.cost_usd + spent.cost_usd

    def _count_dropped(self, result: Extracted) -> None:
        for name, value in result.dropped.items():
            right = result.call.arguments is not None and result.call.accepts(name, value)
            self.counts["right_dropped" if right else "invented"] += 1
            self._note("right_dropped" if right else "invented", result, f"{name}={value!r}")
        for name, value in result.written.items():
            given = result.call.accepts(name, value) and stands_in(result.item.query, [value])
            self.counts["given_set"] += given
            self.counts["given_kept"] += given and name not in result.dropped

    def _count_call(self, result: Extracted) -> None:
        call, counts = result.call, self.counts
        sent, shown = _extracted(result.sent), _extracted(result.shown)
        right = {n for n, t in {**result.sent, **result.shown}.items() if call.accepts(n, t.value)}
        required = {p.name for p in call.api.required if p.name in (call.arguments or {})}
        complete = call.needed() <= right and set(result.sent) | set(result.shown) <= right
        counts.update(calls=1, sent=len(sent), shown=len(shown), required=len(required))
        counts.update(sent_right=len(sent & right), shown_right=len(shown & right))
        counts.update(required_right=len(required & right), calls_right=int(complete))
        counts.update(ready=int(result.ready), ready_right=int(result.ready and complete), asked=len(result.asked))
        for name in set(result.asked) & call.needed():
            if stands_in(result.item.query, (call.arguments or {})[name].examples()):
                counts["false_asks"] += 1
                self._note("false_asks", result, name)
        for name in sent - right:
            self._note("sent_wrong", result, f"{name}={result.sent[name].value!r}")

    def _note(self, kind: str, result: Extracted, what: str) -> None:
        noted = self.examples.setdefault(kind, [])
        if len(noted) < _EXAMPLES:
            noted.append(f"{result.item.id}: {what}"[:500])

    def told(self) -> dict[str, JsonValue]:
        """As JSON: all counts, all shares, and examples of what went wrong."""
        counts: dict[str, JsonValue] = {name: self.counts[name] for name in COUNTS}
        shares: dict[str, JsonValue] = {name: _rounded(self.share(name)) for name in SHARES}
        cost = self.cost_usd if self.counts["model_calls"] else None
        spent: dict[str, JsonValue] = {
            "input_tokens": self.input_tokens, "output_tokens": self.output_tokens, "cost_usd": cost,
        }  # fmt: skip
        return {**counts, "shares": shares, **spent, "examples": {k: list(v) for k, v in self.examples.items()}}


@dataclass
class Tally:
    """Figures of each item, by set, and of everything."""

    overall: Figures = field(default_factory=Figures)
    sets: dict[str, Figures] = field(default_factory=dict)
    items: dict[tuple[str, str], tuple[Item, Figures]] = field(default_factory=dict)

    def add(self, result: Extracted) -> None:
        for figures in self._of(result.item):
            figures.add(result)

    def count(self, item: Item) -> None:
        """An item without a call."""
        for figures in self._of(item):
            figures.count(item)

    def _of(self, item: Item) -> Iterator[Figures]:
        yield self.overall
        yield self.sets.setdefault(item.set, Figures())
        yield self.items.setdefault((item.set, item.id), (item, Figures()))[1]


def _extracted(values: Mapping[str, Taken]) -> set[str]:
    """Without what the API itself declares."""
    return {name for name, taken in values.items() if taken.origin["source"] != "default"}


def _has_place(taken: Taken, result: Extracted) -> bool:
    """Whether a value that is sent names words of the question, or the catalog's default, as where it comes from."""
    origin = taken.origin
    if origin["source"] == "default":
        return True
    start, end = origin.get("start", 0), origin.get("end", 0)
    return origin["source"] == "query" and 0 <= start < end <= len(result.item.query)


def _sum(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else left + right


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
