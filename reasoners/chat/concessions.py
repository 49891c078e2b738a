"""What a server turned out not to take: found out from its refusals, and left out of every further request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage

from reasoners.chat.failures import Failed

_REFUSALS = frozenset({400, 404, 422, 500, 501})  # 404: no server behind a router takes it; 500, 501: local servers
_NO_TOOLS = re.compile(
    r"tools param requires|(?:not|n't|no) (?:\w+ ){0,4}(?:support|available|enabled).*\b(?:tools?|functions?)\b",
    re.DOTALL,
)
_NO_CHOICE = re.compile(r"tool[_ ]choice")


@dataclass(frozen=True)
class Sent:
    """What a request asks for beside an answer."""

    binding: Mapping[str, Any]
    temperature: bool = True

    @property
    def choice(self) -> object:
        return self.binding.get("tool_choice")

    @property
    def tools(self) -> bool:
        return bool(self.binding.get("tools"))


@dataclass
class Concessions:
    """Of one model at one address. Begins by asking for everything, and gives in step by step."""

    named: bool = True
    """`tool_choice` may name the function."""
    demanded: bool = True
    """`tool_choice` may be given at all."""
    tools: bool = True
    temperature: bool = True

    def to_send(self, binding: Mapping[str, Any]) -> Sent:
        """The binding without what is not taken."""
        if not self.tools:
            return Sent({}, self.temperature)
        if not self.demanded:
            return Sent({k: v for k, v in binding.items() if k != "tool_choice"}, self.temperature)
        if not self.named and isinstance(binding.get("tool_choice"), dict):
            return Sent({**binding, "tool_choice": "required"}, self.temperature)
        return Sent(binding, self.temperature)

    def learn(self, refusal: Failed, sent: Sent) -> bool:
        """Whether it may be sent again with less. Looks at what was sent: many may be refused at the same time."""
        said = refusal.said.casefold()
        if refusal.status not in _REFUSALS:
            return False
        if sent.temperature and "temperature" in said:
            self.temperature = False
        elif sent.choice is not None and _NO_CHOICE.search(said):
            self.named, self.demanded = False, self.demanded and isinstance(sent.choice, dict)
        elif sent.tools and (_NO_TOOLS.search(said) or _NO_CHOICE.search(said)):
            self.tools = False
        else:
            return False
        return True


def told(messages: Sequence[BaseMessage], binding: Mapping[str, Any], sent: Sent) -> list[BaseMessage]:
    """The messages; where the function cannot be declared, what it takes is said before the first of a person."""
    if sent.tools or not binding.get("tools"):
        return list(messages)
    function = binding["tools"][0]["function"]
    schema = json.dumps(function["parameters"], ensure_ascii=False)
    said = f"You cannot call functions here. JSON Schema of the arguments of `{function['name']}`:\n{schema}"
    # Joined to it, as some templates refuse two messages of one role in a row.
    first = next(at for at, message in enumerate(messages) if message.type == "human")
    return [*messages[:first], HumanMessage(f"{said}\n\n{messages[first].text}"), *messages[first + 1 :]]
