"""What may be asked of the service, checked once: every door (HTTP, command line, Studio) parses into these."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

QUERY_LIMIT_CHARACTERS = 8_000
Strategy = Literal["auto", "fan_out", "index"]
Approve = Literal["always", "mutating", "never"]
Action = Literal["accept", "decline", "cancel"]

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=QUERY_LIMIT_CHARACTERS)]
ThreadId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]


class Strict(BaseModel):
    """Unknown fields are refused; a value is never turned into another type in silence."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class QueryOptions(Strict):
    """Limits and wishes for one query. Limits are hard; None takes the operator's setting."""

    categories: list[Annotated[str, StringConstraints(min_length=1, max_length=200)]] = Field(
        default=[], max_length=200
    )
    """Only these categories are searched; empty: all."""
    max_llm_calls: int | None = Field(default=None, ge=0, le=10_000)
    max_tokens: int | None = Field(default=None, ge=0, le=100_000_000)
    max_cost_usd: float | None = Field(default=None, ge=0)
    deadline_seconds: float | None = Field(default=None, gt=0, le=3_600)
    max_rounds: int | None = Field(default=None, ge=1, le=10)
    strategy: Strategy = "auto"
    approve: Approve | None = None
    dry_run: bool = False


class QueryRequest(Strict):
    """The body of `POST /query`."""

    query: Text
    params: dict[str, JsonValue] = Field(default={}, max_length=200)
    """Values supplied beforehand, by parameter name, for every step that has it."""
    thread_id: ThreadId | None = None
    options: QueryOptions = QueryOptions()


class TryRequest(Strict):
    """The body of `POST /catalog/apis/{api_id}/try`."""

    params: dict[str, JsonValue] = Field(default={}, max_length=200)
    dry_run: bool = False


class Response(Strict):
    """A person's answer to one input request."""

    id: str = Field(min_length=1, max_length=200)
    action: Action
    content: dict[str, JsonValue] = Field(default={}, max_length=500)


class ResumeRequest(Strict):
    """The body of `POST /query/{thread_id}/resume`: `responses`, or `params` where one request is open."""

    responses: list[Response] | None = Field(default=None, min_length=1, max_length=100)
    params: dict[str, JsonValue] | None = Field(default=None, max_length=200)
