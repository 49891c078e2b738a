"""Values that only the sentence gives away: places after prepositions, names in capitals, what a search is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from catalog.models import Parameter
from reasoners.dates import days
from reasoners.offline.filler import ASKING, CHANGES, FILLER
from reasoners.offline.spans import Span
from reasoners.words import before, name_words

_PLACES = """city cities location place places country state region town area address destination origin departure
arrival venue airport station port county district province neighborhood pickup dropoff"""
PLACES = frozenset(_PLACES.split())
_SOURCES = "from source origin departure src start starting pickup base"
SOURCES = frozenset(_SOURCES.split())
_TARGETS = "to target destination arrival dest end ending dropoff quote dst"
TARGETS = frozenset(_TARGETS.split())
_SEARCHES = "q query search keyword keywords topic topics term terms theme subject searchterm phrase"
SEARCHES = frozenset(_SEARCHES.split())
_NAMED = """name artist author player team company actor director brand title movie song book organization club band
singer product celebrity restaurant hotel celebrity person user username profession skill league"""
NAMED = frozenset(_NAMED.split())

CAPITAL = r"(?:(?:St|Mt|Ft|Dr|Mr|Mrs|Ms)\.|(?!I\b)[A-ZÀ-ÖØ-ÞŁŚŠŽΑ-ΩА-Я](?:[\w'’-]|\.(?=\w))*)"
JOINER = r"(?:of|de|la|le|el|da|di|du|van|von|der|del|al|the|and|&)"
PROPER = re.compile(
    rf"(?<![\w@/]){CAPITAL}(?: +(?:{JOINER} +){{0,2}}{CAPITAL})*"
    rf"(?:, +(?!(?:I|We|Please|And)\b)(?:{CAPITAL}(?: +{CAPITAL})?))?"
)
PLACE = re.compile(
    r"\b(?:in|at|near|around|for|within|of|to|from|visit(?:ing)?|on|across|like in|through|over)\s+(?:the\s+)?(?=\S)",
    re.I,
)
ABOUT = re.compile(
    r"\b(?:about|regarding|concerning|(?:related|devoted|dedicated) to|dealing with"
    r"|on(?: the (?:topic|subject|theme) of)?"
    r"|symboli[sz](?:es?|ing)|represent(?:s|ing)|stands? for|highlight(?:s|ing)?|speaks? of|tells? of)\s+"
    r"(?:the (?:importance|topic|subject|idea|theme|value) of\s+)?(?=\S)",
    re.I,
)  # fmt: skip
# Where a phrase of free words ends: punctuation, the next preposition or relative clause, or when it is meant.
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAYS = "mon|tue|wed|thu|fri|sat|sun"
END = re.compile(
    r"\s*(?:[,;:.!?)\]](?=\s|$)|$|\n)|\s+(?:(?:right )?now|today|tonight|tomorrow|yesterday|currently|at the moment|"
    r"please|thanks|this|next|last|(?:in|for) the (?:next|last|coming|past)|over the|for me|for \d+|on \d|"
    rf"(?:on|in|by|since|until|before|after|between) (?:\d|(?:{_MONTHS}|{_DAYS})\w*)|"
    r"is|are|was|were|will|would|could|can|should|do|does|did|has|have|and|or|but|with|using|"
    r"that|which|who|if|so|because|from|to|as|than|like|by|via|when|while|before|after|between|until|where|what|how)\b",
    re.I,
)  # fmt: skip
OPEN = re.compile(
    r"^(?:the|a|an|any|some|my|our|this|that|these|those|your|his|her|their|all|more|most|me|it|us|you|which|what)\s+",
    re.I,
)
LEFT_OVER = re.compile(r"\s+(?:right now|now|today|tonight|tomorrow|currently|please|area|weather|in detail)$", re.I)
PHRASE_LIMIT = 80


def direction(parameter: Parameter) -> str:
    """ "from" or "to" for one end of a way, empty for all else."""
    words = name_words(parameter.name)
    edges = {words[0], words[-1]} if words else set()
    return "from" if edges & SOURCES else "to" if edges & TARGETS else ""


def is_place(parameter: Parameter) -> bool:
    words = set(name_words(parameter.name))
    if words & PLACES:
        return not words & NOT_PLACES
    return bool(direction(parameter)) and words <= SOURCES | TARGETS


def leads(text: str, start: int) -> str:
    """Whether what stands before says "from" or "to" there."""
    said = before(text, start, 24)
    return "from" if FROM.search(said) else "to" if TO.search(said) else ""


FROM = re.compile(r"\b(?:from|leaving|departing|out of|between)\s+(?:the\s+)?$", re.I)
TO = re.compile(r"\b(?:to|into|towards?|arriving (?:in|at)|for)\s+(?:the\s+)?$", re.I)
_NOT_PLACES = "id code time date name number type language currency state_of order"
NOT_PLACES = frozenset(_NOT_PLACES.split())
WANTS_COMMA = re.compile(
    r"\b[Cc]ity,? and (?:[Ss]tate|[Cc]ountry)|\bCity, ?(?:State|Country)|\bcity, ?state\b"
    r"|(?:e\.g\.,?|such as|like|example:?)\s+['\"]?[A-Z][a-z]+(?: [A-Z][a-z]+)?, [A-Z]"
)
PREPOSITIONS = {
    "in": 0.92, "near": 0.9, "like": 0.9, "around": 0.85, "visit": 0.8, "visiting": 0.8, "for": 0.8, "within": 0.8,
    "from": 0.75, "to": 0.75, "at": 0.7, "of": 0.7, "on": 0.6,
}  # fmt: skip
"""How sure a place behind each of them is: about the share that is right."""


def places(text: str, parameter: Parameter) -> Iterator[Span]:
    """The words after "in", "near", "from", ... for a parameter that is named like a place."""
    wanted = direction(parameter)
    for match in PLACE.finditer(text):
        preposition = match[0].split()[0].casefold()
        proper = _proper_at(text, match.end())
        phrase = proper or _free_at(text, match.end())
        if phrase is None or _is_time(text, *phrase):
            continue
        start, end = _part_of(text, *phrase, parameter)
        value = text[start:end]
        if not proper and (len(value.split()) > 2 or (preposition in ("of", "on", "to", "for", "at") and not wanted)):
            continue
        strength, rule = _strength(preposition, wanted)
        if WANTS_COMMA.search(parameter.description) and "," not in value:
            strength, rule = min(strength, 0.75), "place short"  # the schema wants more than was said
        if ABBREVIATED.search(parameter.description) or _is_short(value, parameter):
            strength = min(strength, 0.75)
        if proper and _is_of_more(text, end):
            strength, rule = min(strength, 0.6), "place joined"
        if not _speaks_of_places(parameter):
            strength = min(strength, 0.6)
        yield Span(start, end, value, strength - (0 if proper else 0.2), rule + ("" if proper else " low"))


def _is_short(value: str, parameter: Parameter) -> bool:
    """ "LA" may be meant written out; "Nairobi, Kenya" with its code, where the example has one."""
    if len(value) == 2 and value.isupper():
        return not {"state", "country"} & set(name_words(parameter.name))
    return "," in value and bool(_WITH_CODE.search(parameter.description)) and not re.search(r", [A-Z]{2}$", value)


_WITH_CODE = re.compile(r"[A-Z][a-z]+, [A-Z]{2}\b")


_NOUN = re.compile(r" ((?!\w+(?:ing|ed|ly|er|est)\b)[a-z]{3,})\b(?!['’])")


def _is_of_more(text: str, end: int) -> bool:
    """ "In the Amazon rainforest", "in German history": the name only begins what is meant."""
    behind = _NOUN.match(text, end)
    return behind is not None and behind[1] not in _SENTENCE_WORDS and not END.match(text, end)


ABBREVIATED = re.compile(r"\babbreviat|\b(?:two|three|2|3)-letter|\bISO\b", re.I)


def _strength(preposition: str, wanted: str) -> tuple[float, str]:
    if wanted:
        return (0.93, f"place {wanted}") if preposition == wanted else (0.3, "place astray")
    strength = PREPOSITIONS.get(preposition, 0.6)
    return strength, "place sure" if strength > 0.89 else "place"


def _speaks_of_places(parameter: Parameter) -> bool:
    """A bare `to` is a place only if its description says so, or says nothing."""
    said = set(name_words(parameter.name)) | {
        word.rstrip("s") for word in re.findall(r"[a-z]+", parameter.description.casefold())
    }
    return bool(said & PLACES) or not parameter.description


def _part_of(text: str, start: int, end: int, parameter: Parameter) -> tuple[int, int]:
    """Of "Sydney, Australia" a city is the first part, a country or state the last; a location is the whole."""
    comma = text.find(",", start, end)
    if comma < 0 or WANTS_COMMA.search(parameter.description):
        return start, end
    words = {*name_words(parameter.name), *re.findall(r"[a-z]+", parameter.description.casefold()[:60])}
    if words & {"country", "state"} and "city" not in words:
        return end - len(text[comma + 1 : end].lstrip()), end
    return (start, comma) if words & {"city", "town"} else (start, end)


def names(text: str, parameter: Parameter) -> Iterator[Span]:
    """Runs of capitals, for a parameter that names someone or something."""
    for start, end in proper_runs(text):
        yield Span(
            start,
            end,
            text[start:end],
            0.68 if re.search(r"\b(?:by|of|for|called|named|about)\s+$", before(text, start, 12), re.I) else 0.6,
            "name",
        )


def topics(text: str) -> Iterator[int]:
    """Where it begins to be said what something is about."""
    for match in ABOUT.finditer(text):
        opening = OPEN.match(text[match.end() : match.end() + 20])
        yield match.end() + (opening.end() if opening else 0)


@lru_cache(maxsize=256)
def proper_runs(text: str) -> tuple[tuple[int, int], ...]:
    """Where names stand: words in capitals, without the ordinary word that only begins a sentence."""
    found = []
    for match in PROPER.finditer(text):
        start, end = _shortened(text, *match.span())
        if start < end and text[start:end].casefold() not in _SENTENCE_WORDS and not _is_time(text, start, end):
            found.append((start, end))
    return tuple(found)


_SENTENCE_WORDS = ASKING | FILLER


def _shortened(text: str, start: int, end: int) -> tuple[int, int]:
    """Without possessive, punctuation, and the verb or asking words that a sentence begins with."""
    while start < end and BEGINS.search(before(text, start)):
        first = re.compile(r"[\w'’.-]+").match(text, start)
        if first is None or first.end() > end or not _only_begins(first, text):
            break
        start = first.end() + len(text[first.end() : end]) - len(text[first.end() : end].lstrip(" ,"))
        if start < end and _SENTENCE_WORDS.isdisjoint([text[start:end].split()[0].casefold()]):
            break
    phrase = re.sub(r"(?:['’]s?|[.,'’-])+$", "", text[start:end])
    return start, start + len(phrase)


BEGINS = re.compile(r"(?:^|[.?!:;\n])[\s\"'(]*(?:\w+[ ,]+)?$")
NO_NAME = re.compile(
    r"\s+(?:an?|the|my|me|us|our|all|some|any|for|at|on|in|to|of|with|how|what|if|that|[\"'“‘\d])\b|\s+[\"'“‘\d]", re.I
)


def _only_begins(first: re.Match[str], text: str) -> bool:
    """A word with a capital only because it begins a sentence: "Book a table", "Is it", not "Apple shares"."""
    folded = first[0].casefold()
    return folded in _SENTENCE_WORDS or folded in CHANGES or bool(NO_NAME.match(text, first.end()))


def _proper_at(text: str, at: int) -> tuple[int, int] | None:
    match = PROPER.match(text, at)
    if match is None:
        return None
    start, end = _shortened(text, *match.span())
    return (start, end) if start == at and start < end else None


def _free_at(text: str, at: int, wide: bool = False) -> tuple[int, int] | None:
    """A phrase of ordinary words, up to where it must end."""
    opening = OPEN.match(text[at : at + 20])
    start = at + (opening.end() if opening else 0)
    ending = END.search(text, start)
    end = ending.start() if ending else len(text)
    if wide and ending and re.match(r"\s+(?:and|with|that|to|from|by|or|in|as)\b", ending[0], re.I):
        later = END.search(text, ending.end())
        further = later.start() if later else len(text)
        end = (
            further if further - start <= PHRASE_LIMIT and re.match(r"\s+(?:to|from|or|by)\b", ending[0], re.I) else end
        )
    phrase = LEFT_OVER.sub("", text[start:end].rstrip(" ,.!?\"'"))
    if not phrase or len(phrase) > PHRASE_LIMIT or phrase.casefold() in _SENTENCE_WORDS or not phrase[0].isalpha():
        return None
    return start, start + len(phrase)


WHEN = re.compile(
    rf"(?:the )?(?:next|last|past|coming|this|today|tomorrow|tonight|yesterday|\d|morning|evening|week|month|year|"
    rf"(?:{_MONTHS})(?:uary|ch|il|e|y|ust|tember|ober|ember)?|(?:{_DAYS})(?:s|nes|rs|ur)?(?:day)?)\b",
    re.I,
)


def _is_time(text: str, start: int, end: int) -> bool:
    """Whether the phrase says when, not where or what."""
    if WHEN.match(text[start:end]):
        return True
    return any(day.start < end and start < day.end for day in days(text))
