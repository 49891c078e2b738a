"""Days and wishes in other languages than English are read; whoever only asks how something is done wishes nothing."""

from __future__ import annotations

from datetime import date

import pytest
from babel import Locale

from catalog.models import Api
from catalog.store import CatalogIndex
from reasoners.dates import days
from reasoners.months_abroad import MONTHS_ABROAD
from reasoners.offline.plan import make_plan
from reasoners.protocol import Candidate


def changing(title: str) -> Api:
    told = {"id": "c/t/a", "name": "a", "title": title, "category": "c", "tool_id": "c/t", "tool_name": "t"}
    return Api.model_validate({**told, "method": "POST", "risk": "mutating"})


def planned(town: CatalogIndex, question: str, api: Api) -> list[str]:
    return [step.api_id for step in make_plan(question, [Candidate(api, 1.0)], town).steps]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("vom 6. Juli 2027 an", date(2027, 7, 6)),
        ("el 3 de marzo de 2027", date(2027, 3, 3)),
        ("le 1er août 2027", date(2027, 8, 1)),
        ("5 июня 2027 г.", date(2027, 6, 5)),
        ("2027年3月3日に", date(2027, 3, 3)),
        ("2027년 3월 3일", date(2027, 3, 3)),
    ],
)
def test_a_day_is_read_in_the_language_of_the_question(text: str, day: date) -> None:
    assert [found.value for found in days(text)] == [day]


@pytest.mark.parametrize("text", ["10 out of 12 went", "2 set menus", "3 ago", "31 листопада 2027"])
def test_no_day_is_read_into_what_is_none(text: str) -> None:
    assert days(text) == ()


def test_a_day_without_its_year_is_of_this_year_and_only_likely() -> None:
    (day,) = days("am 3. Oktober", date(2026, 11, 20))
    assert (day.value, day.certainty) == (date(2026, 10, 3), "likely")


@pytest.mark.parametrize("language", ["de", "es", "fr", "it", "pt", "nl", "sv", "pl", "tr", "ru", "uk", "ar"])
def test_the_names_of_months_are_those_of_the_cldr(language: str) -> None:
    names = Locale.parse(language).months["format"]["wide"]
    assert [MONTHS_ABROAD[names[number].casefold()] for number in range(1, 13)] == list(range(1, 13))


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Urlaub beantragen", "Ich möchte vom 6. Juli 2027 bis 17. Juli 2027 Urlaub beantragen"),
        ("支付电费", "我要支付电费 84.5 元"),
        ("إلغاء الحجز", "أريد إلغاء الحجز"),
        ("Reservar mesa", "Quiero reservar una mesa"),
    ],
)
def test_who_says_the_whole_title_of_a_change_wants_it(town: CatalogIndex, title: str, question: str) -> None:
    assert planned(town, question, changing(title)) == ["c/t/a"]


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Urlaub beantragen", "Wie kann ich Urlaub beantragen?"),
        ("Urlaub beantragen", "Ich möchte wissen, wie viel Urlaub ich habe"),
        ("支付电费", "电费是多少"),
    ],
)
def test_a_change_is_not_planned_for_who_only_speaks_of_it(town: CatalogIndex, title: str, question: str) -> None:
    assert planned(town, question, changing(title)) == []
