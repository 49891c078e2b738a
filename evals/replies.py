"""What a scripted model is asked, and all the ways, good and bad, in which it can reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from evals.forms import Call, Form, declared_in, form_of, in_text

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
        """The function that is offered, in whatever form; empty where there is none."""
        for entry in _objects(self.body.get("tools")) + _objects(self.body.get("functions")):
            inner = entry.get("function", entry)
            return inner if isinstance(inner, dict) else {}
        return _of_the_schema(self.body.get("response_format")) or declared_in(self.text)

    @property
    def form(self) -> Form:
        """The form in which the answer is asked for."""
        return form_of(self.body, self.text)

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


def _of_the_schema(wanted: JsonValue) -> Json:
    """A schema that the answer is to keep to, as if it were a function."""
    described = wanted.get("json_schema") if isinstance(wanted, dict) else None
    if not isinstance(described, dict):
        return {}
    return {"name": described.get("name"), "parameters": described.get("schema")}


def _objects(given: JsonValue) -> list[Json]:
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []


@dataclass(frozen=True)
class Message:
    """A completion with every part chosen freely."""

    content: str | None = None
    calls: tuple[Call, ...] = ()
    finish_reason: str = "stop"
    older: bool = False
    """The call as `function_call`, which has room for one."""


@dataclass(frozen=True)
class Streamed:
    """A reply in fragments, whether a stream was asked for or not."""

    reply: Mapping[str, JsonValue] | str | tuple[Call, ...] | Message
    characters: int = 3
    """Of a fragment."""
    whole: bool = True
    """Whether it comes to its end."""


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

Reply = Mapping[str, JsonValue] | str | tuple[Call, ...] | Message | Streamed | Fault
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
    calls = (Call(asked.function_name, reply),) if isinstance(reply, Mapping) else reply
    form = asked.form
    if form == "tools" or form == "functions":  # so that the type checker sees what is left
        older = form == "functions" and len(calls) == 1
        return Message(calls=calls, finish_reason="function_call" if older else "tool_calls", older=older)
    return Message(in_text(calls, form))


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
    if message.calls and message.older:
        wire["function_call"] = {"name": message.calls[0].name, "arguments": message.calls[0].written}
    elif message.calls:
        wire["tool_calls"] = [
            {
                "id": f"call_{number}_{n}",
                "type": "function",
                "function": {"name": call.name, "arguments": call.written},
            }
            for n, call in enumerate(message.calls)
        ]
    return wire


def stream(streamed: Streamed, asked: Asked, number: int, *, usage: bool) -> str:
    """The same as events, cut into pieces without regard for words."""
    body = completion(message_of(streamed.reply, asked), asked, number, usage=usage)
    choices = body.pop("choices")
    [choice] = choices if isinstance(choices, list) else []
    message = choice["message"] if isinstance(choice, dict) else {}
    reason = choice["finish_reason"] if isinstance(choice, dict) else None
    counted = {"usage": body.pop("usage", None)}
    head: Json = {**body, "object": "chat.completion.chunk"}
    deltas = list(_deltas(message if isinstance(message, dict) else {}, streamed.characters))
    events = [head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    if streamed.whole:
        events.append(head | {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        events.append(head | {"choices": [], **counted})
    ended = "data: [DONE]\n\n" if streamed.whole else ""
    return "".join(f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events) + ended


def _deltas(message: Json, size: int) -> Iterator[Json]:
    yield {"role": "assistant", "content": ""}
    content, older = message.get("content"), message.get("function_call")
    if isinstance(content, str):
        for piece in _pieces(content, size):
            yield {"content": piece}
    if isinstance(older, dict):
        yield {"function_call": {"name": older["name"], "arguments": ""}}
        for piece in _pieces(str(older["arguments"]), size):
            yield {"function_call": {"arguments": piece}}
    for n, call in enumerate(_objects(message.get("tool_calls"))):
        function = call["function"]
        written = str(function["arguments"]) if isinstance(function, dict) else ""
        name = function["name"] if isinstance(function, dict) else ""
        yield {"tool_calls": [{**call, "index": n, "function": {"name": name, "arguments": ""}}]}
        for piece in _pieces(written, size):
            yield {"tool_calls": [{"index": n, "function": {"arguments": piece}}]}


def _pieces(text: str, size: int) -> Iterator[str]:
    return (text[at : at + size] for at in range(0, len(text), size))
