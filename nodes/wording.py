"""Words for people: what a field is called, what it takes, and why a value does not fit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from jsonschema.exceptions import ValidationError
from pydantic import JsonValue

from catalog.models import Parameter

ACRONYMS = frozenset(
    {
        "api", "bic", "cpu", "css", "csv", "dns", "eu", "gps", "html", "http", "https", "iata", "iban", "icao", "id",
        "imdb", "imei", "ip", "isbn", "iso", "json", "pdf", "pin", "sku", "sms", "sql", "ssl", "uk", "upc", "uri",
        "url", "usd", "utc", "uuid", "vat", "vin", "xml",
    }
)  # fmt: skip
SHOWN_CHOICES = 12
SHOWN_CHARACTERS = 60

FORMATS: Mapping[str, str] = {
    "date": "a date as year-month-day, like 2026-03-31",
    "date-time": "a date and time with its zone, like 2026-03-31T18:00:00Z",
    "time": "a time of day with its zone, like 18:00:00Z",
    "email": "an e-mail address",
    "uri": "a whole web address, like https://example.org/page",
    "uuid": "a UUID (36 characters)",
    "ipv4": "an IPv4 address, like 192.0.2.1",
    "ipv6": "an IPv6 address",
    "hostname": "a host name, like example.org",
}
TYPES: Mapping[str, str] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number, with a dot before the decimals",
    "boolean": "yes or no",
    "array": "a list",
    "object": "an object of names and values",
}
CLASSES: Mapping[str, tuple[str, str]] = {
    "[0-9]": ("digit", "digits"),
    r"\d": ("digit", "digits"),
    "[A-Z]": ("capital letter", "capital letters"),
    "[a-z]": ("small letter", "small letters"),
    "[A-Za-z]": ("letter", "letters"),
    "[a-zA-Z]": ("letter", "letters"),
    "[A-Za-z0-9]": ("letter or digit", "letters or digits"),
    "[a-zA-Z0-9]": ("letter or digit", "letters or digits"),
    "[A-Z0-9]": ("capital letter or digit", "capital letters or digits"),
    "[a-z0-9]": ("small letter or digit", "small letters or digits"),
}
_PIECE = re.compile(
    r"(?P<set>" + "|".join(re.escape(name) for name in CLASSES) + r")(?:\{(?P<least>\d+)(?P<to>,(?P<most>\d*))?\}|"
    r"(?P<sign>[+]))?|(?P<text>(?:[\w /:#@-]|\\[-./])+)(?![*+?{])"
)


def title_of(parameter: Parameter) -> str:
    """How a person would call it: "order_id" is "Order ID"."""
    return parameter.title or title(parameter.name)


def title(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    words = [_word(word) for word in re.split(r"[\s_.-]+", spaced) if word]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]]) if words else name


def _word(word: str) -> str:
    lower = word.lower()
    if lower in ACRONYMS:
        return lower.upper()
    if lower.removesuffix("s") in ACRONYMS and lower != "us":
        return lower.removesuffix("s").upper() + "s"
    return word if word.isupper() and len(word) > 1 else lower


def describe_problem(parameter: Parameter, error: ValidationError) -> str:
    """Why a value does not fit, for the person who gave it. A pattern never stands there alone."""
    inside = [str(step) for step in error.absolute_path if isinstance(step, str)]
    name = ": ".join([title_of(parameter), *(title(step) for step in inside)])
    schema, value = broken(error)
    hint = parameter.description if not inside else _text(schema, "description")
    example = parameter.example if not inside else None
    return refusal(value, name, requirement(error, has_hint=bool(hint or example)), hint, example)


def refusal(value: JsonValue, name: str, must: str, hint: str = "", example: JsonValue = None) -> str:
    """One or two sentences: the value, what it must be, and what the catalog says about it."""
    parts = [f"{shown(value)} does not fit: {name} must {must}."]
    if hint:
        parts.append(hint if hint[-1:] in ".!?" else f"{hint}.")
    if example is not None and shown(example).strip("'") not in hint:
        parts.append(f"For example {shown(example)}.")
    return " ".join(parts)


def requirement(error: ValidationError, *, has_hint: bool = True) -> str:
    """What the broken rule asks for, as it goes on after "must"."""
    schema, value = broken(error)
    rule = schema.get(str(error.validator))
    if schema.get("enum"):  # also where the type is wrong: the choices say it all
        return f"be one of {choices(schema['enum'])}"
    match error.validator:
        case "pattern":
            return _pattern_rule(str(rule), has_hint)
        case "const":
            return f"be {shown(rule)}"
        case "format":
            return f"be {FORMATS.get(str(rule), f'a valid {rule}')}"
        case "type":
            return f"be {TYPES.get(str(rule), f'of type {rule}')}"
        case "required":
            lacking = [name for name in _names(rule) if name not in _names(value)]
            return f"have {', '.join(title(name) for name in lacking)} as well"
        case _:
            return _bound(str(error.validator), rule) or f"fit ({error.message[:200]})"


def broken(error: ValidationError) -> tuple[Mapping[str, JsonValue], JsonValue]:
    """The schema that was broken, and the value that broke it. The library types both as anything."""
    value: JsonValue = error.instance  # type: ignore[assignment]
    return (error.schema if isinstance(error.schema, Mapping) else {}), value


def _bound(rule: str, limit: JsonValue) -> str:
    words = {
        "minimum": f"be at least {limit}",
        "maximum": f"be at most {limit}",
        "exclusiveMinimum": f"be more than {limit}",
        "exclusiveMaximum": f"be less than {limit}",
        "multipleOf": f"be a multiple of {limit}",
        "minLength": f"have at least {_counted(limit, 'character')}",
        "maxLength": f"have at most {_counted(limit, 'character')}",
        "minItems": f"have at least {_counted(limit, 'entry')}",
        "maxItems": f"have at most {_counted(limit, 'entry')}",
        "uniqueItems": "not repeat an entry",
    }
    return words.get(rule, "")


def _counted(number: JsonValue, noun: str) -> str:
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def _pattern_rule(pattern: str, has_hint: bool) -> str:
    spoken = pattern_in_words(pattern)
    if spoken:
        return f"be {spoken}"
    return "have another form" if has_hint else f"have the form that the API declares ({pattern})"


def pattern_in_words(pattern: str) -> str:
    """The common patterns of ids and codes in words ("6 digits"); empty for any other."""
    rest = pattern.removeprefix("^").removesuffix("$")
    if not rest or len(rest) + 2 != len(pattern):
        return ""
    spoken = []
    while rest:
        piece = _PIECE.match(rest)
        if piece is None:
            return ""
        spoken.append(_piece_in_words(piece))
        rest = rest[piece.end() :]
    return ", then ".join(spoken)


def _piece_in_words(piece: re.Match[str]) -> str:
    if piece["text"] is not None:
        return f"'{piece['text'].replace(chr(92), '')}'"
    one, many = CLASSES[piece["set"]]
    if piece["sign"]:
        return many
    if piece["to"]:
        return f"{piece['least']} to {piece['most']} {many}" if piece["most"] else f"at least {piece['least']} {many}"
    count = int(piece["least"] or 1)
    return f"{count} {one if count == 1 else many}"


def choices(values: JsonValue) -> str:
    """A short list of what can be chosen."""
    listed = [str(v) if isinstance(v, str) else written(v) for v in _list(values)]
    more = len(listed) - SHOWN_CHOICES
    return ", ".join(listed[:SHOWN_CHOICES]) + (f" and {more} more" if more > 0 else "")


def shown(value: JsonValue) -> str:
    """A value as quoted in a sentence, cut short."""
    text = f"'{value}'" if isinstance(value, str) else written(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def written(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False)


def _text(schema: Mapping[str, JsonValue], key: str) -> str:
    found = schema.get(key)
    return found if isinstance(found, str) else ""


def _list(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, list) else []


def _names(value: JsonValue) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list | dict) else []


def file_wanted(schema: Mapping[str, JsonValue], content_type: str = "") -> str:
    """How the bytes that a field wants are given in a form; empty: it wants none.

    The same signs as `callers/parts.py` goes by when it writes them.
    """
    items = schema.get("items")
    if isinstance(items, dict) and (each := file_wanted(items, content_type)):
        return f"Each is {each[:1].lower()}{each[1:]}"
    if schema.get("format") == "byte" or "contentEncoding" in schema:
        return "Bytes in base64."
    if schema.get("format") != "binary" and "contentMediaType" not in schema:
        return ""
    said = content_type or schema.get("contentMediaType")
    kind = f" ({said})" if said else ""
    return f"A file{kind}: its bytes in base64, its text, or a data: URL."
