"""Where each setting's value came from: the default, a variable of the environment, or `.env`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import AliasChoices, JsonValue, SecretStr
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from graph.settings import Settings

MASK = "***"
REFERENCES = ("env:", "file:")
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
    environment = EnvSettingsSource(Settings).env_vars
    dotenv = DotEnvSettingsSource(Settings).env_vars
    for name in Settings.model_fields:
        variables = variables_of(name)
        source = _found(variables, environment, "environment: {}") or _found(variables, dotenv, ".env: {}")
        yield Row(name, variables[0], _masked(getattr(settings, name)), source or "default")


def variables_of(name: str) -> list[str]:
    """The variables that set it, first the one that wins."""
    alias = Settings.model_fields[name].validation_alias
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return [f"{Settings.model_config.get('env_prefix', '')}{name}".upper()]


def _found(variables: list[str], there: Mapping[str, str | None], where: str) -> str:
    return next((where.format(variable) for variable in variables if variable.lower() in there), "")


def _masked(value: object) -> JsonValue:
    match value:
        case SecretStr():
            secret = value.get_secret_value()
            return secret if secret.startswith(REFERENCES) else MASK
        case Mapping():
            return {str(key): _masked(each) for key, each in value.items()}
        case tuple() | list():
            return [_masked(each) for each in value]
        case Path():
            return str(value)
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)
