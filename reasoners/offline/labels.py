"""How a question announces a value: by the words of the parameter's name, and what joins them to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from catalog.models import Parameter
from reasoners.words import name_words, stem

_GENERIC = "id ids number num no code value name string text input param key field type"
GENERIC = frozenset(_GENERIC.split())
"""Words of a name that say what kind of thing it is, not whose: "order id" is named by "order"."""
_ID_WORDS = "id ids number no code key isbn sku symbol ticker serial reference uuid token"
ID_WORDS = frozenset(_ID_WORDS.split())


@lru_cache(maxsize=4_096)
def _labels(name: str) -> tuple[str, ...]:
    words = name_words(name)
    telling = tuple(word for word in words if word not in GENERIC and len(word) > 2)
    return telling or words


def labels(parameter: Parameter) -> tuple[str, ...]:
    """The words that announce a value for this parameter: "order" for `order_id`."""
    return _labels(parameter.name)


# "order id is 5", "order number: 5"; "of" and "to" only behind such a word: "the Act of 2013" is no act number
LINK = r"(?:\s+(?:is|are|was|as|equals?|being|be|set|(?:key|named|called|name|value)(?:\s+(?:of|is|to))?))*"
ID_LINK = r"(?:\s+(?:is|are|was|as|(?:ids?|number|num|no|code|key)(?:\s+(?:of|is|to))?|with(?=\s+id)))*"
VALUED = r"(?:\s+(?:of|to|=|at|is|as|by|equals?))?"


@lru_cache(maxsize=4_096)
def _announcing(name: str, valued: bool, identifies: bool) -> re.Pattern[str] | None:
    """The parameter's name in words, and what joins it to a value: "order id is", "order number:", "order #"."""
    words = [re.escape(stem(word)) + r"\w{0,4}" if len(word) > 3 else re.escape(word) for word in name_words(name)]
    if not words or len(name) > 80:
        return None
    named = "|".join([r"[\s_-]?".join(words), *(re.escape(word) + "s?" for word in _labels(name)[-1:])])
    link = ID_LINK if identifies else LINK + (VALUED if valued else "")
    must = r"(?=\s*[:=#]|\s+(?:is|of|equals?|as)\b)" if len(name) == 1 else ""  # "a 5 star hotel" names no `a`
    return re.compile(rf"(?<![\w-])(?:{named})(?![\w-]){must}{link}\s*(?P<mark>[:=#]|\.\s?#)?\s*(?=\S)", re.IGNORECASE)


def announced(text: str, parameter: Parameter, *, valued: bool = False) -> Iterator[tuple[int, bool]]:
    """Where a value announced by the parameter's name would begin, and whether ":", "=" or "#" announces it."""
    rule = _announcing(parameter.name, valued, is_id(parameter))
    for match in rule.finditer(text) if rule else ():
        yield match.end(), bool(match["mark"])


def is_id(parameter: Parameter) -> bool:
    """Whether the parameter takes an identifier, as its name or description says."""
    return bool(ID_WORDS & set(name_words(parameter.name))) or bool(
        re.search(r"\bidentifier\b|\bID\b", parameter.description)
    )
