"""The verb `fill` as a function: one argument per parameter; without evidence it is no value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite

from pydantic import JsonValue

from catalog.models import Api, Parameter
from reasoners.chat.asking import Checked, Task
from reasoners.chat.driver import Arguments, Function
from reasoners.chat.prompts import Prompt
from reasoners.chat.reading import Names, not_offered, whole_number
from reasoners.chat.showing import cut, data, layout, question, result_lines
from reasoners.evidence import find_origin
from reasoners.protocol import Origin, Result, Step, Value

_NOT_A_VALUE = ("", "null", "none", "unknown", "n/a", "undefined")
"""What models write instead of leaving an argument out."""


def filling(
    prompts: Mapping[str, Prompt],
    query: str,
    step: Step,
    api: Api,
    *,
    wanted: Sequence[Parameter],
    earlier: Sequence[Result],
) -> Task[Mapping[str, Value]]:
    names = Names.of((p.name, p.title) for p in wanted)
    parameters = {p.name: p for p in wanted}
    evidence_key = _free_name("evidence", parameters)

    def check(arguments: Arguments) -> Checked[Mapping[str, Value]]:
        quotes = arguments.get(evidence_key)
        given = {k: v for k, v in arguments.items() if k not in (evidence_key, "reason") or k in parameters}
        values: dict[str, Value] = {}
        misfits: list[str] = []
        for written, value in given.items():
            parameter = parameters.get(names.find(written) or "")
            if parameter is None or _is_nothing(value):
                continue
            formed = in_form(value, parameter)
            if formed is None:
                misfits.append(_misfit(parameter))
                continue
            origin = _origin(formed, parameter, _quote(quotes, written), query, earlier)
            if origin is not None:
                values[parameter.name] = Value(formed, origin)
        _, made_up = names.sort_out(given)
        return Checked(values, not_offered(made_up, "set_parameters") or " ".join(misfits))

    purpose = f"Step {step.id}, for this part of the question: {step.part}" if step.part != query else f"Step {step.id}"
    shown = layout(
        f"API:\n{data('api', [f'{api.id}: {api.method} {api.label}. {cut(api.description, 500)}'])}",
        f"Earlier results:\n{data('results', result_lines(earlier))}" if earlier else "",
        purpose,
        question(query),
    )
    return Task(prompts["fill"], _function(parameters, evidence_key), shown, check)


def _origin(value: JsonValue, parameter: Parameter, quote: str, query: str, earlier: Sequence[Result]) -> Origin | None:
    """Where the value stands: in the words that the model quoted, if they are the question's, or anywhere."""
    at = query.find(quote) if quote else -1
    if at >= 0:
        found = find_origin(value, parameter, quote, ())
        if found is not None and found.start is not None and found.end is not None:
            return replace(found, start=found.start + at, end=found.end + at)
    return find_origin(value, parameter, query, earlier)


def _quote(quotes: JsonValue, name: str) -> str:
    quoted = quotes.get(name) if isinstance(quotes, dict) else None
    return quoted if isinstance(quoted, str) else ""


def _is_nothing(value: JsonValue) -> bool:
    return value is None or (isinstance(value, str) and value.strip().casefold() in _NOT_A_VALUE)


def in_form(value: JsonValue, parameter: Parameter) -> JsonValue:
    """The value in the declared type and the spelling of its enum; None: it cannot be that."""
    typed = _typed(value, parameter.type) if _is_plain(value) else None
    if typed is None or not parameter.enum or parameter.type in ("array", "object"):
        return typed
    said = str(typed).casefold()
    return typed if typed in parameter.enum else next((e for e in parameter.enum if str(e).casefold() == said), None)


def _is_plain(value: JsonValue, depth: int = 20) -> bool:
    """No NaN, no number beyond all bounds, no nesting without end: JSON parsers let them in, requests do not."""
    if isinstance(value, int | float):
        return abs(value) < 1e300
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth > 0 and all(_is_plain(part, depth - 1) for part in inner)


def _typed(value: JsonValue, wanted: str) -> JsonValue:
    if wanted == "string":
        return _text(value)
    if wanted == "boolean":
        flags = {"true": True, "false": False, "yes": True, "no": False}
        return value if isinstance(value, bool) else flags.get(str(value).strip().casefold())
    if wanted == "integer":
        return whole_number(value)
    if wanted == "number":
        return _number(value)
    parsed = _parsed(value)
    if wanted == "array":
        return parsed if isinstance(parsed, list) else [value] if not isinstance(parsed, dict) else None
    return parsed if isinstance(parsed, dict) else None


def _text(value: JsonValue) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip() if isinstance(value, str | int | float) else None


def _number(value: JsonValue) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if not isfinite(number):
        return None
    return value if isinstance(value, int | float) else int(number) if value.strip().isdigit() else number


def _parsed(value: JsonValue) -> JsonValue:
    """A list or object that was written as text."""
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        parsed: JsonValue = json.loads(value)
    except json.JSONDecodeError:
        return value
    return parsed


def _misfit(parameter: Parameter) -> str:
    allowed = f" out of {json.dumps(list(parameter.enum), ensure_ascii=False)}" if parameter.enum else ""
    return f"`{parameter.name}` must be of type {parameter.type}{allowed}, or left out."


def _schema(parameter: Parameter) -> dict[str, JsonValue]:
    """Without ready-made values, which a model would take for an answer."""
    ready_made = ("default", "example", "examples")
    return {word: said for word, said in parameter.json_schema().items() if word not in ready_made}


def _free_name(name: str, taken: Mapping[str, Parameter]) -> str:
    while name in taken:
        name += "_"
    return name


def _function(parameters: Mapping[str, Parameter], evidence_key: str) -> Function:
    quotes: JsonValue = {
        "type": "object",
        "description": "For each parameter set: the exact words of the question, or step/pointer.",
        "additionalProperties": {"type": "string"},
    }
    values: dict[str, JsonValue] = {name: _schema(p) for name, p in parameters.items()}
    return Function(
        "set_parameters",
        "Set what the question or an earlier result gives. Leave out what it does not give; never guess.",
        {**values, evidence_key: quotes},
    )
