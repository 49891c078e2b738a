"""What is right for a question: its gold APIs, and the tools, categories and groups that lead to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from catalog.models import Api, CategorySummary

Level = Literal["groups", "categories", "tools", "apis"]


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

    def at(self, level: Level) -> str:
        """What leads to it on this level; empty where nothing is known."""
        names = {"groups": self.group, "categories": self.category, "tools": self.tool_id, "apis": self.api_id}
        return names[level]


@dataclass(frozen=True)
class Question:
    """A question with its gold APIs, in the order of their calls; none: nothing fits."""

    question: str
    apis: tuple[Gold, ...] = ()


def questions_of(
    gold: Iterable[tuple[str, Iterable[str]]], apis: Mapping[str, Api], categories: Sequence[CategorySummary]
) -> list[Question]:
    """Questions with the ids of their gold APIs, as far as the catalog has these."""
    groups = {category.name: category.group or "" for category in categories}
    return [Question(text, tuple(_gold(apis[i], groups) for i in ids if i in apis)) for text, ids in gold]


def _gold(api: Api, groups: Mapping[str, str]) -> Gold:
    return Gold(api.id, api.tool_id, api.category, groups.get(api.category, ""))
