"""What an import changes of an API that was there before, in the words of a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from catalog.corrections import said
from catalog.models import Api, Risk


@dataclass(frozen=True)
class ParameterChange:
    """A parameter that came, went, or is not as it was."""

    name: str
    change: Literal["added", "removed", "changed"]
    fields: tuple[str, ...] = ()
    """Of a changed one, what is not as it was: `type`, `required`."""


@dataclass(frozen=True)
class ApiChange:
    """An API that is not as it was."""

    api_id: str
    parameters: tuple[ParameterChange, ...] = ()
    risk: tuple[Risk, Risk] | None = None
    """Before and after, where it is not the same."""
    fields: tuple[str, ...] = ()
    """What else changed: `description`, `url`."""


@dataclass(frozen=True)
class Difference:
    """What an import changes of its source. What persons corrected is not in it: it stays as they want it."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[ApiChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def compared(before: Api, after: Api) -> ApiChange:
    old, new = said(before), said(after)
    other = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return ApiChange(
        after.id,
        parameters=tuple(_parameters(before, after)),
        risk=(before.risk, after.risk) if before.risk != after.risk else None,
        fields=tuple(sorted(name for name in other if name not in ("parameters", "risk"))),
    )


def _parameters(before: Api, after: Api) -> Iterator[ParameterChange]:
    old = {parameter.name: parameter for parameter in before.parameters}
    new = {parameter.name: parameter for parameter in after.parameters}
    for name, parameter in {**old, **new}.items():
        if name not in old:
            yield ParameterChange(name, "added")
        elif name not in new:
            yield ParameterChange(name, "removed")
        elif old[name] != parameter:
            pairs = zip(old[name], parameter, strict=True)  # a model gives its fields in order, with their names
            yield ParameterChange(name, "changed", tuple(field for (field, was), (_, now) in pairs if was != now))


def told(change: ApiChange) -> str:
    """One line: what is not as it was."""
    parts = [f"risk {change.risk[0]} -> {change.risk[1]}"] if change.risk else []
    parts += [_told_parameter(parameter) for parameter in change.parameters]
    return "; ".join([*parts, *change.fields])


def _told_parameter(parameter: ParameterChange) -> str:
    if parameter.change == "changed":
        return f"parameter {parameter.name}: {', '.join(parameter.fields)}"
    return f"parameter {parameter.name} {parameter.change}"
