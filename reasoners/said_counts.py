"""Numbers up to a hundred as words of languages other than English: "sieben", "vingt et un", "двадцати", "十五"."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

from reasoners.numbers import Number

_MOST_WORDS = 4
"""Of a number: "quatre-vingt-dix-neuf"."""
_SHORT = 4
"""Letters of a word up to which it may well be one of another language, too."""
_ALSO_OTHER_WORDS = frozenset({"otto", "venti", "quattro", "seize", "jeden"})

# From one on; what is also an article is left out, but for where it joins.
_WORDS = {
    "de": """eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn
        siebzehn achtzehn neunzehn / zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig hundert""",
    "nl": """- twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien
        achttien negentien / twintig dertig veertig vijftig zestig zeventig tachtig negentig honderd""",
    "fr": """- deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit
        dix-neuf / vingt trente quarante cinquante soixante septante quatre-vingts nonante cent""",
    "es": """uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete
        dieciocho diecinueve / veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien""",
    "it": """uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici
        diciassette diciotto diciannove / venti trenta quaranta cinquanta sessanta settanta ottanta novanta cento""",
    "pt": """- dois,duas três quatro cinco seis sete oito nove dez onze doze treze catorze,quatorze quinze
        dezesseis,dezasseis dezessete,dezassete dezoito dezenove,dezanove / vinte trinta quarenta cinquenta sessenta
        setenta oitenta noventa cem""",
    "pl": """jeden dwa,dwie,dwóch trzy,trzech cztery,czterech pięć,pięciu sześć,sześciu siedem,siedmiu osiem,ośmiu
        dziewięć,dziewięciu dziesięć,dziesięciu jedenaście,jedenastu dwanaście,dwunastu trzynaście,trzynastu
        czternaście,czternastu piętnaście,piętnastu szesnaście,szesnastu siedemnaście,siedemnastu osiemnaście,osiemnastu
        dziewiętnaście,dziewiętnastu / dwadzieścia,dwudziestu trzydzieści,trzydziestu czterdzieści,czterdziestu
        pięćdziesiąt,pięćdziesięciu sześćdziesiąt,sześćdziesięciu siedemdziesiąt,siedemdziesięciu
        osiemdziesiąt,osiemdziesięciu dziewięćdziesiąt,dziewięćdziesięciu sto,stu""",
    "ru": """один два,две,двух три,трёх четыре,четырёх пять,пяти шесть,шести семь,семи восемь,восьми девять,девяти
        десять,десяти одиннадцать,одиннадцати двенадцать,двенадцати тринадцать,тринадцати четырнадцать,четырнадцати
        пятнадцать,пятнадцати шестнадцать,шестнадцати семнадцать,семнадцати восемнадцать,восемнадцати
        девятнадцать,девятнадцати / двадцать,двадцати тридцать,тридцати сорок,сорока пятьдесят,пятидесяти
        шестьдесят,шестидесяти семьдесят,семидесяти восемьдесят,восьмидесяти девяносто,девяноста сто,ста""",
}
_ONE = {"de": "ein", "nl": "een", "fr": "un,une", "es": "uno,un,una", "it": "uno", "pt": "um,uma", "ru": "один,одного"}
_JOINED = {"de": "{1}und{0}", "nl": "{1}en{0}", "es": "{0} y {1}", "it": "{0}{1}", "pt": "{0} e {1}"}
"""How a ten and a one are put together; elsewhere one after the other."""
_FUNCTION_WORDS = {
    "en": "the a an of and to for in is on at with my me i you what how please from this that next last",
    "de": "der die das und für mit ein eine einen ist bitte wie ich wir uns auf nicht in am im nächsten",
    "nl": "de het een en van voor met in op ik wij ons bij niet komende",
    "fr": "le la les des et pour avec une un est je nous dans du sur mes au prochains",
    "es": "el la los las para con una un es por en y del de mi que próximos",
    "it": "il gli la le per con una un che di della nei mi vorrei prossimi",
    "pt": "o os a as para com uma um e de do da dos nos no próximos",
    "pl": "i w na z dla do się jest ze proszę mi przez",
    "ru": "и в на с для по из мне",
}
_LETTERS = re.compile(r"[^\W\d_]+")
_HAN = {c: at for at, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_COUNTED = "天日月年个個人位张張件次小时時分周週晚名本杯点點号號岁歲公里块元角度页頁条條只隻部泊様枚回歳円つ倍家台"
_HAN_NUMBER = re.compile(rf"[{''.join(_HAN)}十百]{{1,5}}(?=\s?[{_COUNTED}]|\W|$)")


@lru_cache(maxsize=256)
def counts(text: str) -> tuple[Number, ...]:
    """The numbers of a text that are words, as far as their language is plain."""
    return (*_worded(text), *_han(text))


def _worded(text: str) -> Iterator[Number]:
    words = [(match.start(), match.end(), _folded(match[0])) for match in _LETTERS.finditer(text)]
    language = _language([word for _, _, word in words])
    at = 0
    while at < len(words):
        for length in range(min(_MOST_WORDS, len(words) - at), 0, -1):
            said = " ".join(word for _, _, word in words[at : at + length])
            value = _meant(said, language)
            if value is not None:
                yield Number(words[at][0], words[at + length - 1][1], value, spoken=True)
                at += length - 1
                break
        at += 1


def _meant(said: str, language: str) -> int | None:
    """In the language of the text; a word of another one must be long enough to be nothing else."""
    meanings = _phrases().get(said)
    if meanings is None or language == "en":
        return None
    if language in meanings:
        return meanings[language]
    plain = len(said) > _SHORT and said not in _ALSO_OTHER_WORDS and len(set(meanings.values())) == 1
    return next(iter(meanings.values())) if plain else None


def _language(words: list[str]) -> str:
    """The one with most function words; empty: none has more than all others."""
    hits = Counter(language for word in words for language in _functions().get(word, ()))
    best = hits.most_common(2)
    return best[0][0] if best and (len(best) < 2 or best[0][1] > best[1][1]) else ""


@lru_cache(maxsize=1)
def _functions() -> Mapping[str, frozenset[str]]:
    words = {word for listed in _FUNCTION_WORDS.values() for word in listed.split()}
    return {_folded(w): frozenset(n for n, listed in _FUNCTION_WORDS.items() if w in listed.split()) for w in words}


@lru_cache(maxsize=1)
def _phrases() -> Mapping[str, Mapping[str, int]]:
    """What each number word means, by language."""
    found: dict[str, dict[str, int]] = {}
    for language, listed in _WORDS.items():
        small, tens = ([each.split(",") for each in half.split()] for half in listed.split("/"))
        for phrase, value in _of_language(language, small, tens):
            found.setdefault(" ".join(_LETTERS.findall(_folded(phrase))), {})[language] = value
    return found


def _of_language(language: str, small: list[list[str]], tens: list[list[str]]) -> Iterator[tuple[str, int]]:
    ones = {at: forms for at, forms in enumerate(small, 1) if forms != ["-"]}
    yield from ((form, value) for value, forms in ones.items() for form in forms)
    yield from ((form, 20 + 10 * at) for at, forms in enumerate(tens) for form in forms)
    ones[1] = _ONE.get(language, "jeden").split(",")
    for at, forms in enumerate(tens[:-1]):
        for one in range(1, 10):
            for ten, form in ((ten, form) for ten in forms for form in ones[one]):
                yield from ((joined, 20 + 10 * at + one) for joined in _joined(language, ten, form))
    if language == "fr":
        yield from (("quatre-vingt", 80), ("soixante-dix", 70), ("quatre-vingt-dix", 90), ("soixante et onze", 71))
        yield from ((f"soixante-{small[n - 1][0]}", 60 + n) for n in range(11, 20))
        yield from ((f"quatre-vingt-{small[n - 1][0]}", 80 + n) for n in range(11, 20))


def _joined(language: str, ten: str, one: str) -> Iterator[str]:
    if language == "it" and one[0] in "uo":
        ten = ten[:-1]
    if language == "es" and ten == "veinte":
        yield f"veinti{one}"
    if language == "fr":
        ten = ten.removesuffix("s")
        yield f"{ten} et {one}"
    yield _JOINED.get(language, "{0} {1}").format(ten, one)


def _folded(word: str) -> str:
    """Without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))


def _han(text: str) -> Iterator[Number]:
    """Numerals before what they count, and not those in words; one alone is an article."""
    for match in _HAN_NUMBER.finditer(text):
        value = _of_han(match[0])
        if value is not None and match[0] != "一":
            yield Number(match.start(), match.end(), value, spoken=True)


def _of_han(said: str) -> int | None:
    if not set(said) & {"十", "百"}:
        return int("".join(str(_HAN[c]) for c in said))
    parts = re.fullmatch(r"(?:(?P<hundreds>.?)(?P<hundred>百))?零?(?:(?P<tens>.?)(?P<ten>十))?(?P<ones>.?)", said)
    if parts is None:
        return None
    hundreds = 100 * _HAN.get(parts["hundreds"], 1) if parts["hundred"] else 0
    tens = 10 * _HAN.get(parts["tens"], 1) if parts["ten"] else 0
    return hundreds + tens + _HAN.get(parts["ones"], 0)
