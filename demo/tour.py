"""The questions that the demo asks, and what a person answers where it is asked back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue


@dataclass(frozen=True)
class Stop:
    """One question of the tour."""

    title: str
    query: str
    ends: Literal["completed", "declined", "no_tool"] = "completed"
    """How it must end; the demo fails if it does not."""
    fields: Mapping[str, JsonValue] = field(default_factory=dict)
    """What the person says when asked for a value, by parameter."""
    approves: bool = False
    """What the person says when asked for an approval."""


TOUR = (
    Stop("One question, one API", "Which item was ordered for 123456?"),
    Stop("Another category, no key needed", "How is the weather in Scotland right now?"),
    Stop("A value is missing: it asks back", "Where is my order?", fields={"order_id": "91827"}),
    Stop(
        "One question, two APIs",
        "Can you recommend a book about compassion towards animals? "
        "Additionally, give me a random word that stands for unity.",
    ),
    Stop(
        "Two APIs, and the second needs what the first finds",
        "Find the customer with the e-mail anna.meyer@example.com and list all orders of that customer.",
    ),
    Stop("A change needs approval: declined", "Cancel order 200417", ends="declined"),
    Stop("A change needs approval: accepted", "Cancel order 123456", approves=True),
    Stop("What was changed is changed", "Has order 123456 been shipped?"),
    Stop("What nothing in the catalog answers is refused", "Are you an AI?", ends="no_tool"),
)
