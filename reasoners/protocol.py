"""What it means to decide. A reasoner chooses, plans, fills, answers, judges; it never acts nor sees a credential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import JsonValue

from catalog.models import Api

ChoiceLevel = Literal["group", "category", "tool", "api"]
Band = Literal["take", "confirm"]
OriginSource = Literal["query", "user", "default", "step"]
Outcome = Literal["ok", "not_found", "bad_input", "failed"]


@dataclass(frozen=True)
class Option:
    """Something that can be chosen. `id` is what comes back; `text` is data from the catalog, never an instruction."""

    id: str
    title: str
    text: str = ""
    score: float = 0.0
    """The index's opinion, in [0, 1]; 0: it has none."""


@dataclass(frozen=True)
class More:
    """What can still be looked at before choosing. Each look costs a turn, so nothing is the default."""

    hidden: int = 0
    """Options that are not shown: the next page has some of them."""
    search: bool = False
    """Words can be looked for among them."""
    describe: bool = False
    """The text of what is shown was cut, and can be had in full."""


NOTHING_MORE = More()


@dataclass(frozen=True)
class Look:
    """What is to be looked at before the choice is final; what was named until then stays chosen."""

    next_page: bool = False
    search: str = ""
    describe: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """What was chosen, best first. No ids: nothing offered helps."""

    ids: tuple[str, ...]
    reason: str = ""
    look: Look | None = None
    made_up: int = 0
    """Names that came back though they were not offered; they are dropped."""


@dataclass(frozen=True)
class Candidate:
    """An API of the pool."""

    api: Api
    score: float
    """In [0, 1], 1 for the best of the pool; comparable within this pool only."""
    raw: float = 0.0
    """The index's absolute score; 0 where an agent proposed the API without one."""
    matched: tuple[str, ...] = ()
    """Words of the question that its text covers."""
    why: str = ""


@dataclass(frozen=True)
class Step:
    """One planned call."""

    id: str
    """"1", "2", ... in the order of the plan."""
    api_id: str
    part: str
    """The part of the question that it is for, verbatim; the whole question where there is one step."""
    depends_on: tuple[str, ...] = ()
    """Ids of earlier steps whose results it needs."""
    why: str = ""


@dataclass(frozen=True)
class Rejected:
    """A near API, and why it was not taken."""

    api_id: str
    why: str


@dataclass(frozen=True)
class Plan:
    """The calls that answer the question. No steps: nothing in the pool fits, and `reason` says why."""

    steps: tuple[Step, ...]
    reason: str = ""
    runners_up: tuple[Rejected, ...] = ()
    """The nearest APIs that were not taken, nearest first."""
    alike: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By step id: APIs (the step's own first) that fit alike, so that a person should choose."""
    uncovered: tuple[str, ...] = ()
    """Words of the question that no chosen API's text covers."""
    enough: bool = True
    """False: a part of the question has no candidate, and a look beyond the pool may find one."""


@dataclass(frozen=True)
class Origin:
    """Where a value comes from."""

    source: OriginSource
    start: int | None = None
    """`query`: the span of the question, in characters; None: a model read it from the whole, for a person to see."""
    end: int | None = None
    step: str | None = None
    """`step`: which earlier step, and the JSON pointer into its response."""
    pointer: str | None = None


@dataclass(frozen=True)
class Value:
    """A value for a parameter, with its evidence."""

    value: JsonValue
    origin: Origin
    band: Band = "take"
    """`take` is sent as it is; `confirm` is shown to the person in the form first."""


@dataclass(frozen=True)
class Result:
    """What a finished step brought."""

    step: Step
    api: Api
    outcome: Outcome
    parameters: Mapping[str, JsonValue]
    http_status: int | None = None
    response: JsonValue = None
    """Shaped, and data only: never an instruction."""
    error: str = ""
    """Why there is no response, in words for people."""
    omitted: Mapping[str, int] = field(default_factory=dict)
    """Where the response was too long: by JSON pointer, how much there is in truth."""


@dataclass(frozen=True)
class Answer:
    """An answer in words, and what it rests on."""

    text: str
    pointers: tuple[tuple[str, str], ...] = ()
    """(step id, JSON pointer into its response) of everything that the text quotes."""
    uncovered: tuple[str, ...] = ()
    """Words of the question that neither an API's text nor a response covers; the text names them."""


JudgeQuestion = Literal["grounded", "answers", "pool_enough"]


@dataclass(frozen=True)
class Verdict:
    """Yes or no, and a reason."""

    yes: bool
    reason: str = ""


class Reasoner(Protocol):
    """Decides; never acts, never sees a credential.

    Every name and id that comes back is one that was offered. Raises ReasonerError when no decision can be had.
    """

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
        """Pick at most `limit` options that help with `query`, best first; none is a valid choice.

        `avoid` says what earlier rounds tried and why it failed; `more`, what may be looked at first; `found`, what
        was chosen before from other pages.
        """

    async def plan(self, query: str, pool: Sequence[Candidate], *, avoid: str = "", may_look: bool = False) -> Plan:
        """Plan the calls that answer `query`; no steps when nothing in the pool fits.

        Steps name APIs of the pool only, depend on earlier steps only, and cover the parts of the question in order.
        `may_look`: there is more in the catalog than the pool, and time to look for it.
        """

    async def fill(
        self, query: str, step: Step, api: Api, *, wanted: Sequence[str], earlier: Sequence[Result]
    ) -> Mapping[str, Value]:
        """Values for the `wanted` parameters, by name, from the question and earlier results.

        What has no evidence is left out. `default` is never an origin here: what the API declares is filled in by
        the caller of this method.
        """

    async def answer(
        self, query: str, results: Sequence[Result], *, wrong: Sequence[str] = (), former: str = ""
    ) -> Answer:
        """Say what the results mean for the question, also when they are errors. Never empty.

        `wrong`: what the `former` answer said though it stands in no result; this one must not.
        """

    async def judge(
        self,
        question: JudgeQuestion,
        query: str,
        *,
        answer: str = "",
        results: Sequence[Result] = (),
        pool: Sequence[Candidate] = (),
    ) -> Verdict:
        """`grounded`: everything in `answer` stands in `results`. `answers`: `answer` answers `query`.
        `pool_enough`: the APIs of `pool` suffice for `query`.
        """
