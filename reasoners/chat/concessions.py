"""What a server turned out not to take: found out from its refusals, and left out of every further request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage

from reasoners.chat.failures import Failed
from reasoners.chat.telling import schema_of

_REFUSALS = frozenset({400, 404, 422, 500, 501})  # 404: no server behind a router takes it; 500, 501: local servers
_NO_TOOLS = re.compile(
    r"tools param requires|(?:not|n't|no) (?:\w+ ){0,4}(?:support|available|enabled).*\b(?:tools?|functions?)\b",
    re.DOTALL,
)
_NO_CHOICE = re.compile(r"tool[_ ]choice|function[_ ]call\b")
_NO_EXTRA = {
    "response_format": re.compile(r"response[_ ]format|json[_ ](?:schema|object|mode)"),
    "stop": re.compile(r"\bstop\b"),
}
"""Fields that a form can do without, as the prompt says the same."""


@dataclass(frozen=True)
class Sent:
    """What a request asks for beside an answer."""

    binding: Mapping[str, Any]
    temperature: bool = True

    @property
    def choice(self) -> object:
        return self.binding.get("tool_choice") or self.binding.get("function_call")

    @property
    def tools(self) -> bool:
        return bool(self.binding.get("tools") or self.binding.get("functions"))


@dataclass
class Concessions:
    """Of one model at one address. Begins by asking for everything, and gives in step by step."""

    named: bool = True
    """`tool_choice` may name the function."""
    demanded: bool = True
    """`tool_choice` may be given at all."""
    tools: bool = True
    temperature: bool = True
    refused: set[str] = field(default_factory=set)
    """Of the fields that can be left out."""

    def to_send(self, binding: Mapping[str, Any]) -> Sent:
        """The binding without what is not taken."""
        without = set(self.refused)
        if not self.tools:
            without |= {"tools", "tool_choice", "functions", "function_call"}
        if not self.demanded:
            without |= {"tool_choice", "function_call"}
        taken = {k: v for k, v in binding.items() if k not in without}
        if not self.named and isinstance(taken.get("tool_choice"), dict):
            taken["tool_choice"] = "required"
        return Sent(taken, self.temperature)

    def learn(self, refusal: Failed, sent: Sent) -> bool:
        """Whether it may be sent again with less. Looks at what was sent: many may be refused at the same time."""
        said = refusal.said.casefold()
        if refusal.status not in _REFUSALS:
            return False
        if sent.temperature and "temperature" in said:
            self.temperature = False
        elif sent.choice is not None and _NO_CHOICE.search(said):
            # The older form knows no word for "any function".
            self.named, self.demanded = False, self.demanded and isinstance(sent.binding.get("tool_choice"), dict)
        elif sent.tools and (_NO_TOOLS.search(said) or _NO_CHOICE.search(said)):
            self.tools = False
        elif extra := [name for name, words in _NO_EXTRA.items() if name in sent.binding and words.search(said)]:
            self.refused.update(extra)
        else:
            return False
        return True


def told(messages: Sequence[BaseMessage], binding: Mapping[str, Any], sent: Sent) -> list[BaseMessage]:
    """The messages; where the function cannot be declared, what it takes is said before the first of a person."""
    declared = binding.get("tools") or binding.get("functions")
    if sent.tools or not declared:
        return list(messages)
    function = declared[0].get("function", declared[0])
    said = f"You cannot call functions here. {schema_of(function['name'], function['parameters'])}"
    # Joined to it, as some templates refuse two messages of one role in a row.
    first = next(at for at, message in enumerate(messages) if message.type == "human")
    return [*messages[:first], HumanMessage(f"{said}\n\n{messages[first].text}"), *messages[first + 1 :]]
