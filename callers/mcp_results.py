"""The result of an MCP tool as a JSON value: what is structured, else its texts; pictures and sounds are only named."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING

from pydantic import JsonValue

from callers import response
from catalog.echoes import masked

if TYPE_CHECKING:  # an extra, and heavy
    from mcp_types import CallToolResult, ContentBlock


def content_of(result: CallToolResult) -> bytes:
    """The result in one piece, to be measured and read: JSON, or text."""
    if result.structured_content is not None:
        return json.dumps(result.structured_content).encode()
    blocks = [_value(block) for block in result.content]
    if len(blocks) == 1 and isinstance(blocks[0], str):
        return blocks[0].encode(errors="replace")
    return json.dumps(blocks[0] if len(blocks) == 1 else blocks).encode() if blocks else b""


def read(content: bytes, *, secrets: Collection[str]) -> JsonValue:
    """A text that is JSON is read as JSON."""
    return response.read(content, "text/plain", secrets=secrets)


def spoken(result: CallToolResult, secrets: Collection[str]) -> str:
    """What a failed tool says, in one line, without what its server was told in secret."""
    texts = [block.text for block in result.content if block.type == "text"]
    return masked(" ".join(" ".join(texts).split()), secrets)[:300] or "it does not say why"


def _value(block: ContentBlock) -> JsonValue:
    if block.type == "text":
        return block.text
    if block.type == "image" or block.type == "audio":
        return f"({block.mime_type}, {len(block.data) * 3 // 4} bytes)"
    if block.type == "resource_link":
        return {"name": block.name, "uri": str(block.uri), "description": block.description or ""}
    held = block.resource
    text = getattr(held, "text", None)
    return {"uri": str(held.uri), "text": text if isinstance(text, str) else f"({held.mime_type or 'binary'})"}
