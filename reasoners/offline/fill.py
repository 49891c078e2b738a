"""Values for an API's parameters: sure ones are taken, likely ones are shown in the form, the rest is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from catalog.models import Api, Parameter
from reasoners.offline.earlier import from_earlier
from reasoners.offline.learned import learned
from reasoners.offline.spans import Span
from reasoners.offline.weigh import Weighed, weighed
from reasoners.protocol import Band, Origin, Result, Step, Value

TAKE, TAKE_OPTIONAL = 0.93, 0.95
"""The share of right values from which on a value is sent unasked. A filter that nobody asked for spoils an answer, and
nobody sees it."""
VOUCHED, FOR = 0.9, 0.5
"""Where a strict rule is so sure, this share is enough: in a plain question, or if the rule was hardly ever wrong. Of
820 such values in plain questions .96 were right."""
CONFIRM = 0.15
"""A value less sure than this is not worth reading. Of all that are shown, .7 were right."""
BY_RULE = 0.5
"""The same, where a rule's author reckoned how sure it is."""


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
    found = weighed(text, api, parameters, today or date.today(), part=len(text) < len(query.strip()))
    values: dict[str, Value] = {}
    for parameter in parameters:
        said = found.get(parameter.name)
        band = _band(said, parameter) if said else None
        if said and band == "take":
            values[parameter.name] = _value(said.span, offset, "take")
            continue
        carried = from_earlier(parameter, step, earlier)
        if carried:
            values[parameter.name] = carried
        elif said and band:
            values[parameter.name] = _value(said.span, offset, band)
    return values


def _band(said: Weighed, parameter: Parameter) -> Band | None:
    """A wrong optional filter spoils an answer, so an optional value is taken or left."""
    if _is_sure(said, parameter):
        return "take"
    enough = said.vouched >= BY_RULE if said.share is None else said.share >= CONFIRM
    return "confirm" if parameter.required and enough else None


def _is_sure(said: Weighed, parameter: Parameter) -> bool:
    if said.share is None:
        return said.vouched >= VOUCHED
    if said.vouched >= VOUCHED and said.share >= FOR and (said.plain or said.span.rule in learned().trusted):
        return True
    return said.share >= (TAKE if parameter.required else TAKE_OPTIONAL)


def _value(span: Span, offset: int, band: Band) -> Value:
    return Value(span.value, Origin("query", start=span.start + offset, end=span.end + offset), band)
