"""Numbers as people write them: with either decimal mark, scales, currency signs, units, or as English words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

SCALES = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "million": 1e6,
    "bn": 1e9,
    "billion": 1e9,
    "trillion": 1e12,
    **dict.fromkeys(("tausend", "mille"), 1e3),
    **dict.fromkeys(("mio", "millionen", "millions", "millones", "milioni", "milhões", "miljoen"), 1e6),
    **dict.fromkeys(("mrd", "milliarde", "milliarden", "milliard", "milliards", "miliardi", "miljard"), 1e9),
}
_GAP = r"[\u00a0\u202f\u2009]"
_MONEY = r"\s?(?:[€$£¥₹]|EUR\b|USD\b|CHF\b|PLN\b|zł\b|kr\b|руб)"
CODE = "(?:eur|usd|gbp|chf|pln|sek|jpy|inr)"
_COMMA = r"(?:\d{1,3},\d{1,15}|\d{4,15},\d{1,2})(?!\d)"
FIGURE = (
    rf"\d{{1,3}}(?:{_GAP}\d{{3}}){{1,6}}(?:[.,]\d+)?|\d{{1,3}}(?:['’]\d{{3}}){{1,6}}(?:[.,]\d+)?"  # 1 234,5 and 1'234.5
    rf"|(?<!\d )\d{{1,3}}(?:\ \d{{3}}){{1,6}}(?:[.,]\d+|(?={_MONEY}))"  # a bare space may part two numbers
    r"|\d{1,3}(?:\.\d{3}){1,6},\d+|(?!\d+(?:\.\d+){3}(?![\d.,]))\d{1,3}(?:\.\d{3}){2,6}(?!,\d)"  # 1.234,5; no IP
    r"|\d{1,3}(?:,\d{3}){1,6}(?:\.\d+)?|\d{1,2}(?:,\d\d){1,8},\d{3}(?:\.\d+)?(?!,\d)"  # 1,234.5 and 12,34,567.5
    rf"|(?<!\d,)(?:(?<![\[(]){_COMMA}|{_COMMA}(?![\d\])]))(?!,\d|\.\d|:)"  # 21,5; between brackets or with more, a list
    r"|\d+(?:\.\d+)?|\.\d+"
)
UNITS = (
    "km|kilomet(?:er|re)s?|kg|kgs|grams?|mg|cm|mm|miles?|mi|lbs?|ft|feet|inch(?:es)?|hours?|hrs?|h|minutes?|mins?|"
    "seconds?|secs?|ms|gb|mb|kb|tb|px|days?|weeks?|months?|years?|nights?|met(?:er|re)s?|m/s|g|s|"
    r"[kmg]?wh|ml|lit(?:er|re)s?|°\s?[cf]|degrees (?:celsius|fahrenheit)"
)
_UNIT_BEHIND = re.compile(rf"[\s-]({UNITS})(?!\w)", re.IGNORECASE)
WRITTEN = re.compile(
    r"(?<![\w:/.^])(?<!\d-)(?<!\d-\d,)(?<!\d-\d\d,)(?<!\d-\d{3},)(?P<sign>[-−](?=[\d.$€£¥₹]))?(?P<currency>(?:US|A|C|HK|NZ)?\$|[€£¥₹])?\s?"
    rf"(?P<digits>{FIGURE})(?P<exponent>e[-+]?\d{{1,2}})?"
    rf"(?:\s?(?P<scale>{'|'.join(name for name in SCALES if len(name) > 1)}|(?-i:k|M))(?![\w/^²³°]))?"
    rf"(?:(?P<percent>\s?%|\s?percent\b)|[\s-]?(?P<unit>{UNITS})(?!\w)|(?={CODE}\b)|(?!\w))(?![:/]\d|-\d|\.\d|,\d+-\d)",
    re.IGNORECASE,
)
_IS_MEASURED = re.compile(rf"\s?(?:[€$£¥₹°%‰]|{CODE}\b|euros?\b|zł|kr\b|grad\b|prozent\b)", re.IGNORECASE)
_BRACKETED = re.compile(r"[\[(][\d,]+[\])]")
_ARABIC = str.maketrans({"٫": ".", "٬": ","})
_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
ONES = _ONES.split()
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
VALUES = {word: value for value, word in enumerate(ONES)} | {word: 20 + 10 * at for at, word in enumerate(TENS)}
WORD = "|".join([*VALUES, "hundred", "thousand", "million", "billion", "dozen"])
SPOKEN = re.compile(
    rf"\b(?:an?\s+(?=hundred|thousand|million|billion|dozen))?(?:{WORD})(?:[\s-]+(?:and\s+)?(?:{WORD}))*\b",
    re.I,
)


@dataclass(frozen=True)
class Number:
    """A number in a text, and where it stands."""

    start: int
    end: int
    value: int | float
    unit: str = ""
    """"%", a currency sign, or the unit written behind it, lower case."""
    spoken: bool = False
    also: tuple[int | float, ...] = ()
    """What the same characters say where the other mark is the decimal one: "1,250" is 1250, or 1.25."""
    listed: tuple[int, ...] = ()
    """What stands there if the commas part a list: 5 and 10 in "5,10"."""

    @property
    def readings(self) -> tuple[int | float, ...]:
        return (self.value, *self.also)


@lru_cache(maxsize=256)
def numbers(text: str) -> tuple[Number, ...]:
    """The numbers of a text in order; those inside ids, dates and clock times are not numbers."""
    found = [_written(match) for match in WRITTEN.finditer(text.translate(_ARABIC))]
    taken = {at for number in found for at in range(number.start, number.end)}  # "2 million" is one number
    spoken = (match for match in SPOKEN.finditer(text) if match.end() - 1 not in taken)
    found += [Number(m.start(), m.end(), _spoken(m[0]), _unit_behind(text, m.end()), spoken=True) for m in spoken]
    return tuple(sorted(found, key=lambda number: number.start))


def _unit_behind(text: str, at: int) -> str:
    unit = _UNIT_BEHIND.match(text, at)
    return unit[1].casefold() if unit else ""


def plain(value: float) -> int | float:
    """A whole number as an integer: 5, not 5.0."""
    return int(value) if abs(value) < 1e15 and value == int(value) else value


def _written(match: re.Match[str]) -> Number:
    first, *others = _values(match["digits"])
    factor = float(f"1{match['exponent'] or ''}") * (SCALES[match["scale"].casefold()] if match["scale"] else 1)
    factor = -factor if match["sign"] else factor
    unit = "%" if match["percent"] else (match["currency"] or match["unit"] or "").casefold()
    return Number(
        start=match.start() + len(match[0]) - len(match[0].lstrip()),
        end=match.end("scale") if match["scale"] else match.end("digits"),
        value=plain(round(first * factor, 9)),
        unit=unit,
        also=tuple(plain(round(other * factor, 9)) for other in others),
        listed=() if unit or _IS_MEASURED.match(match.string, match.end()) else _listed(match),
    )


def _values(figure: str) -> list[float]:
    """What a figure says, the likelier first where its mark may part thousands or decimals."""
    bare = re.sub(r"[\s'’]", "", figure)
    marks = re.findall(r"[.,]", bare)
    if not marks:
        return [float(bare)]
    whole, fraction = re.sub(r"[.,]", "", bare[: bare.rindex(marks[-1])]), bare[bare.rindex(marks[-1]) + 1 :]
    decimal, joined = float(f"{whole}.{fraction}"), float(whole + fraction)
    if len(marks) > 1:
        return [joined if len(set(marks)) == 1 else decimal]
    if bare != figure or len(fraction) != 3 or not 0 < len(whole) <= 3 or whole[0] == "0":
        return [decimal]
    return [joined, decimal] if marks == [","] else [decimal, joined]


def _listed(match: re.Match[str]) -> tuple[int, ...]:
    parts = match["digits"].split(",")
    if len(parts) < 2 or not all(part.isdigit() for part in parts):
        return ()
    thousands = len(parts) == 2 and len(parts[1]) == 3 and parts[0].strip("0") != ""
    bracketed = _BRACKETED.match(match.string, max(0, match.start("digits") - 1)) is not None
    return () if thousands and not bracketed else tuple(map(int, parts))


def _spoken(text: str) -> int:
    total = part = 0
    for word in re.split(r"[\s-]+", text.casefold()):
        if word in VALUES:
            part += VALUES[word]
        elif word in ("hundred", "dozen"):
            part = max(part, 1) * (100 if word == "hundred" else 12)
        elif word in SCALES:
            total += max(part, 1) * int(SCALES[word])
            part = 0
    return total + part


# Units of one dimension, each in its smallest: metres, seconds, grams.
_LENGTHS = {
    "m": 1.0, "meter": 1.0, "metre": 1.0, "km": 1e3, "kilometer": 1e3, "kilometre": 1e3, "cm": 0.01, "mm": 0.001,
    "mile": 1609.344, "mi": 1609.344, "ft": 0.3048, "feet": 0.3048, "inch": 0.0254, "centimeter": 0.01,
}  # fmt: skip
_TIMES = {
    "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hr": 3600.0,
    "hour": 3600.0, "day": 86400.0, "week": 604800.0, "ms": 0.001, "millisecond": 0.001,
}  # fmt: skip
_MASSES = {"g": 1.0, "gram": 1.0, "kg": 1e3, "kilogram": 1e3, "mg": 0.001, "lb": 453.59237, "pound": 453.59237}
_ENERGIES = {"wh": 1.0, "kwh": 1e3, "mwh": 1e6, "gwh": 1e9}
_VOLUMES = {"ml": 0.001, "milliliter": 0.001, "liter": 1.0, "litre": 1.0}
_SIZES = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12}
_CELSIUS = re.compile(r"celsius|°\s?c\b|\bdegrees? c\b", re.I)
_FAHRENHEIT = re.compile(r"fahrenheit|°\s?f\b|\bdegrees? f\b", re.I)
_SAID = re.compile(r"\b(?:in|unit|per)\s+(\w+)|\((\w{1,12})\)|\b(\w+)$", re.I)


def converted(number: Number, said: str) -> int | float | None:
    """The number in the unit that a parameter's text asks for; None: it is of another dimension."""
    if number.unit == "%":
        return number.value if re.search(r"percent|%", said, re.I) else plain(round(number.value / 100, 9))
    if _CELSIUS.search(number.unit) or _FAHRENHEIT.search(number.unit):
        return _degrees(number, said)
    for units in (_LENGTHS, _TIMES, _MASSES, _ENERGIES, _VOLUMES, _SIZES):
        unit = number.unit.rstrip("s") if number.unit.rstrip("s") in units else number.unit
        wanted = next((word for word in _asked(said) if word in units and word != "m"), None)
        if unit in units and wanted:
            return plain(round(number.value * units[unit] / units[wanted], 6))
    return number.value


def _degrees(number: Number, said: str) -> int | float:
    """On the one scale that the parameter's text names."""
    in_celsius, wants_celsius = bool(_CELSIUS.search(number.unit)), bool(_CELSIUS.search(said))
    if in_celsius == wants_celsius or wants_celsius == bool(_FAHRENHEIT.search(said)):
        return number.value
    return plain(round((number.value - 32) / 1.8 if wants_celsius else number.value * 1.8 + 32, 6))


def _asked(said: str) -> list[str]:
    """The units that a parameter's text names behind "in", or in brackets: "Radius, in meters"."""
    found = [word.casefold() for groups in _SAID.findall(said) for word in groups if word]
    return [form for word in found for form in (word, word.removesuffix("s"), word.removesuffix("es"))]
