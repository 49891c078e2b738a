"""Choosing among options by words: what agents of every level ask, answered without a model."""

from __future__ import annotations

from catalog.store import CatalogIndex
from reasoners.offline import OfflineReasoner
from reasoners.protocol import Option

SKY = Option("Sky", "Sky", "Weather and tides.")
LIBRARY = Option("Library", "Library", "Books and loans.")
GARAGE = Option("Garage", "Garage", "Car repairs.")


async def chosen(town: CatalogIndex, question: str, *options: Option, limit: int = 6) -> tuple[str, ...]:
    return (await OfflineReasoner(town).choose(question, options, level="category", limit=limit)).ids


async def test_only_what_shares_a_telling_word_is_chosen(town: CatalogIndex) -> None:
    assert await chosen(town, "Please find me books about rivers", SKY, LIBRARY, GARAGE) == ("Library",)


async def test_none_is_chosen_where_none_helps(town: CatalogIndex) -> None:
    reasoner = OfflineReasoner(town)
    answer = await reasoner.choose("Hello, who are you?", [SKY, LIBRARY], level="category", limit=3)
    assert answer.ids == ()
    assert answer.reason == "None of these shares a telling word with the question."


async def test_the_best_come_first_and_no_more_than_the_limit(town: CatalogIndex) -> None:
    ids = await chosen(town, "Is there a garage near the library for a car?", SKY, LIBRARY, GARAGE, limit=1)
    assert ids == ("Garage",)


async def test_a_word_akin_is_enough(town: CatalogIndex) -> None:
    assert await chosen(town, "How hot is it in Cairo?", LIBRARY, SKY) == ("Sky",)


async def test_what_the_index_found_below_an_option_counts(town: CatalogIndex) -> None:
    backed = Option("Garage", "Garage", "Car repairs.", score=1.0)
    assert (await chosen(town, "Which plumber is cheap?", LIBRARY, backed)) == ("Garage",)


async def test_the_order_of_options_does_not_matter(town: CatalogIndex) -> None:
    question = "books about weather"
    assert await chosen(town, question, SKY, LIBRARY) == await chosen(town, question, LIBRARY, SKY)
