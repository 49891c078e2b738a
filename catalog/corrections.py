"""What a person changed of an imported API: kept apart from what its source says, and laid over it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy

from pydantic import JsonValue

from catalog.errors import NoSuchEntry
from catalog.models import Api

Changes = dict[str, JsonValue]
"""Fields as a person wants them, null for the default; `parameters` by name where one name is one parameter."""


def difference(imported: Api, wanted: Api) -> Changes:
    """What has to be changed of an imported API to have the wanted one. Empty: nothing."""
    before, after = said(imported), said(wanted)
    changes = _changed(before, after)
    old, new = before.get("parameters"), after.get("parameters")
    if "parameters" in changes and isinstance(old, dict) and isinstance(new, dict):
        changes["parameters"] = {name: _parameter(old.get(name), new.get(name)) for name in _changed(old, new)}
    return changes


def corrected(imported: Api, changes: Changes) -> Api:
    """The API with the changes laid over it. A change of a parameter that is gone is left out.

    Raises ValidationError where the changes do not fit any more.
    """
    fields = _merged(said(imported), {name: value for name, value in changes.items() if name != "parameters"})
    parameters = fields["parameters"]
    asked = changes.get("parameters", {})
    if isinstance(asked, list):
        parameters = asked
    elif isinstance(asked, dict) and isinstance(parameters, dict):
        parameters = _merged_parameters(parameters, asked)
    listed = list(parameters.values()) if isinstance(parameters, dict) else parameters
    return Api.model_validate({**fields, "parameters": listed})


def named(changes: Changes) -> tuple[str, ...]:
    """The fields that were changed: `description`, `parameters.city.description`."""
    return tuple(sorted(".".join(path) for path in _paths(changes)))


def without(changes: Changes, fields: Sequence[str]) -> Changes:
    """The changes less some fields, or all that stand below a name. Raises NoSuchEntry where one was not changed."""
    left = deepcopy(changes)
    for wanted in fields:
        found = [path for path in _paths(left) if f"{'.'.join(path)}.".startswith(f"{wanted}.")]
        if not found:
            raise NoSuchEntry("correction of the field", wanted)
        for path in found:
            _drop(left, path)
    return left


def said(api: Api) -> Changes:
    """An entry's fields that say anything, its parameters by name."""
    listed: list[JsonValue] = [each.model_dump(mode="json", exclude_defaults=True) for each in api.parameters]
    by_name: Changes = dict(zip((each.name for each in api.parameters), listed, strict=True))
    whole: JsonValue = by_name if len(by_name) == len(listed) else listed
    return {**api.model_dump(mode="json", exclude_defaults=True, exclude={"parameters"}), "parameters": whole}


def _changed(before: Changes, after: Changes) -> Changes:
    return {name: after.get(name) for name in {**before, **after} if before.get(name) != after.get(name)}


def _parameter(before: JsonValue, after: JsonValue) -> JsonValue:
    """Of one that was there, the fields that changed; of a new one all; of one that is gone nothing."""
    return _changed(before, after) if isinstance(before, dict) and isinstance(after, dict) else after


def _merged(fields: Changes, changes: Changes) -> Changes:
    merged = {**fields, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _merged_parameters(parameters: Changes, changes: Changes) -> Changes:
    merged = dict(parameters)
    for name, change in changes.items():
        before = merged.get(name)
        if change is None:
            merged.pop(name, None)
        elif isinstance(change, dict) and isinstance(before, dict):
            merged[name] = _merged(before, change)
        elif isinstance(change, dict) and "name" in change:
            merged[name] = change
    return merged


def _paths(changes: Changes) -> Iterator[tuple[str, ...]]:
    for name, value in changes.items():
        if name == "parameters" and isinstance(value, dict):
            yield from (path for one, change in value.items() for path in _parameter_paths(one, change))
        else:
            yield (name,)


def _parameter_paths(name: str, change: JsonValue) -> Iterator[tuple[str, ...]]:
    if isinstance(change, dict) and "name" not in change:
        yield from (("parameters", name, field) for field in change)
    else:
        yield ("parameters", name)


def _drop(changes: Changes, path: Sequence[str]) -> None:
    """Take one field out, and what is empty without it."""
    first, *rest = path
    below = changes[first]
    if rest and isinstance(below, dict):
        _drop(below, rest)
    if not rest or not below:
        del changes[first]
