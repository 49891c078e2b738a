"""The verb `fill` as a function: one argument per parameter; without evidence it is no value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

from pydantic import JsonValue

from catalog.models import Api, Parameter
from reasoners.chat.asking import Checked, Task
from reasoners.chat.declaring import argument_names, declared
from reasoners.chat.driver import Arguments, Function
from reasoners.chat.forming import in_form
from reasoners.chat.prompts import Prompt
from reasoners.chat.quoting import Proposed, Sources, evident, quotes_in
from reasoners.chat.reading import Names, not_offered
from reasoners.chat.showing import cut, data, day_line, layout, question, result_lines
from reasoners.protocol import Result, Step, Value
from reasoners.words import stems

_NOT_A_VALUE = ("", "null", "none", "unknown", "n/a", "undefined")
"""What models write instead of leaving an argument out."""
_ALLOWED_SHOWN = 50


def filling(
    prompts: Mapping[str, Prompt],
    query: str,
    step: Step,
    api: Api,
    *,
    wanted: Sequence[Parameter],
    earlier: Sequence[Result],
    today: date,
) -> Task[Mapping[str, Value]]:
    evidence_key = _free_name("evidence", {p.name for p in wanted})
    parameters = argument_names(wanted, reserved=[evidence_key])
    names = Names.of(
        [(name, p.title) for name, p in parameters.items()], also={p.name: n for n, p in parameters.items()}
    )
    sources = Sources(query, earlier, today, known=_known(api))

    def check(arguments: Arguments) -> Checked[Mapping[str, Value]]:
        quotes = quotes_in(arguments.get(evidence_key))
        given = {k: v for k, v in arguments.items() if k not in (evidence_key, "reason") or k in parameters}
        proposed, misfits = _formed(given, parameters, names, quotes)
        _, made_up = names.sort_out(given)
        return Checked(evident(proposed, sources), not_offered(made_up, "set_parameters") or " ".join(misfits))

    about = f"{api.id}: {api.method} {api.label}. {cut(api.description, 500)}"
    shown = layout(
        f"API:\n{data('api', [about])}",
        f"Earlier results:\n{data('results', result_lines(query, earlier))}" if earlier else "",
        day_line(today),
        _step_line(step, query),
        question(query),
    )
    return Task(prompts["fill"], _function(parameters, evidence_key), shown, check)


def _formed(
    given: Mapping[str, JsonValue], parameters: Mapping[str, Parameter], names: Names, quotes: Mapping[str, str]
) -> tuple[list[Proposed], list[str]]:
    """The values in the types of their parameters, and what is wrong with those that do not fit."""
    proposed: list[Proposed] = []
    misfits: list[str] = []
    for written, value in given.items():
        parameter = parameters.get(names.find(written) or "")
        if parameter is None or _is_nothing(value):
            continue
        formed = in_form(value, parameter)
        if formed is None:
            misfits.append(_misfit(names.find(written) or written, parameter))
            continue
        proposed.append(Proposed(formed, parameter, quotes.get(written) or quotes.get(parameter.name) or ""))
    return proposed, misfits


def _step_line(step: Step, query: str) -> str:
    """Nothing of the first step where it is for the whole question: it may well be the only one."""
    if step.part != query:
        return f"Step {step.id}, for this part of the question: {step.part}"
    return f"Step {step.id}" if step.id != "1" else ""


def _known(api: Api) -> frozenset[str]:
    """Words that a question to this API has anyway: those of its name and text, and of what it must be given."""
    required = " ".join(p.name for p in api.required if p.type != "boolean")
    return frozenset(stems(f"{api.name} {api.title} {api.description} {required}"))


def _is_nothing(value: JsonValue) -> bool:
    return value is None or (isinstance(value, str) and value.strip().casefold() in _NOT_A_VALUE)


def _misfit(argument: str, parameter: Parameter) -> str:
    listed = json.dumps(list(parameter.enum[:_ALLOWED_SHOWN]), ensure_ascii=False)
    allowed = f" out of {listed}" if parameter.enum else ""
    return f"`{argument}` must be of type {parameter.type}{allowed}, or left out."


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _function(parameters: Mapping[str, Parameter], evidence_key: str) -> Function:
    # A list of pairs, as some servers refuse objects whose keys are not declared.
    pair: JsonValue = {
        "type": "object",
        "properties": {"parameter": {"type": "string"}, "from": {"type": "string"}},
        "required": ["parameter", "from"],
    }
    quotes: JsonValue = {
        "type": "array",
        "description": "One entry for each parameter set; a value without one is lost.",
        "items": pair,
    }
    values: dict[str, JsonValue] = {name: declared(name, p) for name, p in parameters.items()}
    return Function(
        "set_parameters", "Set the values that are given; leave out all others.", {**values, evidence_key: quotes}
    )
