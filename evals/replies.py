"""What a scripted model is asked, and all the ways, good and bad, in which it can reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

Json = dict[str, JsonValue]
Manner = Literal["whole", "hang", "drip", "reset"]


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: Json
    raw: str = field(repr=False, default="")

    @property
    def function(self) -> Json:
        """The function that is offered (`tools`, or `functions`); empty where there is none."""
        for entry in _objects(self.body.get("tools")) + _objects(self.body.get("functions")):
            inner = entry.get("function", entry)
            return inner if isinstance(inner, dict) else {}
        return {}

    @property
    def function_name(self) -> str:
        return str(self.function.get("name", ""))

    @property
    def properties(self) -> Json:
        """JSON Schema of each argument of the offered function."""
        parameters = self.function.get("parameters")
        properties = parameters.get("properties") if isinstance(parameters, dict) else None
        return properties if isinstance(properties, dict) else {}

    @property
    def text(self) -> str:
        """All messages, one after the other."""
        return "\n".join(str(m.get("content") or "") for m in _objects(self.body.get("messages")))

    @property
    def characters(self) -> int:
        """Messages and functions as JSON: what a prompt weighs."""
        weighed = {k: self.body[k] for k in ("messages", "tools", "functions", "response_format") if k in self.body}
        return len(json.dumps(weighed, ensure_ascii=False))


def _objects(given: JsonValue) -> list[Json]:
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []


@dataclass(frozen=True)
class Call:
    """A function call as a model writes it. A string as arguments is sent as it is, broken or not."""

    name: str
    arguments: Mapping[str, JsonValue] | str


@dataclass(frozen=True)
class Message:
    """A completion with every part chosen freely."""

    content: str | None = None
    calls: tuple[Call, ...] = ()
    finish_reason: str = "stop"


@dataclass(frozen=True)
class Fault:
    """Anything but a completion: an error status, a body that is none, a connection that hangs, drips or breaks."""

    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = '{"error": {"message": "scripted fault", "type": "server_error"}}'
    manner: Manner = "whole"


HANG = Fault(manner="hang")
RESET = Fault(manner="reset")
DRIP = Fault(200, body=" ", manner="drip")
"""A good status, and then one blank after the other without end."""
HTML = Fault(200, {"content-type": "text/html"}, "<!doctype html><title>Sign in</title>")
GARBAGE = Fault(200, body='\x00{"choices": [{"mess')
EMPTY_CHOICES = Fault(200, body='{"id": "x", "object": "chat.completion", "choices": []}')

Reply = Mapping[str, JsonValue] | str | tuple[Call, ...] | Message | Fault
"""Arguments of the function that was asked for, plain content, several calls, or one of the above."""
Behaviour = Callable[[Asked], Reply]


class Script:
    """Replies one after the other; what is asked beyond the end is refused, so that a test sees it."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self._replies = iter(replies)

    def __call__(self, asked: Asked) -> Reply:
        return next(self._replies, Fault(400, body='{"error": {"message": "the script has ended"}}'))


def message_of(reply: Mapping[str, JsonValue] | str | tuple[Call, ...] | Message, asked: Asked) -> Message:
    """Any reply but a fault, in its full form."""
    if isinstance(reply, Message):
        return reply
    if isinstance(reply, str):
        return Message(reply)
    if isinstance(reply, Mapping):
        return Message(calls=(Call(asked.function_name, reply),), finish_reason="tool_calls")
    return Message(calls=reply, finish_reason="tool_calls")


def completion(message: Message, asked: Asked, number: int, *, usage: bool) -> Json:
    """The body of `/v1/chat/completions`. Tokens are a quarter of the characters."""
    body: Json = {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": asked.body.get("model", "scripted"),
        "choices": [{"index": 0, "message": _wire(message, number), "finish_reason": message.finish_reason}],
    }
    if usage:
        read, written = asked.characters // 4, max(1, len(json.dumps(_wire(message, number))) // 4)
        body["usage"] = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return body


def _wire(message: Message, number: int) -> Json:
    wire: Json = {"role": "assistant", "content": message.content}
    if message.calls:
        wire["tool_calls"] = [
            {
                "id": f"call_{number}_{n}",
                "type": "function",
                "function": {"name": call.name, "arguments": _written(call.arguments)},
            }
            for n, call in enumerate(message.calls)
        ]
    return wire


def _written(arguments: Mapping[str, JsonValue] | str) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(dict(arguments))
