"""What is asked of a model again, and what is not: each circumstance that makes an old answer another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from catalog.errors import ModelUnavailable
from catalog.models import Api
from reasoners.cache import MemoryCache
from reasoners.cached import CachedReasoner, Scope, normalised
from reasoners.chat.prompts import Prompt, bundled_prompts
from reasoners.protocol import Answer, Candidate, Chosen, Look, More, Option, Plan, Rejected, Result, Step, Verdict

DAY = date(2025, 3, 4)
OPTIONS = [Option("Sky", "Sky", "Weather and tides."), Option("Library", "Library", "Books.")]
READS = Api(id="a/b/get", name="get", category="a", tool_id="a/b", tool_name="b")
CHANGES = READS.model_copy(update={"id": "a/b/cancel", "name": "cancel", "risk": "mutating"})
POOL = [Candidate(READS, 1.0), Candidate(CHANGES, 0.5)]
STEP = Step("1", READS.id, "Where is it?", (), "It tells where it is.")
PLAN = Plan((STEP,), "One call.", (Rejected(CHANGES.id, "It cancels."),), {}, ("it",))
CHOSEN = Chosen(("Sky",), "It is about rain.")


@dataclass
class Decided:
    """A reasoner that decides as it was told to, and counts how often it was asked."""

    chosen: Chosen | Exception = CHOSEN
    planned: Plan = PLAN
    asked: list[str] = field(default_factory=list)

    async def choose(self, query: str, options: Sequence[Option], **further: Any) -> Chosen:
        self.asked.append("choose")
        if isinstance(self.chosen, Exception):
            raise self.chosen
        return self.chosen

    async def plan(self, query: str, pool: Sequence[Candidate], **further: Any) -> Plan:
        self.asked.append("plan")
        return self.planned

    async def fill(self, query: str, step: Step, api: Api, **further: Any) -> Mapping[str, Any]:
        self.asked.append("fill")
        return {}

    async def answer(self, query: str, results: Sequence[Result], **further: Any) -> Answer:
        self.asked.append("answer")
        return Answer("Here.")

    async def judge(self, question: str, query: str, **further: Any) -> Verdict:
        self.asked.append("judge")
        return Verdict(True)


class Kept(MemoryCache):
    """A cache whose rows can be seen, and spoiled."""

    def __init__(self) -> None:
        super().__init__(life_seconds=60, most=100, clock=lambda: 0.0)
        self.rows: dict[tuple[str, str], str] = {}

    async def get(self, tenant: str, key: str) -> str | None:
        return self.rows.get((tenant, key))

    async def put(self, tenant: str, key: str, answer: str) -> None:
        self.rows[tenant, key] = answer


async def version_1() -> str:
    return "1"


async def version_2() -> str:
    return "2"


SCOPE = Scope("default", "a model", bundled_prompts(), version_1, lambda: DAY)


@pytest.fixture
def inner() -> Decided:
    return Decided()


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def reasoner(inner: Decided, kept: Kept, told: list[str]) -> CachedReasoner:
    return CachedReasoner(inner, kept, SCOPE, told.append)


def choosing(reasoner: CachedReasoner, query: str = "Will it rain?", **other: Any) -> Any:
    given: dict[str, Any] = {"options": OPTIONS, "level": "category", "limit": 6, **other}
    return reasoner.choose(query, **given)


def planning(reasoner: CachedReasoner, query: str = "Where is it?", **other: Any) -> Any:
    given: dict[str, Any] = {"pool": POOL, **other}
    return reasoner.plan(query, **given)


async def test_a_choice_is_asked_for_once_and_told_of_when_it_is_not_asked_for(
    reasoner: CachedReasoner, inner: Decided, told: list[str]
) -> None:
    assert await choosing(reasoner) == CHOSEN
    assert told == []
    assert await choosing(reasoner) == CHOSEN
    assert inner.asked == ["choose"]
    assert told == [bundled_prompts()["choose_categories"].label]


async def test_a_plan_comes_back_with_all_that_it_says(
    reasoner: CachedReasoner, inner: Decided, told: list[str]
) -> None:
    alike = READS.model_copy(update={"id": "a/b/see"})
    pool = [*POOL, Candidate(alike, 0.1)]
    inner.planned = replace(PLAN, alike={"1": (READS.id, alike.id)}, enough=False)
    await planning(reasoner, pool=pool, may_look=True)
    assert await planning(reasoner, pool=pool, may_look=True) == inner.planned
    assert inner.asked == ["plan"]
    assert told == [bundled_prompts()["plan"].label]


async def test_that_an_agent_wants_to_look_further_is_remembered_too(reasoner: CachedReasoner, inner: Decided) -> None:
    inner.chosen = Chosen(("Sky",), "More?", Look(next_page=True, search="tides", describe=("Library",)), made_up=2)
    await choosing(reasoner)
    assert await choosing(reasoner) == inner.chosen
    assert inner.asked == ["choose"]


async def test_that_nothing_fits_at_all_is_asked_anew(reasoner: CachedReasoner, inner: Decided) -> None:
    """Who asks again doubts it, and a model's slip must not stand for a day."""
    inner.chosen, inner.planned = Chosen((), "None helps."), Plan((), "None fits.")
    for _ in range(2):
        assert (await choosing(reasoner), await planning(reasoner)) == (inner.chosen, inner.planned)
    assert inner.asked == ["choose", "plan", "choose", "plan"]


@pytest.mark.parametrize(
    "other", ["will it rain", "  Will  it\nrain ?! ", "WILL IT RAIN?", "Will it ｒａｉｎ？", "Will it rain…"]
)
async def test_the_same_question_in_other_dress_is_the_same_choice(
    reasoner: CachedReasoner, inner: Decided, other: str
) -> None:
    await choosing(reasoner)
    await choosing(reasoner, other)
    assert inner.asked == ["choose"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Courses on C", "Courses on C#"), ("Order 12", "Order 21"), ("Is it 5", "Is it -5"), ("Is it 1.5", "Is it 15")],
)
def test_what_makes_a_difference_stays(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


async def test_a_plan_quotes_the_question_so_another_dress_is_another_question(
    reasoner: CachedReasoner, inner: Decided
) -> None:
    await planning(reasoner, "Where is it?")
    await planning(reasoner, "where is it?")
    assert inner.asked == ["plan", "plan"]


@pytest.mark.parametrize(
    "other",
    [
        {"query": "Will it snow?"},
        {"options": OPTIONS[:1]},
        {"options": OPTIONS[::-1]},
        {"options": [replace(OPTIONS[0], text="Weather."), OPTIONS[1]]},
        {"options": [replace(OPTIONS[0], title="Heaven"), OPTIONS[1]]},
        {"level": "group"},
        {"limit": 5},
        {"avoid": "a/b/get: it failed"},
        {"more": More(hidden=3)},
        {"more": More(search=True)},
        {"found": ["Garage"]},
    ],
    ids=str,
)
async def test_a_choice_among_others_or_under_other_conditions_is_another_one(
    reasoner: CachedReasoner, inner: Decided, other: dict[str, Any]
) -> None:
    await choosing(reasoner)
    await choosing(reasoner, **other)
    assert inner.asked == ["choose", "choose"]


@pytest.mark.parametrize(
    "other",
    [
        {"query": "Where are they?"},
        {"pool": POOL[:1]},
        {"pool": [Candidate(READS.model_copy(update={"description": "New."}), 1.0), POOL[1]]},
        {"avoid": "a/b/get: it failed"},
        {"may_look": True},
    ],
    ids=["query", "fewer", "an API changed", "avoid", "may_look"],
)
async def test_a_plan_from_another_pool_or_under_other_conditions_is_another_one(
    reasoner: CachedReasoner, inner: Decided, other: dict[str, Any]
) -> None:
    await planning(reasoner)
    await planning(reasoner, **other)
    assert inner.asked == ["plan", "plan"]


NEW_PROMPTS = {name: Prompt(name, f"{prompt.text} Be brief.") for name, prompt in bundled_prompts().items()}


@pytest.mark.parametrize(
    "scope",
    [
        replace(SCOPE, tenant="other"),
        replace(SCOPE, mind="another model"),
        replace(SCOPE, prompts=NEW_PROMPTS),
        replace(SCOPE, catalog_version=version_2),
    ],
    ids=["tenant", "model", "prompts", "catalog"],
)
async def test_another_tenant_model_prompt_or_catalog_asks_again(
    reasoner: CachedReasoner, inner: Decided, scope: Scope
) -> None:
    other = replace(reasoner, scope=scope)
    for each in (reasoner, other):
        await choosing(each)
        await planning(each)
    assert inner.asked == ["choose", "plan"] * 2


async def test_a_plan_is_of_its_day_and_a_choice_is_not(reasoner: CachedReasoner, inner: Decided) -> None:
    tomorrow = replace(reasoner, scope=replace(SCOPE, today=lambda: date(2025, 3, 5)))
    for each in (reasoner, tomorrow):
        await choosing(each)
        await planning(each)
    assert inner.asked == ["choose", "plan", "plan"]


@pytest.mark.parametrize(
    "plan",
    [
        Plan((STEP, Step("2", CHANGES.id, "Cancel it."))),
        Plan((STEP,), alike={"1": (READS.id, CHANGES.id)}),
        Plan((Step("1", "a/b/unknown", "Where is it?"),)),
    ],
    ids=["a step", "one of those alike", "nobody knows"],
)
async def test_a_plan_that_may_change_something_is_never_kept(
    reasoner: CachedReasoner, inner: Decided, kept: Kept, plan: Plan
) -> None:
    inner.planned = plan
    await planning(reasoner)
    await planning(reasoner)
    assert inner.asked == ["plan", "plan"]
    assert kept.rows == {}


async def test_what_is_filled_in_answered_and_judged_is_always_asked(
    reasoner: CachedReasoner, inner: Decided, kept: Kept, told: list[str]
) -> None:
    for _ in range(2):
        await reasoner.fill("q", STEP, READS, wanted=["x"], earlier=[])
        await reasoner.answer("q", [])
        await reasoner.judge("answers", "q", answer="Here.")
    assert inner.asked == ["fill", "answer", "judge"] * 2
    assert (kept.rows, told) == ({}, [])


async def test_a_failure_is_not_kept(reasoner: CachedReasoner, inner: Decided, kept: Kept) -> None:
    inner.chosen = ModelUnavailable("it is down")
    with pytest.raises(ModelUnavailable):
        await choosing(reasoner)
    inner.chosen = CHOSEN
    assert await choosing(reasoner) == CHOSEN
    assert len(kept.rows) == 1


async def test_where_nothing_is_offered_there_is_nothing_to_keep(
    reasoner: CachedReasoner, inner: Decided, kept: Kept
) -> None:
    await choosing(reasoner, options=[])
    await choosing(reasoner, limit=0)
    await planning(reasoner, pool=[])
    assert inner.asked == ["choose", "choose", "plan"]
    assert kept.rows == {}


@pytest.mark.parametrize(
    "spoiled",
    [
        "",
        "{",
        "null",
        '{"ids":"Sky"}',
        '{"ids":["Sky"]}',
        '{"ids":["Sky"],"reason":"","look":null,"made_up":"0"}',
        '{"ids":["Sky"],"reason":"","look":null,"made_up":0,"more":1}',
        '{"ids":["Garage"],"reason":"","look":null,"made_up":0}',
        '{"ids":["Sky","Sky","Sky","Sky","Sky","Sky","Sky"],"reason":"","look":null,"made_up":0}',
    ],
)
async def test_a_row_that_is_not_as_it_was_written_or_not_of_what_is_offered_is_a_miss(
    reasoner: CachedReasoner, inner: Decided, kept: Kept, told: list[str], spoiled: str
) -> None:
    await choosing(reasoner)
    kept.rows = dict.fromkeys(kept.rows, spoiled)
    assert await choosing(reasoner) == CHOSEN
    assert (inner.asked, told) == (["choose", "choose"], [])


async def test_a_kept_plan_that_someone_turned_into_a_change_is_a_miss(
    reasoner: CachedReasoner, inner: Decided, kept: Kept
) -> None:
    await planning(reasoner)
    kept.rows = {place: row.replace(READS.id, CHANGES.id) for place, row in kept.rows.items()}
    assert await planning(reasoner) == PLAN
    assert inner.asked == ["plan", "plan"]


async def test_the_question_stands_in_no_key_and_in_no_choice(reasoner: CachedReasoner, kept: Kept) -> None:
    await choosing(reasoner, "Will it rain on Ada Moss?")
    assert "moss" not in str(kept.rows).casefold()
