"""Names that have a code of their own: currencies, countries and languages, from the CLDR."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, get_args

from babel import Locale

Kind = Literal["currency", "country", "language"]

# Which of several currencies a bare word means, by use. "peso" stays open, and so do words that mean more ("real").
_BARE = {
    "USD": "dollar buck $ us$ usd", "GBP": "pound quid £ sterling", "EUR": "euro €", "JPY": "¥ yen", "INR": "rupee ₹",
    "CHF": "franc", "CNY": "yuan renminbi rmb", "TRY": "lira", "RUB": "ruble", "ILS": "shekel", "PLN": "zloty",
    "THB": "baht", "MYR": "ringgit", "IDR": "rupiah", "HUF": "forint", "BTC": "bitcoin",
}  # fmt: skip
BARE = {word: code for code, words in _BARE.items() for word in words.split()}
_COUNTRIES = {
    "usa": "US", "u.s.": "US", "u.s": "US", "america": "US", "uk": "GB", "u.k.": "GB", "britain": "GB",
    "great britain": "GB", "england": "GB", "holland": "NL", "korea": "KR", "czech republic": "CZ", "turkey": "TR",
}  # fmt: skip


@lru_cache(maxsize=3)
def by_name(kind: Kind) -> Mapping[str, str]:
    """Codes by name, lower case, singular and plural."""
    locale = Locale("en")
    if kind == "country":
        named = {name.casefold(): code for code, name in locale.territories.items() if code.isalpha()}
        return named | _COUNTRIES
    if kind == "language":
        return {name.casefold(): code for code, name in locale.languages.items() if len(code) <= 3}
    # names with a bracket are currencies of the past: "Russian Ruble (1991-1998)"
    named = {name.casefold(): code for code, name in locale.currencies.items() if "(" not in name}
    return named | {f"{name}s": code for name, code in (named | BARE).items()} | BARE


@lru_cache(maxsize=3)
def codes(kind: Kind) -> frozenset[str]:
    """The codes in use, upper case."""
    return frozenset(code.upper() for code in by_name(kind).values())


@lru_cache(maxsize=3)
def _finder(kind: Kind) -> re.Pattern[str]:
    names = sorted((name for name in by_name(kind) if len(name) > 2 or not name.isalpha()), key=len, reverse=True)
    listed = "|".join(re.escape(name) for name in names)
    return re.compile(rf"(?<![^\W\d_])(?:{listed})(?![^\W\d_])", re.IGNORECASE)


def read_all() -> None:
    """Read all names now. It reads files: to be done ahead of the first question, off the event loop."""
    for kind in get_args(Kind):
        _finder(kind)


def mentions(kind: Kind, text: str) -> list[tuple[int, int, str]]:
    """Where a text names one: start, end, code. A code counts only in capitals ("USD"; "all" is no currency)."""
    return list(_mentions(kind, text))


@lru_cache(maxsize=128)
def _mentions(kind: Kind, text: str) -> Sequence[tuple[int, int, str]]:
    found = [(m.start(), m.end(), by_name(kind)[m[0].casefold()]) for m in _finder(kind).finditer(text)]
    if kind == "language":  # "DE" is a country
        return sorted(found)
    shape = r"\b[A-Z]{3}\b" if kind == "currency" else r"\b[A-Z]{2}\b"
    for match in re.finditer(shape, text):
        if match[0] in codes(kind) and not any(start < match.end() and match.start() < end for start, end, _ in found):
            found.append((match.start(), match.end(), match[0]))
    return sorted(found)


def code_of(kind: Kind, name: str) -> str | None:
    """The code of a name, or the code itself; None: unknown."""
    folded = name.strip().casefold()
    return by_name(kind).get(folded) or (name.strip().upper() if name.strip().upper() in codes(kind) else None)
