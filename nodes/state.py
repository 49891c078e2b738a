"""The state of a thread: JSON values and ids only, so that it outlives the code that wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from catalog.errors import LimitName
from nodes.merging import merge_calls, merge_opened, merge_pause, merge_pool, merge_problems
from nodes.shape import Omission
from nodes.step_state import OriginState, StepState

Route = Literal["index", "rerank", "fan_out"]


class Options(TypedDict, total=False):
    """Wishes of the query, as `graph/requests.py` checked them; limits are filled in from the settings."""

    categories: list[str]
    strategy: str
    approve: str
    dry_run: bool
    max_rounds: int
    max_llm_calls: int
    max_tokens: int
    max_cost_usd: float | None
    deadline_seconds: float


class PooledState(TypedDict):
    """A candidate API of the pool."""

    api_id: str
    raw: float
    """The index's absolute score; 0 where it has none."""
    matched: list[str]
    why: str
    agent: str
    """Who put it here: `index`, or the agent that chose it."""
    asked: NotRequired[list[str]]
    """Questions like this one that it answered before."""


class RejectedState(TypedDict):
    api_id: str
    why: str


class CallState(TypedDict):
    """A call, as the answer shows it."""

    step: str
    api_id: str
    method: str
    url: str
    parameters: dict[str, JsonValue]
    origins: dict[str, OriginState]
    http_status: int | None
    elapsed_ms: float | None
    response: JsonValue
    """In the measure that a thread carries."""
    truncated: bool
    omitted: list[Omission]
    """What was left out of the response, and how much."""
    request: NotRequired[dict[str, JsonValue] | None]
    """In a rehearsal, what would be sent, with headers, body and curl line; threads of before have none."""
    response_url: str | None
    """Where the whole response is, if something was left out."""


class FailureState(TypedDict):
    """What did not work, for the next round: said to the reasoner, and not repeated."""

    api_id: str
    reason: str
    code: NotRequired[str]
    """What kind of failure, where a call failed."""


class PauseState(TypedDict):
    """A soft limit that was reached."""

    limit: LimitName
    needed: float
    """What the limit would have to be for the next thing to be done."""
    at: str
    """The node that is run again where a person says yes; of branches, those that were `cut` short."""
    cut: list[VisitState]


class DraftState(TypedDict):
    """The answer on its way through the graders."""

    pointers: list[list[str]]
    """Pairs of a step and the JSON pointer into its response, of all that the answer quotes."""
    wrong: list[str]
    """What a grader found in it that no response says."""
    last: bool
    """No further try is made: it is marked instead."""
    plain: bool
    """Composed without the model, which could not be had: nothing more is asked of it."""
    marks: list[str]
    """What graders warn of; told with this answer, and not with one that takes its place."""


class AnswerState(TypedDict):
    id: str
    action: Literal["accept", "decline", "cancel"]
    content: dict[str, JsonValue]


def plain(entry: Mapping[str, object]) -> dict[str, JsonValue]:
    """A typed dict as JSON. It is one: every field of the state is, though the type checker cannot see it."""
    return dict(entry)  # type: ignore[arg-type]


class Input(TypedDict):
    """What starts a thread."""

    query: str
    params: NotRequired[dict[str, JsonValue]]
    options: NotRequired[Options]


class VisitState(TypedDict):
    """A branch of the hierarchy, and what is to be done in it."""

    category: str
    tools: list[str]
    """Looked into before, and to be looked through again for what was passed over."""
    choose: bool
    """Whether the category's agent chooses among those that were not looked into."""
    known: NotRequired[list[str]]
    """All that were looked into in earlier rounds, whether or not there is budget to look again."""


class State(TypedDict, total=False):
    query: str
    params: dict[str, JsonValue]
    options: Options
    preset: bool
    """True: the step was given by the caller (`try`), nothing is chosen and no model is asked."""

    round: int
    route: Route
    route_reason: str
    searched: int
    """APIs in the catalog when the index was asked."""
    widen: bool
    """A model has read the index's best, and they do not suffice: the agents follow in the same round."""
    looks: int
    """Searches and descriptions that are left to the agents below the meta agent."""
    visits: list[VisitState]
    """Branches that the meta agent opens in this round."""
    unopened: list[str]
    """Categories that would have been opened, had the budget been larger."""
    opened: Annotated[dict[str, list[str]], merge_opened]
    """Tools that agents looked into in any round, by category."""
    pool: Annotated[list[PooledState], merge_pool]
    problems: Annotated[list[str], merge_problems]
    """What branches report instead of raising; they become warnings."""
    stops: Annotated[list[str], merge_problems]
    """Limits that branches ran into."""

    steps: dict[str, StepState]
    """In the order of the plan; steps of earlier rounds stay."""
    seen: str
    """Fingerprint of the pool that was last planned with."""
    plan_reason: str
    runners_up: list[RejectedState]
    failures: list[FailureState]
    choice_made: bool
    """A person chose among alike APIs; the selection is to be confirmed, not planned anew."""

    calls: Annotated[list[CallState], merge_calls]
    answer: str | None
    draft: DraftState
    again: bool
    """Another round may help, and the limits allow it."""
    unsolved: str
    """Why a grader refused the answer of this round, for the next one."""
    pause: Annotated[PauseState | None, merge_pause]
    resumed: PauseState | None
    """The pause that a person has just ended."""
    extensions: int
    """How often a person allowed the soft limits once more."""
    warnings: list[str]
    stopped_by: str | None
    error: dict[str, JsonValue] | None
    cancelled: bool
    result: dict[str, JsonValue]
    """The finished answer, in the shape of the HTTP contract."""


class CategoryState(TypedDict):
    """What one branch of the fan-out sees."""

    query: str
    options: Options
    category: str
    avoid: str
    looks: int
    """Searches and descriptions that its agents may ask for."""
    visit: NotRequired[VisitState]
    again: bool
    """A later round: pages are twice as large, as what is looked for stood on none, or was passed over."""
    passed: list[str]
    """APIs that are not offered again: chosen before, or tried in vain."""
    tools: NotRequired[list[str]]
    """For a tool agent: the tools that it looks into."""
    opened: Annotated[dict[str, list[str]], merge_opened]
    pool: Annotated[list[PooledState], merge_pool]
    problems: Annotated[list[str], merge_problems]
    stops: Annotated[list[str], merge_problems]
    pause: Annotated[PauseState | None, merge_pause]


class CategoryOutput(TypedDict):
    """Only keys with a reducer, or every branch would write `query` back."""

    opened: Annotated[dict[str, list[str]], merge_opened]
    pool: Annotated[list[PooledState], merge_pool]
    problems: Annotated[list[str], merge_problems]
    stops: Annotated[list[str], merge_problems]
    pause: Annotated[PauseState | None, merge_pause]


class Output(TypedDict):
    """What Studio and langgraph-sdk show as the result."""

    answer: str | None
    result: dict[str, JsonValue]
