"""How text becomes the words that the index compares: split, folded, stopped, stemmed. Deterministic."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

import regex

from catalog.languages import FUNCTION_WORDS, LATIN, language_of, stems

LONGEST = 64  # longer runs are keys and blobs: nobody asks for them, and they would fill the index
LONGEST_NAME = 300  # in characters; what is longer is told apart by its beginning
CACHED_WORDS = 32_768
CACHED_NUMBERS = 1024  # and words with digits: every order and amount has its own, and few come again
CACHED_NAMES = 1024  # names of tools, each asked for once for each of its APIs

# What stands between spaces and punctuation, with marks (Devanagari vowels) and an apostrophe inside ("don't").
TYPED = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’][\p{L}\p{M}]+)*")

# Scripts written without spaces, and Hangul, whose endings are glued on: pairs of characters stand for words.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー"

# The parts of a name: `getHTTPStatus2` is get, HTTP, Status, 2.
PARTS = regex.compile(
    rf"[{UNSPACED}]+"
    r"|\p{Lu}+(?=\p{Lu}\p{Ll})"
    rf"|\p{{Lu}}?(?:(?![{UNSPACED}])[\p{{Ll}}\p{{Lo}}\p{{Lm}}\p{{Lt}}\p{{M}}])+"
    r"|\p{Lu}+"
    r"|\p{N}+"
)
# The same two in plain English, which the standard library reads in a seventh of the time.
ASCII_TYPED = re.compile(r"[A-Za-z0-9]+(?:'[A-Za-z]+)*")
ASCII_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
RUN = regex.compile(rf"[{UNSPACED}]+")
DIGIT = regex.compile(r"\p{N}")
CONTRACTION = regex.compile(r"(?:(?<=n)['’]t|['’](?:s|m|d|re|ve|ll))$", regex.IGNORECASE)
ACCENTS = regex.compile(r"[\u0300-\u036f]")
LETTERS_WITHOUT_DECOMPOSITION = str.maketrans("øłđħı", "oldhi")

STOP_WORDS = frozenset(
    """a ain aren couldn didn doesn don hadn hasn haven isn mightn mustn needn shan shouldn wasn weren won wouldn
    about above after again against all also am an and any are as at be because been before being below
    between both but by can could did do does doing done down during each else ever few for from further get gets
    getting give gives given go going got had has have having he her here hers herself him himself his how i if in
    into is it its itself just let lets like ll m me mine more most my myself need needs no nor not now of off ok on
    once one only or other our ours ourselves out over own please re s same shall she should so some such t than
    thank thanks that the their theirs them themselves then there these they this those through to too under until
    up us use used using ve very want wants was we were what when where whether which while who whom whose why will
    with within without would yes yet you your yours yourself yourselves d tell show provide help know find hi hello
    able like interested planning additionally furthermore moreover""".split()  # noqa: SIM905 - a list of 200 quoted words says no more
)

OTHER_SCRIPTS = FUNCTION_WORDS["russian"] | FUNCTION_WORDS["arabic"]
STOPPED_IN = {language: STOP_WORDS | small for language, small in FUNCTION_WORDS.items()}


def typed_in(text: str) -> list[str]:
    """The words of a text as they were typed."""
    found: list[str] = (ASCII_TYPED if text.isascii() else TYPED).findall(text)
    return found


def _parts_of(name: str) -> list[str]:
    found: list[str] = (ASCII_PARTS if name.isascii() else PARTS).findall(name)
    return found


def words(text: str) -> list[str]:
    """The tokens of a text, in order, repeats kept."""
    typed = typed_in(text)
    known = _KNOWN[_language(typed, text)]
    return list(chain.from_iterable(map(known.__getitem__, typed)))


def spoken(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each word as it was typed, with its tokens; words that say nothing (stop words) have none."""
    typed = typed_in(text)
    language = _language(typed, text)
    return ((word, tokens_of(word, language)) for word in typed)


def _language(typed: list[str], text: str) -> str:
    return language_of(folded_each(typed, text), STOP_WORDS)


def typed_words(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """As `spoken`, but where a script has no spaces, each pair of characters is a word."""
    for typed, tokens in spoken(text):
        if RUN.search(typed):
            yield from ((token, (token,)) for token in tokens)
        else:
            yield typed, tokens


def exact_forms(text: str) -> list[str]:
    """The forms in which a whole name is compared, nearest first: as typed, folded, as its parts, and glued."""
    typed, *others = _forms(text)
    # The sign tells the first form from the others, or "get order" would find "Get Order" before itself.
    return [form for form in dict.fromkeys((f"={typed}", *others)) if form.strip("= ")]


def outer_forms(text: str) -> Iterator[str]:
    """Of these the nearest, and the farthest, which all ways of writing a name have."""
    return _outer(_forms(text))


def outer_forms_of_both(first: str, second: str) -> Iterator[str]:
    """Those of the two names as one, each taken apart only once."""
    if len(first) + len(second) >= LONGEST_NAME or not (first.isascii() and second.isascii()):
        return outer_forms(f"{first} {second}")
    *spaced, glued = zip(_forms(first), _forms(second), strict=True)
    typed, written, spoken = (" ".join(filter(None, pair)) for pair in spaced)
    return _outer((typed, written, spoken, "".join(glued)))


@lru_cache(CACHED_NAMES)
def _forms(text: str) -> tuple[str, str, str, str]:
    begin = text[:LONGEST_NAME].encode(errors="ignore").decode()  # without lone surrogates
    typed = " ".join(begin.split())
    written = fold(typed)
    normal = begin if begin.isascii() else unicodedata.normalize("NFKC", begin)
    spoken = " ".join(folded_each(_parts_of(normal), normal))
    return typed, written, spoken, spoken.replace(" ", "")


def _outer(forms: tuple[str, str, str, str]) -> Iterator[str]:
    typed, written, _, glued = forms
    return (form for form in (f"={typed}", glued or written) if form.strip("= "))


def described_as(text: str) -> list[str]:
    """The form in which a whole description is compared: its words, in a few characters. None has no words."""
    spoken = " ".join(folded_each(typed_in(text), text))
    # The sign keeps it from the forms of names.
    return [f"~{hashlib.blake2b(spoken.encode(), digest_size=8).hexdigest()}"] if spoken else []


def tokens_of(typed: str, language: str = "") -> tuple[str, ...]:
    """The tokens of one word of a text in this language.

    First the whole of it where it is also split, so that either way of writing finds it.
    """
    return _KNOWN[language][typed]


def _tokens_of(typed: str, language: str) -> tuple[str, ...]:
    normal = CONTRACTION.sub("", unicodedata.normalize("NFKC", typed))
    parts = [part for part in _parts_of(normal) if len(part) <= LONGEST]
    if len(parts) > 1 and not RUN.search(normal):
        return _distinct(_compound(parts, language))
    return _distinct(token for part in parts for token in _part_tokens(part, language))


_tokens_of_number = lru_cache(CACHED_NUMBERS)(_tokens_of)


class _Words(dict[str, tuple[str, ...]]):
    """The tokens of words of a language, by the word: what is asked for again is found without a call."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __missing__(self, typed: str) -> tuple[str, ...]:
        if DIGIT.search(typed):
            return _tokens_of_number(typed, self._language)
        if sum(map(len, _KNOWN.values())) >= CACHED_WORDS:
            for known in _KNOWN.values():
                known.clear()
        tokens = self[typed] = _tokens_of(typed, self._language)
        return tokens


_KNOWN = {language: _Words(language) for language in ("", *STOPPED_IN)}


def fold(text: str) -> str:
    """Text without differences of case, accent and width."""
    if text.isascii():
        return text.lower()
    # Case first and last: 𝕬 is a letter with a case only once it is taken apart.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold())
    return unicodedata.normalize("NFKC", ACCENTS.sub("", apart)).translate(LETTERS_WITHOUT_DECOMPOSITION)


def folded_each(words: list[str], text: str) -> list[str]:
    """`fold` of each of these words of the text; for plain English all at once, which takes a tenth of the time."""
    if text.isascii():
        return " ".join(words).lower().split(" ") if words else []
    return [fold(word) for word in words]


def _compound(parts: list[str], language: str) -> Iterator[str]:
    if sum(len(part) for part in parts) <= LONGEST:
        yield from _stems("".join(parts), language)
    for part in parts:
        yield from _part_tokens(part, language)


def _part_tokens(part: str, language: str) -> Iterator[str]:
    if RUN.fullmatch(part):
        run = fold(part)
        yield from (run[i : i + 2] for i in range(max(1, len(run) - 1)))
        return
    folded = fold(part)
    if folded and folded not in _stopped(folded, language):
        yield from _stems(part, language)


def _stopped(folded: str, language: str) -> frozenset[str]:
    if folded.isascii():
        return STOPPED_IN.get(language, STOP_WORDS)
    return OTHER_SCRIPTS


def _stems(word: str, language: str) -> Iterator[str]:
    if word.isascii() and not language:
        lower = word.lower()
        yield from stems(lower, "") if LATIN.fullmatch(lower) else (lower,)
        return
    # Stemmers know their endings with accents; English ones without. One form is compared in the end.
    folded = fold(word)
    yield from stems(folded, "") if LATIN.fullmatch(folded) else ()
    if language or not LATIN.fullmatch(folded):
        yield from (fold(stem) for stem in stems(word.lower(), language))


def _distinct(tokens: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(token for token in tokens if token.strip()))
