"""How text becomes words."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.tokens import ASCII_PARTS, ASCII_TYPED, PARTS, TYPED, exact_forms, fold, typed_words, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("getHTTPStatus", ["gethttpstatus", "http", "status"]),
        ("get_order_by_id", ["order", "id"]),
        ("kebab-case-name", ["kebab", "case", "name"]),
        ("YouTube", ["youtub", "tube"]),
        ("rtn003", ["rtn003", "rtn", "003"]),
        ("orders ordered ordering", ["order", "order", "order"]),
        ("Café naïve STRASSE straße İstanbul", ["cafe", "naiv", "strass", "strass", "istanbul"]),
        ("ＡＢＣ", ["abc"]),
        ("ﬁnance", ["financ"]),
        ("what's the weather like?", ["weather"]),
        ("I don't know what you're after", []),
        ("l'eau d'Évian", ["leau", "l", "eau", "devian", "evian"]),
        ("東京の天気", ["東京", "京の", "の天", "天気"]),
        ("날씨", ["날씨"]),
        ("ไทย", ["ไท", "ทย"]),
        ("погода в Москве", ["погод", "москв"]),
        ("हिन्दी मौसम", ["हिन्द", "मौसम"]),
        ("", []),
        ("?!… \ud800", []),
    ],
)
def test_text_is_split_folded_stopped_and_stemmed(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize("written", ["getUserName", "get_user_name", "get user name", "GetUserName", "GET-USER-NAME"])
def test_the_ways_of_writing_a_name_share_its_words(written: str) -> None:
    assert {"user", "name"} <= set(words(written))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Wie sind die Temperaturen in Köln?", "Die Temperatur einer Stadt"),
        ("¿Cuáles son los precios de la acción?", "El precio de las acciones"),
        ("Quelles sont les actualités du jour", "Les dernières actualités"),
        ("Сколько стоят акции Газпрома", "Цена акций"),
        ("أريد حجز غرفة", "حجز الغرف"),
        ("我想查询上海的天气", "天气"),
        ("ราคาหุ้นวันนี้", "หุ้น"),
    ],
)
def test_a_question_shares_words_with_a_text_in_its_language(asked: str, said: str) -> None:
    assert set(words(asked)) & set(words(said))


@pytest.mark.parametrize("small", ["wie ist das", "¿cuál es el?", "как это", "ما هو"])
def test_small_words_of_other_languages_are_left_out(small: str) -> None:
    assert words(small) == []


@pytest.mark.parametrize("english", ["la liga standings", "die cast models for the shop", "Las Vegas hotels"])
def test_english_that_looks_like_another_language_keeps_its_stems(english: str) -> None:
    assert {"la liga standings": "stand", "die cast models for the shop": "model"}.get(english, "hotel") in words(
        english
    )


@pytest.mark.parametrize("one", ["天気", "날씨", "погода", "मौसम", "طقس", "καιρός"])
def test_text_in_any_script_finds_itself_inside_a_sentence(one: str) -> None:
    assert set(words(one)) & set(words(f"{one} {one}"))
    assert words(one)


def test_words_are_given_back_as_they_were_typed() -> None:
    typed = dict(typed_words("Where's my Order rtn003?"))
    assert typed == {"Where's": (), "my": (), "Order": ("order",), "rtn003": ("rtn003", "rtn", "003")}


def test_whole_names_are_compared_in_four_forms() -> None:
    assert exact_forms(" getUser  ById") == ["=getUser ById", "getuser byid", "get user by id", "getuserbyid"]
    assert exact_forms("/") == ["=/", "/"]
    assert exact_forms("  ") == []


def test_a_blob_without_spaces_does_not_become_a_word() -> None:
    assert words("x" * 10_000) == []


@given(st.text())
def test_no_text_breaks_the_tokenizer(text: str) -> None:
    found = words(text)
    assert all(token and not token.isspace() and len(token.split()) == 1 for token in found)
    assert found == words(text)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_case_and_width_do_not_matter(text: str) -> None:
    assert fold(text.casefold()) == fold(text)


def test_numbers_that_never_come_again_are_not_remembered_for_ever() -> None:
    words("an order")
    tracemalloc.start()
    try:
        for number in range(4_000):
            words(f"Order A{number}")
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 1_000_000


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_english_is_read_like_any_other_text(plain: str) -> None:
    assert ASCII_TYPED.findall(plain) == TYPED.findall(plain)
    assert ASCII_PARTS.findall(plain) == PARTS.findall(plain)
