"""What the demo reads of the service's answers. What a newer service adds is ignored."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Origin(Read):
    source: str
    start: int | None = None
    end: int | None = None
    step: str | None = None
    pointer: str | None = None


class Call(Read):
    step: str
    api_id: str
    method: str
    url: str
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    origins: dict[str, Origin] = Field(default_factory=dict)
    http_status: int | None = None
    elapsed_ms: float | None = None


class Near(Read):
    """An API of the pool, or one that came close."""

    api_id: str
    score: float | None = None
    why: str = ""


class ShownRequest(Read):
    method: str = ""
    url: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    body: JsonValue = None


class Form(Read):
    properties: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)


class InputRequest(Read):
    model_config = ConfigDict(protected_namespaces=())

    id: str
    reason: str
    message: str
    form: Form = Field(default_factory=Form, alias="schema")
    request: ShownRequest | None = None


class Usage(Read):
    elapsed_ms: float | None = None


class Answer(Read):
    status: str
    thread_id: str
    answer: str | None = None
    calls: list[Call] = Field(default_factory=list)
    pool: list[Near] = Field(default_factory=list)
    closest: list[Near] = Field(default_factory=list)
    input_requests: list[InputRequest] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    resume_url: str | None = None
    usage: Usage = Field(default_factory=Usage)


class Agent(Read):
    agent: str
    chosen: list[str] = Field(default_factory=list)
    reason: str | None = None


class Round(Read):
    route: str | None = None
    reason: str | None = None
    agents: list[Agent] = Field(default_factory=list)


class PlannedStep(Read):
    step: str
    api_id: str
    depends_on: list[str] = Field(default_factory=list)
    why: str = ""


class Trace(Read):
    rounds: list[Round] = Field(default_factory=list)
    plan: list[PlannedStep] = Field(default_factory=list)


class Entry(Read):
    """An API as the catalog has it."""

    id: str
    name: str
    title: str = ""
    category: str = ""
    tool_name: str = ""
