"""What the service answers, as models for its documentation. Nothing is validated with them on the way out."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from catalog.errors import LimitName
from graph.runs import ThreadStatus
from nodes.state import Route
from nodes.step_state import AskReason

StoppedBy = Literal["max_rounds"] | LimitName

PROBLEMS = {
    403: "This service may not fetch from that host.",
    404: "No such thread, entry or route.",
    409: "The thread is busy or exists already, or the question is not open (any more).",
    412: "The entry has changed since it was read.",
    413: "The body is too large.",
    422: "The body or a query parameter does not fit; `errors` says where.",
    503: "The store or the model cannot be reached; try again after `Retry-After` seconds.",
}


class Document(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FieldError(Document):
    pointer: str
    """JSON pointer into the body; for a query parameter its name."""
    detail: str


class Problem(BaseModel):
    """A failure (RFC 9457). `code` is for programs, `detail` for people."""

    type: str
    title: str
    status: int | None = None
    """Absent from the `error` of a run that failed: its answer is a 200."""
    detail: str
    code: str
    errors: list[FieldError] | None = None
    thread_id: str | None = None
    still_open: list[str] | None = None


class Origin(Document):
    """Where a value came from: `start`, `end` point into the query; `step`, `pointer` into an earlier response."""

    source: Literal["query", "user", "default", "step"]
    start: int | None = None
    end: int | None = None
    step: str | None = None
    pointer: str | None = None


class Omitted(BaseModel):
    pointer: str
    kept: int
    of: int
    places: list[int] = []
    """Where the kept items of a list stood in the whole; empty: they were its first."""


class ResponsePage(BaseModel):
    """A part of what a call brought."""

    pointer: str
    offset: int
    total: int | None
    """Items, fields or characters that stand at the pointer; null: a value without parts."""
    next_offset: int | None
    value: JsonValue
    omitted: list[Omitted]


class Call(BaseModel):
    """One request that was sent, or would be."""

    step: str
    api_id: str
    method: str
    url: str
    parameters: dict[str, JsonValue]
    origins: dict[str, Origin]
    http_status: int | None
    """Null: not sent."""
    elapsed_ms: float | None
    response: JsonValue
    truncated: bool
    omitted: list[Omitted]
    """What was left out of the response, which was too long to be carried whole."""
    response_url: str | None
    """Where the whole response can be paged; null: nothing was left out, or nothing is kept."""
    request: JsonValue = None
    """In a rehearsal: method, URL, headers and body as they would be sent, secrets masked, and a curl line."""


class PoolEntry(Document):
    api_id: str
    score: float
    why: str


class Near(Document):
    """An API that did not fit, and why not."""

    api_id: str
    why: str


class AskingApi(Document):
    id: str
    title: str
    category: str
    tool: str
    method: str


class Rejected(Document):
    pointer: str
    detail: str
    rejected: JsonValue = None


class InputRequest(BaseModel):
    """What a person is asked, as a form: `schema` is a flat object of primitives."""

    model_config = ConfigDict(protected_namespaces=())

    id: str
    step: str | None
    """Null: it is about the question as a whole."""
    reason: AskReason
    attempt: int
    message: str
    api: AskingApi | None
    known: dict[str, JsonValue]
    form: dict[str, JsonValue] = Field(alias="schema")
    errors: list[Rejected]
    request: JsonValue
    """For an approval: the exact request, secrets masked."""
    url: str | None
    """For a credential that a person grants: where to sign in."""
    expires_at: str | None
    """For an approval: until when it may be given and used."""


class Usage(Document):
    """Unknown is null, never zero."""

    llm_calls: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    elapsed_ms: float


class Answer(BaseModel):
    """The one answer shape, for a query at any moment of its life."""

    status: ThreadStatus
    thread_id: str
    run_id: str | None
    answer: str | None
    calls: list[Call]
    pool: list[PoolEntry]
    input_requests: list[InputRequest]
    warnings: list[str]
    strategy: Route | None
    rounds: int
    stopped_by: StoppedBy | None
    closest: list[Near]
    error: Problem | None
    resume_url: str | None
    usage: Usage
    catalog_version: str | None


class ThreadSummary(Document):
    thread_id: str
    status: ThreadStatus
    query: str
    created_at: str
    updated_at: str
    open_questions: int


class Threads(Document):
    threads: list[ThreadSummary]
    next_cursor: str | None


class Trace(BaseModel):
    """Why the answer is as it is: what was considered and chosen, sent and received, and what it cost."""

    thread_id: str
    query: str | None
    """Null: one API was tried, without a question."""
    status: ThreadStatus
    rounds: list[JsonValue]
    """Of each pass: the way that was taken and why, and what every agent was offered, chose and spent."""
    plan: JsonValue
    plan_reason: str | None
    runners_up: JsonValue
    parameters: JsonValue
    """Of each step: every value with its origin, and what had to be asked."""
    requests: JsonValue
    answer_checks: JsonValue
    inputs: JsonValue
    """What a person was asked and did; the values stand in `parameters`."""
    spent: Usage | None
    stopped_by: StoppedBy | None
    catalog_version: str | None
    prompt_versions: dict[str, str]


class Health(Document):
    status: Literal["ok"]


class Ready(Document):
    status: Literal["ready"]
    catalog_version: str
    apis: int
