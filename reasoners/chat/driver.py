"""What a way of asking must do: put one function to a model, and read the arguments out of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from langchain_core.messages import AIMessage
from pydantic import JsonValue

Arguments = Mapping[str, JsonValue]


@dataclass(frozen=True)
class Function:
    """What the model is to decide, as a function whose arguments are the decision."""

    name: str
    description: str
    properties: Mapping[str, JsonValue]
    """JSON Schema of each argument."""
    required: tuple[str, ...] = ()
    prose: str = ""
    """The argument that an answer in plain words gives all by itself; empty: there is none."""
    rationale: str = ""
    """The argument that says why, for forms in which a model thinks aloud ahead of it; empty: there is none."""

    @property
    def schema(self) -> dict[str, JsonValue]:
        # Not closed, and no empty list: some servers refuse `additionalProperties`, some `required: []`.
        required: dict[str, JsonValue] = {"required": list(self.required)} if self.required else {}
        return {"type": "object", "properties": dict(self.properties), **required}


class Unreadable(ValueError):
    """An answer that holds no arguments. The message is told back to the model."""


class Driver(Protocol):
    """A way of asking. Holds no state, and checks no names: that is the work of whoever asks."""

    def binding(self, function: Function) -> dict[str, Any]:
        """Fields of the request beside model and messages."""

    def instructions(self, function: Function) -> str:
        """What is added to the prompt, which itself says only what to decide."""

    def read(self, reply: AIMessage, function: Function) -> Arguments:
        """The arguments that the model gave. Raises Unreadable; never gives arguments that are not there."""

    def received(self, reply: AIMessage) -> str:
        """The answer as it came, for people and for the repair."""
