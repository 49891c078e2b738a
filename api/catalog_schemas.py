"""What the routes of the catalog take and answer, as models; only what they take is validated with them."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue, RootModel, StringConstraints

from api.schemas import Document
from catalog.differences import Difference
from catalog.models import Api, CategorySummary, ToolSummary
from graph.requests import Strict


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
