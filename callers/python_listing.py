"""What a module offers, as a document that `catalog/importers/python.py` reads."""

from __future__ import annotations

import inspect
from collections.abc import Collection

from pydantic import JsonValue

from callers.python_functions import NotOffered, load, offer, public


def describe(name: str, allowed: Collection[str]) -> dict[str, JsonValue]:
    """Imports the module: not for the event loop. Raises EgressDenied, SettingsError."""
    module = load(name, allowed)
    functions: list[JsonValue] = []
    refused: list[JsonValue] = []
    for called, value in public(module).items():
        try:
            offered = offer(value)
        except NotOffered as error:
            refused.append({"name": called, "reason": str(error)})
            continue
        functions.append(
            {
                "name": called,
                "description": offered.description,
                "parameters": offered.parameters,
                "returns": offered.returns,
                "risk": offered.risk,
            }
        )
    category = getattr(module, "switchboard_category", "")
    return {
        "format": "python",
        "version": 1,
        "module": name,
        "category": category if isinstance(category, str) else "",
        "description": inspect.cleandoc(module.__doc__ or ""),
        "functions": functions,
        "refused": refused,
    }
