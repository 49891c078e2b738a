"""Stems and function words of the languages that questions and catalogs are written in, told apart without a model."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping

import regex
import snowballstemmer  # type: ignore[import-untyped]

LATIN = regex.compile(r"\p{Latin}+")

# One language stands for its script: its stemmer finds the endings of the others as well or leaves them alone.
SCRIPTS = {
    "russian": regex.compile(r"\p{Cyrillic}+"),
    "arabic": regex.compile(r"\p{Arabic}[\p{Arabic}\p{M}]*"),
    "greek": regex.compile(r"\p{Greek}+"),
    "hindi": regex.compile(r"\p{Devanagari}+"),
    "armenian": regex.compile(r"\p{Armenian}+"),
    "tamil": regex.compile(r"\p{Tamil}+"),
}

# Small words, as folded. They say nothing of what is wanted, and tell which language a Latin text is written in.
# Words that negate are none of them: an answer that brings one says something else.
FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "german": """der die das den dem des ein eine einen einem einer eines und oder ist sind wie wo wann welche
            welcher welches welchen fur mit von vom zu zum zur im auf bei nach aus uber ich mir mich wir uns sie
            es kann konnen bitte mein meine meinen meiner gibt wird werden auch dass hat haben durch als unter dieser
            diese dieses gib zeige zeig sag""",
        "spanish": """el la los las un una unos unas de del en con por para que como cual cuales cuando donde es son
            esta estan mi mis tu su sus al lo se quiero necesito puedes puedo dame hay este esta estos estas ser
            sobre muestrame dime""",
        "french": """le la les un une des du de et ou en dans avec pour par sur que qui quel quelle quels quelles est
            sont je mon ma mes votre vos nous il elle au aux ce cette ces comment quand moi veux peux donne""",
        "portuguese": """os um uma de da dos das em na nos nas com por para que qual quais como quando onde sao meu
            minha seu sua eu quero preciso ao pelo pela""",
        "italian": """il lo la gli le un uno una di del della dei delle con per che quale quali come quando dove sono
            mio mia tuo suo voglio al nel nella dammi""",
        "russian": """в во на с со и или а но по за из от до для о об у к ко как какой какая какое какие что где
            когда кто это мне меня мы вы он она они я мой моя мое мои есть ли бы же при""",
        "arabic": "في من على إلى الى عن ما هو هي هل كيف اين أين متى التي الذي هذا هذه أن ان لي و أو او مع",
    }.items()
}

_LANGUAGES: dict[str, list[str]] = {}
for _language, _words in FUNCTION_WORDS.items():
    for _word in _words:
        _LANGUAGES.setdefault(_word, []).append(_language)

_SMALL_WORDS = frozenset(_LANGUAGES)
_stemmers = threading.local()


def language_of(folded: Iterable[str], english: frozenset[str]) -> str:
    """The language of a text in Latin letters that has more small words of it than English ones; else empty."""
    words = set(folded)
    small = (words & _SMALL_WORDS) - english
    if not small:
        return ""
    counted = Counter(language for word in small for language in _LANGUAGES[word])
    language, count = max(counted.items(), key=lambda item: (item[1], item[0]))
    return language if count > len(words & english) else ""


def stems(word: str, language: str) -> list[str]:
    """The stems of a lower-case word with its accents: in English, as its script or `language` has it, or both."""
    if LATIN.fullmatch(word):
        return [_stem("english", word), *([_stem(language, word)] if language else [])]
    script = next((name for name, letters in SCRIPTS.items() if letters.fullmatch(word)), None)
    return [_stem(script, word) if script else word]


def _stem(language: str, word: str) -> str:
    # Stemmers keep state while they work: one of each language for each thread.
    known = _stemmers.__dict__
    if language not in known:
        known[language] = snowballstemmer.stemmer(language)
        known[language].maxCacheSize = 0  # `tokens_of` remembers, for all threads together
    stemmed: str = known[language].stemWord(word)
    return stemmed
