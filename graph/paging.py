"""Pages through a response that is too large for an answer: a place in it by pointer, and part of what stands there."""

from __future__ import annotations

import re
from itertools import islice

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from typing_extensions import TypedDict

from catalog.errors import NoSuchPlace
from graph.runs import Body
from nodes.shape import Omission, shaped

INDEX = re.compile(r"0|[1-9][0-9]{0,11}")
"""Of an item of an array, as RFC 6901 writes it."""


class ResponsePage(TypedDict):
    """A part of what stands at `pointer`, from `offset` on: items of an array, fields of an object, characters."""

    pointer: str
    offset: int
    total: int | None
    """How many there are; None: a value without parts."""
    next_offset: int | None
    """Where the next page begins; None: this was the last."""
    value: JsonValue
    omitted: list[Omission]
    """What is still too long within this page, with pointers from its own top: ask for those places by themselves."""


class PageRequest(BaseModel):
    """Which part is wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pointer: str = Field(default="", max_length=2_000)
    """JSON pointer (RFC 6901) into the response; empty: the whole."""
    offset: int = Field(default=0, ge=0, le=2**53)
    limit: int = Field(default=100, ge=1, le=10_000)


def carried_in(body: Body | None, step: str) -> JsonValue:
    """What the thread itself carries of a step's response. Raises NoSuchPlace."""
    calls = (body or {}).get("calls")
    for call in calls if isinstance(calls, list) else []:
        if isinstance(call, dict) and call.get("step") == step and call.get("http_status") is not None:
            return call.get("response")
    raise NoSuchPlace(step, "no call of such a step has brought a response in this thread")


def page_of(document: JsonValue, page: PageRequest) -> ResponsePage:
    """Raises NoSuchPlace."""
    node = _at(document, page.pointer)
    total = len(node) if isinstance(node, dict | list | str) else None
    part = shaped(_part(node, page.offset, page.limit))
    end = page.offset + page.limit
    return {
        "pointer": page.pointer,
        "offset": page.offset,
        "total": total,
        "next_offset": end if total is not None and end < total else None,
        "value": part.body,
        "omitted": list(part.omitted),
    }


def _part(node: JsonValue, offset: int, limit: int) -> JsonValue:
    if isinstance(node, dict):
        return dict(islice(node.items(), offset, offset + limit))
    return node[offset : offset + limit] if isinstance(node, list | str) else node


def _at(document: JsonValue, pointer: str) -> JsonValue:
    """What stands at a JSON pointer (RFC 6901)."""
    if pointer and not pointer.startswith("/"):
        raise NoSuchPlace(pointer, 'a pointer is empty or begins with "/"')
    node, walked = document, ""
    for token in pointer.split("/")[1:]:
        node = _below(node, token.replace("~1", "/").replace("~0", "~"), walked or "the top")
        walked = f"{walked}/{token}"
    return node


def _below(node: JsonValue, name: str, where: str) -> JsonValue:
    if isinstance(node, dict):
        if name in node:
            return node[name]
        raise NoSuchPlace(name, f"the object at {where} has no such field")
    if isinstance(node, list):
        if INDEX.fullmatch(name) and int(name) < len(node):
            return node[int(name)]
        raise NoSuchPlace(name, f"the array at {where} has {len(node)} items, counted from 0")
    raise NoSuchPlace(name, f"what stands at {where} has no parts")
