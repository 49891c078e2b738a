"""Which parameters nobody is asked for: a constant, or what the operator sets for whoever asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue, ValidationError

from catalog.errors import UnreadableDocument
from catalog.importers.record import at, first_problem, kind
from catalog.models import Parameter, Supplied

FORM = '{"value": ...}, or {"from": "tenant" or "user", "key": NAME}'


def checked(where: str, said: JsonValue) -> dict[str, JsonValue]:
    """By the parameter's name. Raises UnreadableDocument."""
    if not isinstance(said, dict):
        raise UnreadableDocument(where, f"must be an object of parameters, not {kind(said)}")
    for name, supply in said.items():
        check(at(where, name), supply)
    return said


def check(where: str, supply: JsonValue) -> None:
    """Raises UnreadableDocument unless it is one of the two forms."""
    if not isinstance(supply, dict):
        raise UnreadableDocument(where, f"must be {FORM}, not {kind(supply)}")
    constant = set(supply) == {"value"}
    asked = supply.get("from") in ("tenant", "user") and set(supply) <= {"from", "key"}
    if not constant and not (asked and isinstance(supply.get("key", ""), str)):
        raise UnreadableDocument(where, f"must be {FORM}")


def parted(
    parameters: Sequence[Parameter], supplies: Mapping[str, JsonValue]
) -> tuple[tuple[Parameter, ...], tuple[Supplied, ...]]:
    """Those that are asked for, and those that are not. Names that no parameter has are left out."""
    asked = tuple(p for p in parameters if p.name not in supplies)
    return asked, tuple(_supplied(p, supplies[p.name]) for p in parameters if p.name in supplies)


def _supplied(parameter: Parameter, supply: JsonValue) -> Supplied:
    said = supply if isinstance(supply, dict) else {}
    fields = {"source": said.get("from", "constant"), "value": said.get("value"), "key": said.get("key", "")}
    try:
        return Supplied.model_validate({"parameter": parameter, **fields})
    except ValidationError as error:
        raise UnreadableDocument(parameter.name, first_problem(error)) from error
