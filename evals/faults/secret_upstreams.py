"""Upstreams, a token endpoint, an MCP server and a model that repeat what they were sent."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from evals.faults.marked import Marked, found_in
from evals.faults.raw_server import Arrived

FAULTS = ("echo", "echo", "echo encoded", "refuse", "fail", "redirect", "packed", "garbage", "reset", "unauthorized")
"""How the upstream answers, one after the other; most repeat all that they were sent."""
SHORT_LIFE_SECONDS = 1
"""Of a token that a person granted, so that it is renewed again and again."""


@dataclass
class Scene:
    """What is hidden, and all that came to light."""

    chance: random.Random
    folder: Path
    secrets: list[Marked]
    others: dict[str, str]
    """Beside credentials: the model's key, clients of OAuth, their tokens, what an MCP server is told, and so on."""
    environment: dict[str, str] = field(default_factory=dict)
    shown: dict[str, bytes] = field(default_factory=dict)
    """By the run and the place, what anybody could see."""
    model_requests: list[bytes] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    tokens: int = 0

    @property
    def all(self) -> dict[str, str]:
        return {**{secret.name: secret.value for secret in self.secrets}, **self.others}

    async def upstream(self, arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        whole = repr(arrived).encode()
        self.sent.update(name for name in self.all if self.all[name].encode() in whole)
        self.sent.update(hit.rpartition(" (")[0] for hit in found_in(whole, self.all))
        if arrived.target == "/token":
            return await self._token(arrived, writer)
        if arrived.target == "/mcp":
            return await self._mcp(arrived, writer)
        self.answers += 1
        return await _answer(FAULTS[self.answers % len(FAULTS)], _repeated(arrived), writer)

    async def _token(self, arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        """Of a client, or of a person: with a code first, then with what renews it."""
        self.tokens += 1
        if self.tokens % 3 == 2:
            return await say(writer, 400, {"error": f"not {_repeated(arrived)}", "error_description": repr(arrived)})
        if parse_qs(arrived.body.decode())["grant_type"] == ["client_credentials"]:
            return await say(writer, 200, {"access_token": self.others["token"], "token_type": "bearer"})
        granted = {"access_token": self.others["signed_token"], "refresh_token": self.others["refresh_token"]}
        return await say(writer, 200, {**granted, "token_type": "bearer", "expires_in": SHORT_LIFE_SECONDS})

    async def _mcp(self, arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        """A server of one tool, which answers a call in one way after the other."""
        if arrived.method != "POST":
            return await say(writer, 405, {})
        asked = json.loads(arrived.body)
        if "id" not in asked:
            return await say(writer, 202, "")
        told = json.dumps(_repeated(arrived))
        match asked["method"]:
            case "initialize" if self.answers % 4 == 1:
                error = {"code": -32602, "message": f"not with this: {told}"}
                return await say(writer, 200, {"jsonrpc": "2.0", "id": asked["id"], "error": error})
            case "initialize":
                about = {"serverInfo": {"name": "Desk", "version": "1"}, "capabilities": {"tools": {}}}
                result = {"protocolVersion": asked["params"]["protocolVersion"], "instructions": told, **about}
                return await say(writer, 200, {"jsonrpc": "2.0", "id": asked["id"], "result": result})
            case "tools/list":
                word = {"type": "object", "properties": {"word": {"type": "string", "description": told}}}
                hints = {"get": {"readOnlyHint": True}, "post": {}}
                tools = [
                    {"name": f"desk_{name}", "description": told, "inputSchema": word, "annotations": hint}
                    for name, hint in hints.items()
                ]
                return await say(writer, 200, {"jsonrpc": "2.0", "id": asked["id"], "result": {"tools": tools}})
            case "tools/call":
                self.answers += 1
                return await _mcp_answer(self.answers % 5, asked["id"], told, writer)
            case _:
                error = {"code": -32601, "message": f"no such method: {told}"}
                return await say(writer, 200, {"jsonrpc": "2.0", "id": asked["id"], "error": error})

    async def model(self, arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        """Repeats the key that it was given, in errors and in what it says."""
        self.model_requests.append(arrived.body)
        key = arrived.header("authorization")[0]
        if len(self.model_requests) % 3 == 0:
            return await say(writer, 401, {"error": {"message": f"Incorrect API key provided: {key}"}})
        said = {"role": "assistant", "content": f"Your key is {key}, in hex {key.encode().hex()}"}
        choice = {"index": 0, "message": said, "finish_reason": "stop"}
        return await say(writer, 200, {"id": "1", "object": "chat.completion", "model": "m", "choices": [choice]})


def _repeated(arrived: Arrived) -> dict[str, Any]:
    headers = [list(pair) for pair in arrived.headers]
    return {"target": arrived.target, "headers": headers, "body": arrived.body.decode()}


async def _answer(fault: str, echo: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    told = json.dumps(echo)
    match fault:
        case "echo":
            await say(writer, 200, echo)
        case "echo encoded":
            raw = told.encode()
            hexes = [value.encode().hex() for _, value in echo["headers"]]
            await say(writer, 200, {"b64": base64.b64encode(raw).decode(), "hex": hexes, "HEX": raw.hex().upper()})
        case "refuse" | "unauthorized":
            await say(writer, 422 if fault == "refuse" else 401, {"detail": f"not like this: {told}"})
        case "fail":
            await say(writer, 500, {"error": told})
        case "redirect":
            away = next((value for name, value in echo["headers"] if name in ("x-key", "authorization")), "x")
            await say(writer, 302, {}, location=f"http://{away.rpartition(' ')[2]}.example{echo['target']}")
        case "packed":
            await say(writer, 200, {}, **{"content-encoding": echo["headers"][-1][1]})
        case "garbage":
            await say(writer, 200, told[: len(told) // 2])
        case _:
            writer.transport.abort()


async def _mcp_answer(turn: int, number: Any, told: str, writer: asyncio.StreamWriter) -> None:
    content = {"content": [{"type": "text", "text": told}], "isError": turn == 1}
    match turn:
        case 0 | 1:
            await say(writer, 200, {"jsonrpc": "2.0", "id": number, "result": content})
        case 2:
            error = {"code": -32603, "message": told, "data": told}
            await say(writer, 200, {"jsonrpc": "2.0", "id": number, "error": error})
        case 3:
            await say(writer, 401, {"error": told})
        case _:
            writer.transport.abort()


async def say(writer: asyncio.StreamWriter, status: int, body: Any, **headers: str) -> None:
    content = json.dumps(body).encode() if not isinstance(body, str) else body.encode()
    lines = {"content-type": "application/json", "content-length": str(len(content)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1") + content)
    await writer.drain()
