"""Runs the patterns of a catalog within a time: one written badly, or in malice, would otherwise hold everybody up."""

from __future__ import annotations

from functools import lru_cache

import regex

SECONDS = 0.1  # of CPU; what any sane pattern needs a thousandth of
KEPT = 1_024


class BoundedPattern:
    """A regular expression that gives up after a time, and from then on at once."""

    def __init__(self, pattern: str) -> None:
        """Raises `regex.error` where it is none."""
        self._pattern: regex.Pattern[str] = regex.compile(pattern, cache_pattern=False)
        self.slow = False
        """It took too long once: what it says of a text cannot be told."""

    def search(self, text: str) -> regex.Match[str] | None:
        """None also where it takes too long."""
        if self.slow:
            return None
        try:
            return self._pattern.search(text, timeout=SECONDS)
        except TimeoutError:
            self.slow = True
            return None

    def fullmatch(self, text: str) -> regex.Match[str] | None:
        match = self.search(text)
        return match if match is not None and match.span() == (0, len(text)) else None


def found(pattern: str, text: str) -> bool | None:
    """Whether the pattern is somewhere in the text; None: that cannot be told."""
    try:
        bounded = _bounded(pattern)
    except regex.error:
        return None
    match = bounded.search(text)
    return None if bounded.slow else match is not None


@lru_cache(maxsize=KEPT)
def _bounded(pattern: str) -> BoundedPattern:
    return BoundedPattern(pattern)
