"""Where each setting's value came from: the default, a variable of the environment, or `.env`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import AliasChoices, BaseModel, JsonValue, SecretStr
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from graph.settings import Settings

MASK = "***"
REFERENCES = ("env:", "file:", "keyring:")
"""Credentials that only say where the secret is."""


@dataclass(frozen=True)
class Row:
    """One setting, as shown."""

    name: str
    variable: str
    value: JsonValue
    source: str

    @property
    def shown(self) -> str:
        return self.value if isinstance(self.value, str) else json.dumps(self.value, ensure_ascii=False)


def rows(settings: Settings) -> list[Row]:
    return list(_rows(settings))


def _rows(settings: Settings) -> Iterator[Row]:
    places = _places()
    for name in Settings.model_fields:
        variables = variables_of(name)
        source = next((f"{place}: {each}" for place, each in _setting(variables, places)), "")
        yield Row(name, variables[0], _masked(getattr(settings, name)), source or "default")


def origin_of(named: str) -> str:
    """What a person calls the setting that pydantic names by its field or by a variable: `PORT (from .env)`."""
    name = next((field for field in Settings.model_fields if named == field or named in variables_of(field)), "")
    if not name:
        return named
    variables = variables_of(name)
    return next((f"{each} (from {place})" for place, each in _setting(variables, _places())), variables[0])


def known_variables() -> list[str]:
    return [variable for name in Settings.model_fields for variable in variables_of(name)]


def unknown_variables() -> list[str]:
    """Those that bear our prefix, but set nothing."""
    prefix = str(Settings.model_config.get("env_prefix", "")).lower()
    known = {variable.lower() for variable in known_variables()}
    there = {name.lower() for place in _places().values() for name in place}
    return sorted(name.upper() for name in there - known if name.startswith(prefix))


def variables_of(name: str) -> list[str]:
    """The variables that set it, first the one that wins."""
    alias = Settings.model_fields[name].validation_alias
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return [f"{Settings.model_config.get('env_prefix', '')}{name}".upper()]


def _places() -> Mapping[str, Mapping[str, str | None]]:
    """Where variables are set, first the place that wins."""
    return {"environment": EnvSettingsSource(Settings).env_vars, ".env": DotEnvSettingsSource(Settings).env_vars}


def _setting(variables: list[str], places: Mapping[str, Mapping[str, str | None]]) -> Iterator[tuple[str, str]]:
    """Place and name of the variables that are set, first the one that counts."""
    for place, there in places.items():
        yield from ((place, variable) for variable in variables if variable.lower() in there)


def _masked(value: object) -> JsonValue:
    match value:
        case SecretStr():
            secret = value.get_secret_value()
            return secret if secret.startswith(REFERENCES) else MASK
        case Mapping():
            return {str(key): _masked(each) for key, each in value.items()}
        case BaseModel():
            return {name: _masked(each) for name, each in value if each}
        case tuple() | list():
            return [_masked(each) for each in value]
        case Path():
            return str(value)
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)
