"""Shows the path that a question took, as one block of labelled lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

from pydantic import JsonValue
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from demo.reading import Answer, Call, InputRequest, Near, Origin, Trace
from demo.service import Service
from demo.tour import Stop

POOL_SHOWN = 3
NAMES_SHOWN = 5

Line = tuple[str, RenderableType]


def heading(console: Console, number: int, stop: Stop) -> None:
    console.print()
    console.print(Rule(Text(f"{number}  {stop.title}", style="bold"), align="left", style="dim"))
    block(console, [("You ask", Text(stop.query, style="bold cyan"))])


def block(console: Console, lines: Iterable[Line]) -> None:
    """Labels in one column, what they say in the other, wrapped to the width at hand."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True, min_width=11)
    table.add_column(overflow="fold")
    for label, said in lines:
        table.add_row(label, said)
    console.print(Padding(table, (0, 0, 0, 2), expand=False))


def path(answer: Answer, trace: Trace, service: Service) -> Iterator[Line]:
    """How the APIs were found: way, categories, tools, pool, choice."""
    yield from way(trace)
    if answer.pool:
        yield from levels(answer, trace, service)
        yield "Pool", pool(answer.pool, service)
    for step in trace.plan:
        entry = service.entry(step.api_id)
        chosen = Text.assemble((entry.title or entry.name, "bold"), f"  ({entry.category} > {entry.tool_name})")
        after = f"; after step {', '.join(step.depends_on)}" if step.depends_on else ""
        yield "Chosen", Group(chosen, Text(f"{step.why}{after}", style="dim"))


def way(trace: Trace) -> Iterator[Line]:
    for number, taken in enumerate(trace.rounds, 1):
        how = {"index": "the index alone", "fan_out": "agents of all levels"}.get(taken.route or "", taken.route or "-")
        yield "Way" if number == 1 else f"Round {number}", Text(f"{how}: {taken.reason}" if taken.reason else how)


def levels(answer: Answer, trace: Trace, service: Service) -> Iterator[Line]:
    """What the agents of each level chose; where the index was sure, what its best candidates belong to."""
    agents = [agent for taken in trace.rounds for agent in taken.agents]
    categories = [name for agent in agents if agent.agent == "meta" for name in agent.chosen]
    tools = [name for agent in agents if agent.agent.startswith("category:") for name in agent.chosen]
    best = [service.entry(near.api_id) for near in answer.pool[:NAMES_SHOWN]]
    yield "Categories", Text(listed(categories or [entry.category for entry in best]))
    yield "Tools", Text(listed(tools or [entry.tool_name for entry in best]))


def listed(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    more = len(unique) - NAMES_SHOWN
    return ", ".join(unique[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def pool(candidates: Sequence[Near], service: Service) -> RenderableType:
    count = f"{len(candidates)} candidate{'s' if len(candidates) > 1 else ''}, best first"
    return Group(Text(count), nearest(candidates[:POOL_SHOWN], service))


def nearest(candidates: Iterable[Near], service: Service) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, justify="right", style="green")
    table.add_column(overflow="fold")
    for near in candidates:
        entry = service.entry(near.api_id)
        said = Text.assemble(entry.title or entry.name, (f"  {near.why}", "dim"))
        table.add_row("" if near.score is None else f"{near.score:.2f}", said)
    return table


def question(asked: InputRequest) -> Iterator[Line]:
    """What the service asks a person before it goes on."""
    yield "It asks", Text(asked.message, style="bold yellow")
    for name, field in asked.form.properties.items():
        shown = f" = {compact(field['default'])}" if "default" in field else ""
        yield "", Text(f"{name}{shown}: {field.get('description') or field.get('title') or ''}", style="dim")
    if asked.request is not None:
        yield "Would send", Text(f"{asked.request.method} {asked.request.url}", style="bold", overflow="fold")
        for header, value in asked.request.headers.items():
            yield "", Text(f"{header}: {value}", style="dim")
        if asked.request.body is not None:
            yield "", Text(compact(asked.request.body), style="dim")


def call(sent: Call, query: str) -> Iterator[Line]:
    for name, value in sent.parameters.items():
        origin = told(sent.origins.get(name), query)
        yield "Value", Text.assemble((name, "bold"), f" = {compact(value)}", (f"  {origin}", "dim"))
    status = "not sent" if sent.http_status is None else str(sent.http_status)
    took = "" if sent.elapsed_ms is None else f" in {sent.elapsed_ms:.0f} ms"
    yield "Sent", Text.assemble(f"{sent.method} {sent.url}", (f"  {status}{took}", "bold green"))


def told(origin: Origin | None, query: str) -> str:
    """Where a value comes from, with the words of the question."""
    if origin is None:
        return ""
    match origin.source:
        case "query" if origin.start is not None and origin.end is not None:
            return f'from your words "{query[origin.start : origin.end]}"'
        case "query":
            return "from your question"
        case "user":
            return "you said so when asked"
        case "default":
            return "what the API assumes"
        case "step":
            return f"from step {origin.step}, {unquote(origin.pointer or '')}"
    return origin.source


def outcome(answer: Answer, service: Service) -> Iterator[Line]:
    if answer.closest and not answer.calls:
        yield "Closest", nearest(answer.closest[:POOL_SHOWN], service)
    for warning in answer.warnings:
        yield "Note", Text(warning, style="yellow")
    yield answer.status.replace("_", " ").capitalize(), Text(answer.answer or "(no answer)", style="bold green")


def compact(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False)
