"""Days written with the names of months in other languages than English, and with the signs of East Asia."""

from __future__ import annotations

# As a date has them, from the Unicode CLDR: German, Spanish, French, Italian, Portuguese, Dutch, Swedish, Polish,
# Turkish, Russian, Ukrainian, Arabic. Short forms are left out: "5 out", "2 set" and "3 ago" are English.
_NAMES = """
    januar februar märz april mai juni juli august september oktober november dezember
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    janvier février mars avril mai juin juillet août septembre octobre novembre décembre
    gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
    janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
    januari februari maart april mei juni juli augustus september oktober november december
    januari februari mars april maj juni juli augusti september oktober november december
    stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
    ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
    января февраля марта апреля мая июня июля августа сентября октября ноября декабря
    січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
    يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
"""
MONTHS_ABROAD = {name: number for line in _NAMES.strip().splitlines() for number, name in enumerate(line.split(), 1)}
"""By the name, without case: 1 to 12. No two languages call different months by one name."""

_NAME = "|".join(sorted(MONTHS_ABROAD, key=len, reverse=True))
RULES = (
    # "6. Juli 2027", "3 de marzo de 2027", "1er août", "5-го июня 2027 г."
    rf"(?<![\w.,:/-])(?P<day>\d{{1,2}})(?:\.|º|er\b|e\b|-го\b)?\s+(?:de\s+|di\s+)?(?P<abroad>{_NAME})\b"
    r"(?:\s+(?:del?\s+)?(?P<year>\d{4})\b)?",
    # "2027年3月3日", "2027년 3월 3일", "3月3日"
    r"(?:(?<!\d)(?P<year>\d{4})\s*[年년]\s*)?(?<!\d)(?P<number>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日号일]",
)
"""Regular expressions, to be read without case: `day`, `abroad` or `number` for the month, `year` if there is one."""


def month_abroad(name: str) -> int:
    """The number of a month, 1 to 12. Raises KeyError."""
    return MONTHS_ABROAD[name.casefold()]
