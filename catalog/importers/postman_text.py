"""Postman's texts: descriptions in two forms, and variables in double braces."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import JsonValue

from catalog.importers.record import Fields

VARIABLE = re.compile(r"\{\{([^{}]+)\}\}")
NESTED = 5  # a variable may hold another; more than this is a circle
LONGEST = 2_000  # characters of a variable's value; what makes addresses and examples is shorter
SWOLLEN = 10_000  # variables that hold many others could fill the memory
REQUIRED = re.compile(r"^\s*[(\[](required)[)\]]\s*", re.IGNORECASE)
SECRET = re.compile(
    r"(^|[-_ .])(authorization|api[-_ ]?key|app[-_ ]?key|(?<!page[-_ .])(?<!next[-_ .])(?<!sync[-_ .])token"
    r"|secret|client[-_ ]?secret|password|passwd|signature|cookie|credentials?)$",
    re.IGNORECASE,
)
"""Names of what must not be kept: a collection is often exported with the values of whoever made it."""
WORD_EDGE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def described(value: JsonValue) -> str:
    """A description, which is a text or an object that holds one."""
    if isinstance(value, dict):
        value = value.get("content")
    return value.strip() if isinstance(value, str) else ""


def is_required(description: str) -> tuple[bool, str]:
    """Postman has no field for it: its converters begin the description with "(Required)"."""
    rest = REQUIRED.sub("", description)
    return rest != description, rest


def is_secret(name: str) -> bool:
    """Of a query parameter, a field or a variable."""
    return SECRET.search(WORD_EDGE.sub("_", name)) is not None


def is_secret_header(name: str) -> bool:
    """Every header that ends in key or token is one; a parameter may as well be a sort key, or the token of a page."""
    return is_secret(name) or name.lower().endswith(("key", "token"))


def scope_of(fields: Fields, above: Mapping[str, str]) -> dict[str, str]:
    """The variables that are known here; of what may be a secret, none."""
    scope = dict(above)
    stated = fields.get("variable")
    for variable in stated if isinstance(stated, list) else []:
        if isinstance(variable, dict) and variable.get("disabled") is not True:
            name, value = variable.get("key") or variable.get("id"), variable.get("value")
            if isinstance(name, str) and isinstance(value, str | int | float) and not is_secret(name):
                scope[name.strip()] = str(value)[:LONGEST]
    return scope


def filled(written: str, scope: Mapping[str, str]) -> str:
    """The text with all variables that are known; others stay as they are, and so do all where it would swell."""
    now = written
    for _ in range(NESTED):
        before, now = now, VARIABLE.sub(lambda found: scope.get(found[1].strip(), found[0]), now)
        if len(now) > max(SWOLLEN, 2 * len(written)):
            return written
        if now == before:
            break
    return now


def variables(written: str) -> list[str]:
    return [name.strip() for name in VARIABLE.findall(written)]
