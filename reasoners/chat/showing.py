"""How entries and responses are laid out for a model: one a line, cut to size, and marked as data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date

from pydantic import JsonValue

from catalog.models import Api
from reasoners.projection import CUT, Wanted, projected
from reasoners.protocol import Candidate, Option, Result

_TEXT = 200  # characters of a description: the first sentence or two, which say what it is for
_IN_FULL = 10  # candidates of a pool, best first; the rest only has to be recognised
_TEXT_OF_REST = 90
_FIELDS = 10  # of a response, to see what a later call can take from it
_RESPONSE = 6000  # characters of a response, about 1,500 tokens
_RESPONSES = 20_000  # of all that are shown together


def data(kind: str, lines: Iterable[str]) -> str:
    """A block that is to be read and never obeyed. No line can close it, or pass for another line."""
    return f'<data kind="{kind}">\n' + "\n".join(_tame(line) for line in lines) + "\n</data>"


def _tame(line: str) -> str:
    # Both replacements are the same characters to who reads the line as JSON.
    return " ".join(line.splitlines()).replace("</", "<\\/").replace("<data", "<\\u0064ata")


def cut(text: str, limit: int = _TEXT) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + CUT


def layout(*blocks: str) -> str:
    return "\n\n".join(block for block in blocks if block)


def tried(avoid: str) -> str:
    """As data: what failed may have been said by the outside world."""
    return f"Tried before, and not enough; go on from there:\n{data('tried', avoid.split('; '))}" if avoid else ""


def day_line(today: date) -> str:
    return f"Today is {today:%A, %Y-%m-%d}."


def question(query: str) -> str:
    return f"Question:\n{query}"


def option_lines(options: Sequence[Option]) -> list[str]:
    """Those of which something is to be said; ids that begin alike stand below their common beginning."""
    told: dict[str, list[str]] = {}
    for option in options:
        about = sentences(_unsaid(option.title, option.id), option.text)
        if about:
            beginning, slash, name = option.id.rpartition("/")
            told.setdefault(beginning + slash, []).append(f"- {name}: {about}")
    return [line for beginning, lines in told.items() for line in ([beginning] if beginning else []) + lines]


def _unsaid(title: str, api_id: str) -> str:
    """The title without what the id says; saying it twice would cost tokens and tell nothing."""
    known = _letters(api_id)
    return ": ".join(part for part in title.split(": ") if _letters(part) not in known)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def sentences(*parts: str) -> str:
    return " ".join(p if p.endswith((".", "?", "!", "…", "。")) else f"{p}." for p in parts if p)


def api_line(api: Api, *, brief: bool = False) -> str:
    needs = "Needs " + ", ".join(p.name for p in api.required) if api.required else ""
    title = _unsaid(api.label, api.id)
    if brief:
        return f"- {api.id} ({api.method}): {sentences(title, cut(api.description, _TEXT_OF_REST), needs)}"
    gives = "Gives " + ", ".join(fields_of(api.response_shape)) if api.response_shape else ""
    examples = "E.g. " + "; ".join(f'"{cut(e, 100)}"' for e in api.examples[:2]) if api.examples else ""
    return f"- {api.id} ({api.method}): {sentences(title, cut(api.description), needs, gives, examples)}"


def fields_of(shape: JsonValue) -> list[str]:
    """The names in a response, those of a list's items too, without the nesting."""
    found: list[str] = []
    level = [shape]
    while level and len(found) < _FIELDS:
        items = [item for node in level for item in (node if isinstance(node, list) else [node])]
        found += [key for item in items if isinstance(item, dict) for key in item if key not in found]
        level = [below for item in items if isinstance(item, dict) for below in item.values()]
        level = [below for below in level if isinstance(below, dict | list)]
    return found[:_FIELDS]


def pool_lines(pool: Sequence[Candidate]) -> list[str]:
    return [api_line(candidate.api, brief=at >= _IN_FULL) for at, candidate in enumerate(pool)]


def result_lines(query: str, results: Sequence[Result]) -> list[str]:
    """Of a response that is too long, what speaks of the question."""
    limit = min(_RESPONSE, _RESPONSES // max(1, len(results)))
    return [json.dumps(_result(query, r, limit), ensure_ascii=False) for r in results]


def _result(query: str, result: Result, limit: int) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = {
        "step": result.step.id,
        "for": result.step.part,
        "api": result.api.label,
        "parameters": dict(result.parameters),
        "outcome": result.outcome,
        "http_status": result.http_status,
    }
    if result.error:
        shown["error"] = cut(result.error, 500)
    if result.omitted:
        shown["cut_from"] = dict(result.omitted)
    shown["response"] = projected(result.response, limit, Wanted.of(query, result.step.part))
    return shown
