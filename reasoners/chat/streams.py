"""Servers that stream although nobody asked them to: the fragments are put together to the one answer they make."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

Chunk = Mapping[str, Any]  # what a foreign server sends, checked key by key


class BrokenStream(httpx2.RemoteProtocolError):
    """It ended in the middle of the answer."""


async def put_together(response: httpx2.Response) -> None:
    """A response hook: from here on a stream of events is a completion like any other."""
    kind = response.headers.get("content-type", "")
    if kind.startswith("text/event-stream") and isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Whole(response.stream)
        response.headers["content-type"] = "application/json"


@dataclass
class _Whole(httpx2.AsyncByteStream):
    wrapped: httpx2.AsyncByteStream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        body = b"".join([part async for part in self.wrapped])
        yield json.dumps(completion(body.decode("utf-8", "replace"))).encode()

    async def aclose(self) -> None:
        await self.wrapped.aclose()


def completion(events: str) -> dict[str, Any]:
    """The body as the server would have sent it in one piece. Raises BrokenStream."""
    answer = _Answer()
    for chunk in _chunks(events):
        if "error" in chunk:
            return dict(chunk)
        answer.add(chunk)
    if not answer.finish_reason:
        raise BrokenStream("the stream ended before the answer did")
    return answer.whole()


def _chunks(events: str) -> Iterator[Chunk]:
    for line in events.split("\n"):  # not splitlines: JSON may hold other line ends as they are
        data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
        if not data or data == "[DONE]":
            continue
        try:
            chunk = json.loads(data)
        except (ValueError, RecursionError):
            raise BrokenStream("the stream holds something else than JSON") from None
        if isinstance(chunk, dict):
            yield chunk


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)

    def add(self, function: object) -> None:
        if isinstance(function, dict):
            # Some servers send the whole name with every fragment.
            self.name = self.name or _text(function.get("name"))
            self.arguments.append(_text(function.get("arguments")))

    def whole(self) -> dict[str, str]:
        return {"name": self.name, "arguments": "".join(self.arguments)}


@dataclass
class _Answer:
    top: dict[str, Any] = field(default_factory=dict)
    content: list[str] = field(default_factory=list)
    calls: dict[object, _Call] = field(default_factory=dict)
    latest: dict[object, _Call] = field(default_factory=dict)
    """By index: the call that a fragment without an id belongs to."""
    older: _Call = field(default_factory=_Call)
    """The one call of the form that had no list of them."""
    finish_reason: str = ""

    def add(self, chunk: Chunk) -> None:
        self.top.update({k: v for k, v in chunk.items() if k in ("id", "model", "created", "usage") and v is not None})
        choices = chunk.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return  # the last one, with the usage alone
        self.finish_reason = _text(choices[0].get("finish_reason")) or self.finish_reason
        delta = choices[0].get("delta") or choices[0].get("message")
        if not isinstance(delta, dict):
            return
        self.content.append(_text(delta.get("content")))
        self.older.add(delta.get("function_call"))
        calls = delta.get("tool_calls")
        for fragment in calls if isinstance(calls, list) else ():
            if isinstance(fragment, dict):
                self._of(fragment).add(fragment.get("function"))

    def _of(self, fragment: Chunk) -> _Call:
        """Some servers count all calls as the first: another id is another call."""
        index, call_id = fragment.get("index", 0), _text(fragment.get("id"))
        latest = self.latest.get(index)
        if latest is None or (call_id and call_id != latest.id):
            latest = self.calls.setdefault((index, call_id), _Call(call_id or f"call_{len(self.calls)}"))
            self.latest[index] = latest
        return latest

    def whole(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self.content) or None}
        if self.calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": call.whole()} for call in self.calls.values()
            ]
        if self.older.name:
            message["function_call"] = self.older.whole()
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        return {
            "id": "streamed",
            "created": 0,
            "model": "",
            **self.top,
            "object": "chat.completion",
            "choices": [choice],
        }


def _text(given: object) -> str:
    return given if isinstance(given, str) else ""
