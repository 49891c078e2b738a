"""How much an agent is shown at once, and what it gets to see when it asks for more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from catalog.errors import BudgetExhausted
from catalog.store import Hit
from nodes.browse import PAGE, TEXT, TURNS, Browsed, Offer, browse, page
from reasoners.protocol import NOTHING_MORE, ChoiceLevel, Chosen, Look, More, Option

Reply = Callable[[list[str], More], Chosen]


@dataclass
class Asked:
    """One turn, as the agent saw it."""

    options: Sequence[Option]
    more: More
    found: Sequence[str]

    @property
    def ids(self) -> list[str]:
        return [option.id for option in self.options]


@dataclass
class Reader:
    """Decides by a script, and remembers what it was shown. Only `choose` is asked of it here."""

    replies: list[Reply]
    asked: list[Asked] = field(default_factory=list)

    async def choose(
        self,
        query: str,
        options: Sequence[Option],
        *,
        level: ChoiceLevel,
        limit: int,
        avoid: str = "",
        more: More = NOTHING_MORE,
        found: Sequence[str] = (),
    ) -> Chosen:
        self.asked.append(Asked(options, more, list(found)))
        return self.replies[len(self.asked) - 1](list(self.asked[-1].ids), more)


def tools(count: int, *, text: str = "Tells the weather of the place that was asked for, hour by hour") -> list[Option]:
    return [Option(f"Weather/tool_{n:03}", f"tool {n}", text, 1 / (n + 1)) for n in range(count)]


def offer(count: int) -> Offer:
    options = tools(count)

    async def find(words: str) -> list[Hit]:
        return [Hit(option.id, 1.0) for option in reversed(options)][:4]

    async def tell(ids: Sequence[str]) -> list[Option]:
        return [Option(name, name, "All that is known.") for name in ids]

    return Offer("tool", options, find, tell)


async def run(reader: Reader, given: Offer, *, looks: int = 1, limit: int = 30) -> Browsed:
    return await browse(given, "Will it rain?", reader, limit=limit, looks=looks, room=PAGE["tool"])  # type: ignore[arg-type]


def take(*ids: str, look: Look | None = None) -> Reply:
    return lambda offered, more: Chosen(ids, "because", look)


@pytest.mark.parametrize("count", [1, 5, 50, 500, 5000])
def test_a_page_does_not_grow_with_the_catalog(count: int) -> None:
    shown = page(offer(count), tools(count), PAGE["tool"])
    written = sum(len(option.id) + 4 + len(option.text) for option in shown)
    assert written <= PAGE["tool"]
    assert len(shown) >= min(count, 10)


def test_the_best_are_told_of_and_the_rest_are_named() -> None:
    shown = page(offer(100), tools(100), PAGE["tool"])
    told = [bool(option.text) for option in shown]
    assert told[0] and not told[-1]
    assert told == sorted(told, reverse=True)


def test_where_few_are_offered_more_of_their_text_is_shown() -> None:
    long = "word " * 60
    [one] = page(offer(1), tools(1, text=long), PAGE["tool"])
    many = page(offer(100), tools(100, text=long), PAGE["tool"])
    assert len(one.text) > TEXT >= len(many[0].text)


def test_a_long_name_stands_on_a_page_all_the_same() -> None:
    endless = [Option("Weather/" + "x" * 5000, "x", "text")]
    assert [option.id for option in page(offer(1), endless, PAGE["tool"])] == [endless[0].id]


async def test_who_asks_for_nothing_takes_one_turn() -> None:
    reader = Reader([take("Weather/tool_000")])
    seen = await run(reader, offer(100))
    assert (seen.ids, seen.looked, len(reader.asked)) == (["Weather/tool_000"], [], 1)
    assert reader.asked[0].more.hidden == 100 - len(seen.offered)


async def test_the_next_page_tells_of_others_and_keeps_the_first_within_reach() -> None:
    reader = Reader([take("Weather/tool_000", look=Look(next_page=True)), take("Weather/tool_001")])
    seen = await run(reader, offer(100))
    first, second = reader.asked
    fresh = [option for option in second.options if option.id not in first.ids]
    assert len(fresh) > len(first.options), "pages grow"
    assert "Weather/tool_000" not in second.ids, "what is chosen is not offered again"
    earlier = [option for option in second.options if option.id in first.ids]
    assert earlier and not any(option.text for option in earlier), "and nothing is told twice"
    assert second.found == ["Weather/tool_000"]
    assert seen.ids == ["Weather/tool_000", "Weather/tool_001"]
    assert seen.looked == ["next page"]


async def test_words_are_looked_for_among_what_is_not_listed() -> None:
    reader = Reader([take(look=Look(search="storms")), take("Weather/tool_099")])
    seen = await run(reader, offer(100))
    assert reader.asked[1].ids[:4] == [f"Weather/tool_{n:03}" for n in (99, 98, 97, 96)]
    assert seen.looked == ["search 'storms'"]


async def test_what_is_described_is_told_in_full() -> None:
    reader = Reader([take(look=Look(describe=("Weather/tool_002",))), take("Weather/tool_002")])
    await run(reader, offer(100))
    assert reader.asked[1].options[0] == Option("Weather/tool_002", "Weather/tool_002", "All that is known.")


@pytest.mark.parametrize("look", [Look(search="volcanoes"), Look(describe=("Weather/tool_002",))])
async def test_who_looks_and_finds_nothing_new_decides_on_what_was_listed(look: Look) -> None:
    async def nothing(asked_for: object) -> list[Any]:
        return []

    reader = Reader([take(look=look), take("Weather/tool_001")])
    seen = await run(reader, replace(offer(100), find=nothing, tell=nothing))
    assert seen.ids == ["Weather/tool_001"]
    first, second = reader.asked
    assert second.ids == first.ids and second.options[0].text, "they are told of again"
    assert not second.more.search


async def test_who_has_chosen_and_finds_nothing_new_is_not_asked_again() -> None:
    async def nothing(words: str) -> list[Hit]:
        return []

    reader = Reader([take("Weather/tool_000", look=Look(search="volcanoes"))])
    seen = await run(reader, replace(offer(100), find=nothing))
    assert (seen.ids, len(reader.asked)) == (["Weather/tool_000"], 1)


async def test_a_path_has_one_look_and_any_number_of_pages() -> None:
    reader = Reader([take(look=Look(search="storms")), take("Weather/tool_099")])
    seen = await run(reader, offer(100))
    assert reader.asked[0].more.search and reader.asked[0].more.describe
    assert not reader.asked[1].more.search and not reader.asked[1].more.describe and reader.asked[1].more.hidden
    assert seen.looks == 0, "the agents below have none"


async def test_where_all_is_shown_there_is_no_next_page() -> None:
    reader = Reader([take("Weather/tool_000")])
    await run(reader, offer(3), looks=0)
    assert reader.asked[0].more == NOTHING_MORE


async def test_an_agent_that_only_looks_comes_to_an_end() -> None:
    reader = Reader([take(look=Look(next_page=True))] * 50)
    seen = await run(reader, offer(10_000))
    assert len(reader.asked) == TURNS
    assert reader.asked[-1].more == NOTHING_MORE, "on its last turn it is told to decide"
    assert seen.ids == []


async def test_a_budget_that_ends_between_pages_leaves_what_was_chosen() -> None:
    def spent(offered: list[str], more: More) -> Chosen:
        raise BudgetExhausted("max_llm_calls")

    reader = Reader([take("Weather/tool_000", look=Look(next_page=True)), spent])
    seen = await run(reader, offer(100))
    assert seen.ids == ["Weather/tool_000"]
    assert isinstance(seen.stopped, BudgetExhausted)


async def test_made_up_names_are_counted_over_all_pages() -> None:
    def invents(offered: list[str], more: More) -> Chosen:
        return Chosen((), "x", Look(next_page=True) if more.hidden > 50 else None, made_up=2)

    seen = await run(Reader([invents] * 9), offer(100))
    assert seen.made_up == 2 * (len(seen.looked) + 1) > 2
    assert seen.facts()["made_up"] == seen.made_up
