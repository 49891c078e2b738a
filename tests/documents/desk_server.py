"""A real MCP server of a help desk, over pipes (`python desk_server.py`) or over HTTP on loopback (`serve`)."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mcp.server.lowlevel import Server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ImageContent,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

PAGE = 4
TICKET = {
    "type": "object",
    "properties": {"ticket_id": {"type": "string", "pattern": "^T-[0-9]+$", "description": "Like T-12."}},
    "required": ["ticket_id"],
}
NOTHING = {"type": "object", "properties": {}}
STATUS = {
    "type": "object",
    "properties": {"ticket_id": {"type": "string"}, "status": {"type": "string"}},
    "required": ["ticket_id", "status"],
}


def reads(name: str, description: str, schema: dict[str, Any] = NOTHING, result: dict[str, Any] | None = None) -> Tool:
    hints = ToolAnnotations(read_only_hint=True)
    return Tool(name=name, description=description, input_schema=schema, output_schema=result, annotations=hints)


def changes(name: str, description: str, schema: dict[str, Any] = NOTHING) -> Tool:
    return Tool(name=name, description=description, input_schema=schema)


TOOLS = [
    reads("get_ticket", "Get the status of a support ticket.", TICKET, STATUS),
    changes("close_ticket", "Close a support ticket for good.", TICKET),
    reads("say_json", "Say something as text that is JSON."),
    reads("picture", "Show the picture of the desk."),
    reads("fail", "Fail with a reason."),
    changes("die", "End the server in the middle of a call."),
    reads("die_once", "End the server in the middle of the first call."),
    reads("whoami", "Tell the key with which the server was started."),
    reads("hang", "Never answer."),
    changes("hang_changing", "Never answer, though something may happen."),
    reads("lie", "Answer otherwise than promised.", NOTHING, STATUS),
    reads("large", "Give a large text."),
]


def note(line: str) -> None:
    """What happened, for the test to see."""
    with Path(os.environ["DESK_LOG"]).open("a") as log:
        log.write(line + "\n")


def noted() -> list[str]:
    log = Path(os.environ["DESK_LOG"])
    return log.read_text().splitlines() if log.exists() else []


def said(text: str, **more: Any) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=text)], **more)


async def called(context: object, params: CallToolRequestParams) -> CallToolResult:
    values = params.arguments or {}
    note(params.name)
    match params.name:
        case "get_ticket":
            found = {"ticket_id": values["ticket_id"], "status": "waiting for parts"}
            return said("see the rest", structured_content=found)
        case "close_ticket":
            return said(f"Ticket {values['ticket_id']} is closed.")
        case "say_json":
            return said('{"free": [1, 2]}')
        case "picture":
            image = ImageContent(data="aGVsbG8=", mime_type="image/png")
            return CallToolResult(content=[TextContent(text="The desk:"), image])
        case "fail":
            return said("There is no such\nticket.", is_error=True)
        case "die_once" if noted().count("die_once") > 1:
            return said("survived")
        case "die" | "die_once":
            os._exit(3)
        case "whoami":
            return said(f"I was told {os.environ.get('DESK_KEY')}.")
        case "hang" | "hang_changing":
            await asyncio.Event().wait()
        case "lie":
            return said("nothing", structured_content={"status": 1})
        case "large":
            return said("x" * 100_000)
    return said(f"Unknown tool {params.name}", is_error=True)


async def listed(context: object, params: PaginatedRequestParams | None) -> ListToolsResult:
    start = int(params.cursor) if params and params.cursor else 0
    following = start + PAGE
    cursor = str(following) if following < len(TOOLS) else None
    return ListToolsResult(tools=TOOLS[start:following], next_cursor=cursor)


def desk() -> Server[Any]:
    about = "Tickets of the help desk."
    return Server("desk", title="Help Desk", instructions=about, on_list_tools=listed, on_call_tool=called)


@contextmanager
def serve(port: int = 0, *, key: str = "", old: bool = False) -> Iterator[str]:
    """The desk over HTTP; with a key, whoever does not bear it is turned away. `old`: it wants sessions, as of 2025."""
    import uvicorn

    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(16)
        config = uvicorn.Config(
            guarded(desk().streamable_http_app(), key, old), log_config=None, ws="none", lifespan="on"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            server.force_exit = server.should_exit = True
            thread.join()


Asgi = Callable[[Any, Any, Any], Awaitable[None]]


def guarded(app: Asgi, key: str, old: bool) -> Asgi:
    async def guard(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        stranger = key and headers.get(b"authorization", b"").decode() != f"Bearer {key}"
        too_new = old and headers.get(b"mcp-protocol-version", b"") > b"2026"
        if scope["type"] == "http" and (stranger or too_new):
            await send({"type": "http.response.start", "status": 401 if stranger else 400, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await app(scope, receive, send)

    return guard


async def main() -> None:
    from mcp.server.stdio import stdio_server

    server = desk()
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
