"""A number may be a word of the person's language; a word that only looks like one is none."""

from __future__ import annotations

import pytest

from catalog.models import Parameter
from reasoners.evidence import find_origin
from reasoners.protocol import Origin
from reasoners.said_counts import counts


@pytest.mark.parametrize(
    ("text", "said", "value"),
    [
        ("Das Wetter der kommenden sieben Tage", "sieben", 7),
        ("Ein Tisch für zwei, bitte", "zwei", 2),
        ("die ersten einundzwanzig", "einundzwanzig", 21),
        ("de komende tweeëntwintig dagen", "tweeëntwintig", 22),
        ("dans les vingt et un jours", "vingt et un", 21),
        ("les quatre-vingt-dix-neuf premiers", "quatre-vingt-dix-neuf", 99),
        ("dame las once mejores", "once", 11),
        ("los treinta y cinco días", "treinta y cinco", 35),
        ("nei prossimi ventotto giorni", "ventotto", 28),
        ("nos próximos dezesseis dias", "dezesseis", 16),
        ("na najbliższe siedem dni", "siedem", 7),
        ("погода на следующие семь дней", "семь", 7),
        ("в течение двадцати пяти дней", "двадцати пяти", 25),
        ("未来七天北京天气", "七", 7),
        ("次の二十五日間の天気", "二十五", 25),
    ],
)
def test_a_number_word_is_read_in_its_language(text: str, said: str, value: int) -> None:
    start = text.index(said)
    days = Parameter(name="days", type="integer")

    assert [(n.start, n.end, n.value) for n in counts(text)] == [(start, start + len(said), value)]
    assert find_origin(value, days, text, ()) == Origin("query", start=start, end=start + len(said))


@pytest.mark.parametrize(
    "text",
    [
        "Give me the report once more, it is due by Friday",
        "an elf and a cent, six or sept",
        "I want to seize the day with Otto in Venti",
        "obrigado pelas fotos dos meus amigos",
        "jeden Tag im Mai, bitte",
        "très bien, merci",
        "查询三亚的天气",
        "",
    ],
)
def test_a_word_that_means_something_else_is_no_number(text: str) -> None:
    assert counts(text) == ()
