"""What an operator writes into a document for us: `x-switchboard-*`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.importers.record import Fields, kind
from catalog.importers.supplying import checked
from catalog.models import Approval, Risk

PREFIX = "x-switchboard-"
TEXTS = frozenset({"category", "tool", "title", "description", "idempotency-header"})
CHOICES: Mapping[str, tuple[str, ...]] = {"risk": get_args(Risk), "approval": get_args(Approval)}
KNOWN = sorted({*TEXTS, *CHOICES, "hidden", "examples", "cost-usd", "supply"})


@dataclass(frozen=True)
class Overrides:
    """The words of the document, its path and its operation; the nearer one counts."""

    said: Mapping[str, JsonValue]

    @classmethod
    def of(cls, *levels: Fields) -> Overrides:
        """From the outermost level to the innermost. Raises UnreadableDocument."""
        said: dict[str, JsonValue] = {}
        for level in levels:
            for key, value in level.items():
                if key.startswith(PREFIX):
                    name, new = key.removeprefix(PREFIX), _checked(key, value)
                    before = said.get(name)
                    merges = name == "supply" and isinstance(before, dict) and isinstance(new, dict)
                    said[name] = {**before, **new} if merges else new  # type: ignore[dict-item]  # both are dicts
        return cls(said)

    def text(self, name: str) -> str:
        value = self.said.get(name)
        return value.strip() if isinstance(value, str) else ""

    @property
    def hidden(self) -> bool:
        return self.said.get("hidden") is True

    @property
    def idempotency_header(self) -> str | None:
        """By which the upstream knows a call that it did before; empty: by none. None: nothing is said."""
        return self.text("idempotency-header") if "idempotency-header" in self.said else None

    @property
    def cost_usd(self) -> JsonValue:
        return self.said.get("cost-usd")

    @property
    def supplies(self) -> Mapping[str, JsonValue]:
        """Parameters that nobody is asked for, by name."""
        said = self.said.get("supply")
        return said if isinstance(said, dict) else {}

    @property
    def examples(self) -> tuple[str, ...]:
        examples = self.said.get("examples")
        return tuple(each for each in examples if isinstance(each, str)) if isinstance(examples, list) else ()


def _checked(key: str, value: JsonValue) -> JsonValue:
    name = key.removeprefix(PREFIX)
    if name not in KNOWN:
        raise UnreadableDocument(key, f"is not known; known are {', '.join(PREFIX + each for each in KNOWN)}")
    if name in CHOICES and value not in CHOICES[name]:
        raise UnreadableDocument(key, f"must be {' or '.join(CHOICES[name])}")
    if name == "hidden" and not isinstance(value, bool):
        raise UnreadableDocument(key, f"must be true or false, not {kind(value)}")
    if name in TEXTS and not isinstance(value, str):
        raise UnreadableDocument(key, f"must be text, not {kind(value)}")
    if name == "examples" and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        raise UnreadableDocument(key, "must be a list of questions")
    if name == "cost-usd" and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
        raise UnreadableDocument(key, "must be US dollars, 0 or more")
    if name == "supply":
        return dict(checked(key, value))
    return value
