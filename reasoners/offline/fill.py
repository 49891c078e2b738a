"""Values for an API's parameters: sure ones are taken, likely ones are shown in the form, the rest is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from catalog.models import Api
from reasoners.offline.assign import proposals
from reasoners.offline.earlier import from_earlier
from reasoners.offline.spans import Span
from reasoners.protocol import Band, Origin, Result, Step, Value

TAKE = 0.9
"""The share of right values from which on a value is sent unasked."""
CONFIRM = 0.5
"""A value less sure than this would cost more to correct than to type."""


def fill(
    query: str, step: Step, api: Api, *, wanted: Sequence[str], earlier: Sequence[Result], today: date | None = None
) -> dict[str, Value]:
    """Values for the wanted parameters, by name; what has no evidence is left out.

    `today` tells what "tomorrow" is; None: this machine's date.
    """
    names = set(wanted)
    parameters = [parameter for parameter in api.parameters if parameter.name in names]
    at = query.find(step.part) if step.part else -1
    text, offset = (step.part, at) if at >= 0 else (query, 0)
    found = proposals(text, api, parameters, today or date.today(), part=len(text) < len(query.strip()))
    values: dict[str, Value] = {}
    for parameter in parameters:
        span = found.get(parameter.name)
        band = _band(span, required=parameter.required) if span else None
        if span and band == "take":
            values[parameter.name] = _value(span, offset, "take")
            continue
        carried = from_earlier(parameter, step, earlier)
        if carried:
            values[parameter.name] = carried
        elif span and band:
            values[parameter.name] = _value(span, offset, band)
    return values


def _band(span: Span, *, required: bool) -> Band | None:
    """A wrong optional filter spoils an answer, so an optional value is taken or left."""
    if span.strength >= TAKE:
        return "take"
    return "confirm" if required and span.strength >= CONFIRM else None


def _value(span: Span, offset: int, band: Band) -> Value:
    return Value(span.value, Origin("query", start=span.start + offset, end=span.end + offset), band)
