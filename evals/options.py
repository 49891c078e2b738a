"""Options that several evals share: a command names a group of them as one parameter, and Typer sees each."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """The command as Typer reads it: in place of a parameter that is a dataclass stand the fields of that."""
    hints = get_type_hints(command, include_extras=True)
    groups = {name: kind for name, kind in hints.items() if isinstance(kind, type) and is_dataclass(kind)}
    shown = [each for parameter in inspect.signature(command).parameters.values() for each in _shown(parameter, hints)]

    @functools.wraps(command)
    def call(**given: Any) -> None:  # Any: whatever the options hold
        for name, kind in groups.items():
            given[name] = kind(**{each.name: given.pop(each.name) for each in fields(kind)})
        command(**given)

    call.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]  # what Typer reads
    call.__annotations__ = {each.name: each.annotation for each in shown}
    return call


def _shown(parameter: inspect.Parameter, hints: dict[str, Any]) -> Iterator[inspect.Parameter]:
    kind = hints[parameter.name]
    if not is_dataclass(kind):
        yield parameter.replace(annotation=kind, kind=inspect.Parameter.KEYWORD_ONLY)
        return
    types = get_type_hints(kind, include_extras=True)
    for each in fields(kind):
        yield inspect.Parameter(
            each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=types[each.name]
        )
