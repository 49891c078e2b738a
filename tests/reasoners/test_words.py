"""How words are compared, and what is remembered of them."""

from __future__ import annotations

import tracemalloc

from reasoners.words import name_words, stem, stems


def test_case_possessive_and_ending_make_no_other_word() -> None:
    assert {stem("Orders"), stem("order's"), stem("order")} == {"order"}
    assert stem("MP3") == stem("mp3's")


def test_a_name_is_its_words_whatever_stands_between_them() -> None:
    assert name_words("checkInDate") == name_words("check_in_date") == ("check", "in", "date")
    assert name_words("line2Text") == ("line", "2", "text")


def test_numbers_that_never_come_again_are_not_remembered_for_ever() -> None:
    stems("an order")
    tracemalloc.start()
    try:
        for number in range(4_000):
            stems(f"Order A{number}")
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 1_000_000
