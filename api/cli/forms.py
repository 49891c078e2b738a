"""An input request as questions in the terminal: one field at a time, drawn from its schema."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic import JsonValue

from api.cli import output
from api.cli.doors import Body

YES = frozenset({"y", "yes", "true", "1"})
NO = frozenset({"n", "no", "false", "0"})
Field = Mapping[str, JsonValue]


def answered(request: Body) -> dict[str, JsonValue]:
    """A person's response to one request. Raises EOFError where nobody answers, KeyboardInterrupt on Ctrl-C."""
    output.note("")
    message = str(request["message"])
    output.note(message)
    _show_errors(request, said=message)
    _show_request(request.get("request"))
    with _interruptible():
        if not fields(request):
            question = "Send it?" if request.get("reason") == "approval" else "Go on?"
            accepted = _confirmed(question, default=False)
            return {"id": request["id"], "action": "accept" if accepted else "decline"}
        return {"id": request["id"], "action": "accept", "content": dict(_filled(request))}


def fields(request: Body) -> dict[str, Field]:
    schema = request["schema"]
    properties = schema.get("properties") if isinstance(schema, dict) else None
    listed = properties.items() if isinstance(properties, dict) else ()
    return {name: field for name, field in listed if isinstance(field, dict)}


def required(request: Body) -> list[str]:
    schema = request["schema"]
    names = schema.get("required") if isinstance(schema, dict) else None
    return [str(name) for name in names] if isinstance(names, list) else []


def choices(field: Field) -> list[tuple[JsonValue, str]]:
    """The values to choose from, and how each is shown; empty: the field is free."""
    titled, plain = field.get("oneOf"), field.get("enum")
    if isinstance(titled, list):
        options = [each for each in titled if isinstance(each, dict)]
        return [(each.get("const"), str(each.get("title", each.get("const")))) for each in options]
    return [(value, shown(value)) for value in plain] if isinstance(plain, list) else []


def _filled(request: Body) -> Iterator[tuple[str, JsonValue]]:
    wanted = required(request)
    for name, field in fields(request).items():
        value = _asked(name, field, needed=name in wanted)
        if value is not None:
            yield name, value


def _asked(name: str, field: Field, *, needed: bool) -> JsonValue:
    """Ask until the answer can be a value of this field; None: left out. The service checks the rest."""
    output.note("")
    _describe(name, field, needed=needed)
    options = choices(field)
    for number, (_, title) in enumerate(options, start=1):
        output.note(f"  {number}. {title}")
    while True:
        typed = output.prompt("> ").strip()
        if not typed and (not needed or "default" in field):
            return field.get("default")
        try:
            return _chosen(typed, options) if options else _typed(typed, field)
        except ValueError as error:
            output.note(f"{error} Ctrl-C leaves; the question stays open.")


def _describe(name: str, field: Field, *, needed: bool) -> None:
    title = str(field.get("title") or name.replace("_", " "))
    hints = [] if needed else ["may be left out"]
    if "default" in field:
        hints.append(f"Enter takes {shown(field['default'])}")
    output.note(f"{title} ({'; '.join(hints)})" if hints else title)
    if field.get("description"):
        output.note(f"  {field['description']}")


def _chosen(typed: str, options: list[tuple[JsonValue, str]]) -> JsonValue:
    if typed.isdecimal() and 1 <= int(typed) <= len(options):
        return options[int(typed) - 1][0]
    for value, title in options:
        if typed and typed.casefold() in (shown(value).casefold(), title.casefold()):
            return value
    raise ValueError(f"Please type a number from 1 to {len(options)}.")


def _typed(typed: str, field: Field) -> JsonValue:
    if not typed:
        raise ValueError("A value is needed.")
    match field.get("type"):
        case "integer":
            return _number(typed, int, "a whole number")
        case "number":
            return _number(typed, float, "a number")
        case "boolean":
            return _truth(typed)
        case "array":
            return _several(typed, field)
        case _:
            return typed


def _number(typed: str, kind: type[int] | type[float], what: str) -> int | float:
    try:
        return kind(typed)
    except ValueError:
        raise ValueError(f"{typed!r} is not {what}.") from None


def _truth(typed: str) -> bool:
    if typed.casefold() in YES | NO:
        return typed.casefold() in YES
    raise ValueError("Please type yes or no.")


def _several(typed: str, field: Field) -> list[JsonValue]:
    """Several of a fixed set, separated by commas."""
    items = field.get("items")
    options = choices(items) if isinstance(items, dict) else []
    parts = [part.strip() for part in typed.split(",") if part.strip()]
    return [_chosen(part, options) for part in parts] if options else list(parts)


def _confirmed(question: str, *, default: bool) -> bool:
    while True:
        typed = output.prompt(f"{question} [{'Y/n' if default else 'y/N'}] ").strip()
        if not typed:
            return default
        try:
            return _truth(typed)
        except ValueError as error:
            output.note(str(error))


def _show_errors(request: Body, *, said: str) -> None:
    """Those that the message does not tell already."""
    errors = request.get("errors")
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict) and str(error.get("detail")) not in said:
            output.note(f"  {str(error.get('pointer', '')).lstrip('/')}: {error.get('detail')}")


def _show_request(request: JsonValue) -> None:
    """The exact request that a person approves, secrets masked by whoever built it."""
    if not isinstance(request, dict):
        return
    output.note(f"  {request.get('method')} {request.get('url')}")
    headers = request.get("headers")
    for name, value in headers.items() if isinstance(headers, dict) else ():
        output.note(f"  {name}: {value}")
    if request.get("body") is not None:
        output.note(f"  {json.dumps(request['body'], ensure_ascii=False)}")


def shown(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@contextmanager
def _interruptible() -> Iterator[None]:
    """While we read from the terminal, Ctrl-C must break the reading: asyncio would only note it for later."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
