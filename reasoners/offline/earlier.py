"""Values from the responses of earlier steps, where a key has the name of the parameter."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.evidence import nodes
from reasoners.fits import fits
from reasoners.protocol import Origin, Result, Step, Value
from reasoners.words import name_words

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str, int), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
    "object": (dict,),
}  # fmt: skip


def from_earlier(parameter: Parameter, step: Step, earlier: Sequence[Result]) -> Value | None:
    """The value under a key of this name in a response that the step depends on; of several the first is proposed."""
    for result in reversed(
        [result for result in earlier if result.step.id in step.depends_on and result.outcome == "ok"]
    ):
        found = [
            (pointer, _as(node, parameter)) for pointer, node in nodes(result.response) if _named(pointer, parameter)
        ]
        fitting = [(pointer, value) for pointer, value in found if value is not None and fits(value, parameter)]
        if fitting:
            pointer, value = fitting[0]
            single = all(other == value for _, other in fitting)
            return Value(value, Origin("step", step=result.step.id, pointer=pointer), "take" if single else "confirm")
    return None


def _as(node: JsonValue, parameter: Parameter) -> JsonValue:
    if not isinstance(node, TYPES[parameter.type]) or (isinstance(node, bool) and parameter.type != "boolean"):
        return None
    return str(node) if parameter.type == "string" else node


def _named(pointer: str, parameter: Parameter) -> bool:
    """`/order/id`, `/order_id` and `/orders/0/id` are all the order's id."""
    wanted = [word.rstrip("s") for word in name_words(parameter.name)]
    path = [word.rstrip("s") for part in pointer.split("/") if not part.isdigit() for word in name_words(part)]
    return bool(wanted) and path[-len(wanted) :] == wanted
