"""What the service answers, as models for its documentation. Nothing is validated with them on the way out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel, StringConstraints

from catalog.differences import Difference
from catalog.models import Api, CategorySummary, ToolSummary
from graph.requests import Strict

Status = Literal["completed", "input_required", "no_tool", "declined", "failed", "cancelled", "running"]
Reason = Literal["missing_parameters", "approval", "choose_api", "credentials_required", "outcome_unknown", "budget"]
StoppedBy = Literal["max_rounds", "max_llm_calls", "max_tokens", "max_cost_usd", "deadline_seconds"]

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
    reason: Reason
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

    status: Status
    thread_id: str
    run_id: str | None
    answer: str | None
    calls: list[Call]
    pool: list[PoolEntry]
    input_requests: list[InputRequest]
    warnings: list[str]
    strategy: Literal["index", "rerank", "fan_out"] | None
    rounds: int
    stopped_by: StoppedBy | None
    closest: list[Near]
    error: Problem | None
    resume_url: str | None
    usage: Usage
    catalog_version: str | None


class ThreadSummary(Document):
    thread_id: str
    status: Status
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
    status: Status
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


class Categories(Document):
    categories: list[CategorySummary]


class Tools(Document):
    category: str
    tools: list[ToolSummary]


class Apis(Document):
    tool: ToolSummary
    apis: list[Api]


class SearchResult(Document):
    api_id: str
    title: str
    description: str
    category: str
    tool: str
    method: str
    score: float
    """1 for the best result; comparable within one search only."""
    matched: list[str]
    """Words of the query that this API's text covers."""
    matched_fields: list[str]
    """Which of its fields share these words: name, title, description, parameters, category, tool, address, examples,
    response. Empty where it was found by a mended spelling or by its meaning."""


class SearchResults(Document):
    results: list[SearchResult]
    matched: int | None
    """How many APIs, of the categories asked for, share a word with the query; null where a method is asked for."""
    none: bool
    """No API fits well enough: a question in these words would be refused without a model. Results are the nearest."""
    searched: int
    """How many APIs there are to find."""
    version: str
    without: str = ""
    """What could not be counted in, and why: vectors, where their model is down."""


Source = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


class ImportRequest(Strict):
    """The body of `POST /catalog/import`: exactly one of `source` and `document`."""

    source: Source | None = None
    """A URL on a host that the operator allows."""
    document: JsonValue = None
    """The catalog itself: a JSON object or list, or the text of a file."""
    format: str = Field(default="auto", min_length=1, max_length=50)
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] = "http"
    """The import replaces what was imported under this name before."""
    base_url: str = Field(default="", max_length=2000)
    """Where relative addresses of the document start; unset: at its `source`."""
    dry_run: bool = False


class Fields(RootModel[dict[str, JsonValue]]):
    """An entry, or a part of one, before it is known to fit."""

    model_config = ConfigDict(frozen=True)


class SkippedRecord(Document):
    where: str
    reason: str


class Report(Document):
    """What an import did. Counts are of APIs."""

    source: str
    format: str
    imported: int
    replaced: int
    removed: int
    duplicates: int
    skipped: list[SkippedRecord]
    version: str
    dry_run: bool
    difference: Difference | None
    """What is not as it was; null where the source held nothing before, so that everything is new."""


class Correction(Document):
    """What a person changed of an imported API, and how its source says it. It stays through every import."""

    api_id: str
    source: str
    """Where the API comes from; empty: it is not in the catalog now."""
    fields: list[str]
    """What was changed: `description`, `parameters.city.description`."""
    changes: dict[str, JsonValue]
    imported: Api


class Corrections(Document):
    corrections: list[Correction]


class ApiHealth(Document):
    api_id: str
    standing: float
    """What its score is multiplied by where APIs are chosen; 1: nothing speaks against it."""
    calls: int
    latency_ms: float | None
    """On average, the latest calls most. null: no call was answered."""
    unauthorized: int
    not_found: int
    throttled: int
    failed: int
    """Timeouts, connections that broke, answers that cannot be used, server errors."""
    seconds_ago: float
    """When it was called last."""


class UpstreamHealth(Document):
    name: str
    """Its origin, or the name of an MCP server."""
    open: bool
    """Too many failures in a row: nothing is sent until one call found it back."""
    paused_seconds: float
    """How long it asked to be left alone."""


class CallHealth(Document):
    apis: list[ApiHealth]
    upstreams: list[UpstreamHealth]
    """Only those to which nothing is sent for now."""


class Health(Document):
    status: Literal["ok"]


class Ready(Document):
    status: Literal["ready"]
    catalog_version: str
    apis: int
