"""Whether a value fits what a parameter declares, so that nothing is proposed that would be refused."""

from __future__ import annotations

import re
from functools import lru_cache

import regex
from pydantic import JsonValue

from catalog.models import Parameter
from catalog.patterns import BoundedPattern

Pattern = re.Pattern[str] | BoundedPattern

PATTERN_LIMIT = 300
TEXT_LIMIT = 200
# a repeated group that itself repeats or branches may take exponential time: such patterns are not run at all
RISKY = re.compile(r"\((?:[^()\\]|\\.)*[+*|}](?:[^()\\]|\\.)*\)\s*[+*{]|\\[1-9]|\(\?[=!<]|[+*]\)?[+*]")
REPEATS = re.compile(r"[+*]|\{\d*,\}")
"""One of these alone is quick whatever the text; of several, one after the other, it cannot be told from the text."""
# "(?:-[a-z]+)*" repeats a repetition, but the mark before each keeps it quick
MARKED = re.compile(r"\((?:\?:)?\\?(?P<mark>[-.,:/_@ ])(?:\[(?P<set>[^\]]*)\]|\\w|\\d|[a-z0-9])[+*]\)[+*]")


def _risky(pattern: str) -> bool:
    """Whether a pattern may take exponential time, as far as its text shows."""
    plain = MARKED.sub(lambda match: match[0] if _holds(match["set"] or "", match["mark"]) else "", pattern)
    return RISKY.search(plain) is not None


def _holds(chars: str, mark: str) -> bool:
    return mark in chars.replace("a-z", "").replace("A-Z", "").replace("0-9", "") or "^" in chars or "\\" in chars


@lru_cache(maxsize=4_096)
def compiled(pattern: str) -> Pattern | None:
    """A pattern that may be run on a user's text; None: it is none, or could take too long."""
    if not pattern or len(pattern) > PATTERN_LIMIT or _risky(pattern):
        return None
    try:
        several = len(REPEATS.findall(pattern)) > 1
        return BoundedPattern(pattern) if several else re.compile(pattern)
    except (re.error, regex.error, OverflowError, RecursionError):
        return None


def pattern_of(parameter: Parameter) -> Pattern | None:
    """The parameter's own pattern, where it may be run."""
    pattern = parameter.constraints.get("pattern")
    return compiled(pattern) if isinstance(pattern, str) else None


def is_mere_word(word: str, pattern: Pattern, *, shouted: bool = False) -> bool:
    """ "Cancel" is no number of a booking, though any six letters would be. What stands in capitals may be one, unless
    all of the text does (`shouted`)."""
    if not word.isalpha() or (word.isupper() and not shouted):
        return False
    any_word = ("zyxwvu" * TEXT_LIMIT)[: len(word)]
    return any(pattern.search(turn(any_word)) for turn in (str.lower, str.upper, str.capitalize))


def fits(value: JsonValue, parameter: Parameter) -> bool:
    """Enum, pattern, bounds and lengths hold, as far as they are declared."""
    if parameter.enum and parameter.type != "array" and value not in parameter.enum:
        return False
    if isinstance(value, str):
        pattern = pattern_of(parameter)
        return _within(len(value), parameter, "minLength", "maxLength") and (
            pattern is None or (len(value) <= TEXT_LIMIT and pattern.search(value) is not None)
        )
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _within(value, parameter, "minimum", "maximum")
    return True


def _within(size: float, parameter: Parameter, least: str, most: str) -> bool:
    low, high = parameter.constraints.get(least), parameter.constraints.get(most)
    return not (isinstance(low, int | float) and size < low) and not (isinstance(high, int | float) and size > high)
