"""Places of the demo's world: what weather, clocks and searches agree on."""

from __future__ import annotations

import unicodedata
import zlib
from functools import cache
from typing import NamedTuple

from demo.shelf import missing, read


class Place(NamedTuple):
    country: str
    latitude: float
    longitude: float
    warmth: int
    """Usual highest temperature in June, Celsius."""
    wetness: int
    """Usual chance of rain in June, percent."""
    utc_offset: float
    """Hours, in June."""


@cache
def places() -> dict[str, Place]:
    return read(dict[str, Place], "places")


def fold(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return " ".join(plain.casefold().replace("-", " ").split()).removesuffix(" city").removeprefix("the ")


def find(name: str) -> tuple[str, Place]:
    """The place as we spell it; "Edinburgh, Scotland" is Edinburgh. Unknown places are a 404."""
    known = {fold(spelled): spelled for spelled in places()}
    for attempt in (name, name.split(",", maxsplit=1)[0]):
        spelled = known.get(fold(attempt))
        if spelled is not None:
            return spelled, places()[spelled]
    return missing(f"No such place: {name}")


def dice(*what: object, sides: int) -> int:
    """A number below `sides` that is always the same for the same things."""
    return zlib.crc32("|".join(map(str, what)).encode()) % sides
