"""What a model call costs, from a table in a file. A model that is not in it has no known price."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Price:
    """USD per million tokens."""

    input: float
    output: float

    def of(self, input_tokens: int | None, output_tokens: int | None) -> float | None:
        if input_tokens is None or output_tokens is None:
            return None
        return (input_tokens * self.input + output_tokens * self.output) / 1_000_000

    def of_any(self) -> float:
        """Of one token that may be either: about one in ten of a request is written by the model."""
        return (0.9 * self.input + 0.1 * self.output) / 1_000_000


@cache
def bundled_prices() -> Mapping[str, Price]:
    """The table that comes with the package, by model name."""
    rows = json.loads((files("reasoners") / "prices.json").read_text("utf-8"))
    return {model: Price(row["input"], row["output"]) for model, row in rows.items()}
