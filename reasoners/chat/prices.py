"""What a model call costs, from a table in a file. A model that is not in it has no known price."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from catalog.errors import SettingsError

SETTING = "SWITCHBOARD_PRICES_FILE"
Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True)
class Price:
    """USD per million tokens."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    input: Dollars
    output: Dollars

    def of(self, input_tokens: int | None, output_tokens: int | None) -> float | None:
        if input_tokens is None or output_tokens is None:
            return None
        return (input_tokens * self.input + output_tokens * self.output) / 1_000_000

    def of_any(self) -> float:
        """Of one token that may be either: about one in ten of a request is written by the model."""
        return (0.9 * self.input + 0.1 * self.output) / 1_000_000


_TABLE: TypeAdapter[dict[str, Price | None]] = TypeAdapter(dict[str, Price | None])
_FORM = 'it holds {"model": {"input": 0.4, "output": 1.6}}, in US dollars per million tokens'


@cache
def bundled_prices() -> Mapping[str, Price]:
    """The table that comes with the package, by model name."""
    rows = json.loads((files("reasoners") / "prices.json").read_text("utf-8"))
    return {model: Price(row["input"], row["output"]) for model, row in rows.items()}


def own_prices(path: Path) -> Mapping[str, Price | None]:
    """The operator's table, in the form of ours, to go before it; null: not known. Raises SettingsError."""
    try:
        return _TABLE.validate_json(path.read_bytes())
    except OSError as error:
        raise SettingsError(SETTING, f"{path} cannot be read: {error.strerror or error}") from None
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        where = ", ".join(map(str, first["loc"])) or "the file"
        raise SettingsError(SETTING, f"{path}: {where}: {first['msg']}; {_FORM}") from None
