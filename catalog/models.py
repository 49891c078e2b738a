"""The catalog's entries: group > category > tool > API > parameter, as every room reads them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

Place = Literal["path", "query", "header", "cookie", "body"]
JsonType = Literal["string", "integer", "number", "boolean", "array", "object"]
Risk = Literal["safe", "mutating"]
AuthKind = Literal["api_key", "bearer", "basic"]
AuthPlace = Literal["header", "query", "cookie"]
Approval = Literal["always", "never"]
Style = Literal["simple", "label", "matrix", "form", "spaceDelimited", "pipeDelimited", "deepObject", "cookie"]
Kind = Literal["http", "python", "mcp"]


class Entry(BaseModel):
    """What all entries share: they are read from outside, and never change once read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(Entry):
    """One input of an API, and where in the request it stands."""

    name: str = Field(min_length=1)
    place: Place = "query"
    type: JsonType = "string"
    required: bool = False
    title: str = ""
    description: str = ""
    enum: tuple[JsonValue, ...] = ()
    default: JsonValue = None
    """What the upstream assumes when the parameter is left out; never an example. None: it declares none."""
    example: JsonValue = None
    """What a value may look like. Never filled in silently."""
    style: Style | None = None
    """How a list or object is written (OpenAPI's word); None: as is usual for its place."""
    explode: bool | None = None
    """Whether each item stands by itself; None: as is usual for its style."""
    allow_reserved: bool = False
    """Whether `:/?#[]@!$&'()*+,;=` go into a query as they are."""
    content_type: str = ""
    """The value is written as a document of this media type, whatever its place; empty: as `style` says."""
    wire_name: str = ""
    """Its name in the request, where another parameter of the API bears that name; empty: `name`."""
    constraints: dict[str, JsonValue] = Field(default_factory=dict)
    """Further JSON Schema keywords: format, pattern, minimum, maxLength, items, properties, ..."""

    @property
    def sent_as(self) -> str:
        return self.wire_name or self.name

    def json_schema(self) -> dict[str, JsonValue]:
        """The JSON Schema of one value, description included."""
        schema: dict[str, JsonValue] = {"type": self.type, **self.constraints}
        if self.title:
            schema["title"] = self.title
        if self.description:
            schema["description"] = self.description
        if self.enum:
            schema["enum"] = list(self.enum)
        return schema


class Supplied(Entry):
    """A hidden parameter: its value is known before anybody asks."""

    parameter: Parameter
    source: Literal["constant", "tenant", "user"]
    """`tenant`, `user`: what the operator set for whoever asks (`SWITCHBOARD_VALUES`)."""
    value: JsonValue = None
    """Of a constant."""
    key: str = ""
    """The name under which the operator sets it; empty: the parameter's own."""

    @property
    def asked_for(self) -> str:
        return self.key or self.parameter.name


class AuthScheme(Entry):
    """A credential that an API wants. It names the secret; the value stands nowhere in the catalog."""

    name: str = Field(min_length=1)
    """The name under which the operator sets the secret (`SWITCHBOARD_CREDENTIALS`)."""
    kind: AuthKind
    place: AuthPlace = "header"
    parameter: str = "Authorization"
    """Name of the header, query parameter or cookie that carries an `api_key`."""


class Api(Entry):
    """One callable operation of a tool. Complete in itself: what is needed to choose it, fill it and call it."""

    id: str = Field(min_length=1)
    """Unique and stable across imports, by habit `category/tool/api`."""
    name: str = Field(min_length=1)
    title: str = ""
    """How a person would call it ("Get order status"); empty: the name is shown."""
    description: str = ""
    category: str
    tool_id: str
    tool_name: str
    method: str = "GET"
    url: str = ""
    """Absolute URL with `{name}` placeholders for path parameters. Empty: known, but it cannot be called."""
    parameters: tuple[Parameter, ...] = ()
    auth: tuple[tuple[AuthScheme, ...], ...] = ()
    """Alternatives; each names all the credentials that it needs together. Empty: none is needed."""
    risk: Risk = "safe"
    """Whether a call changes anything outside."""
    approval: Approval | None = None
    """Whether a person approves each call; None: as the risk says. A caller who wants to be asked always is asked."""
    idempotency_header: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")
    """The header by which the upstream knows a call that it did before, and does it once; None: it knows none."""
    cost_usd: float | None = Field(default=None, ge=0)
    """What one call costs, in US dollars, for policies; None: unknown."""
    supplied: tuple[Supplied, ...] = ()
    """What is sent and nobody is asked for: no model sees it, and no form shows it."""
    hidden: bool = False
    """In the catalog, but no question finds it."""
    body_type: str = "application/json"
    """Media type of the body, where there are body parameters."""
    body_is_value: bool = False
    """The one body parameter is the body itself (a list, a text, a file), not a field of it."""
    kind: Kind = "http"
    """How it is called: over HTTP by `url`, as a Python function, or as a tool of an MCP server."""
    target: str = ""
    """Where a call of another kind goes: `module:function`, or the name of the MCP server and its tool."""
    examples: tuple[str, ...] = ()
    """Questions that this API answers."""
    response_shape: JsonValue = None
    """Keys and value types of a response (`{"id": "str", "items": [{"name": "str"}]}`); None: unknown."""

    @model_validator(mode="after")
    def _has_each_name_once(self) -> Api:
        asked = {parameter.name for parameter in self.parameters}
        for each in self.supplied:
            if each.parameter.name in asked:
                raise ValueError(f"supplied: {each.parameter.name!r} stands among the parameters too")
        return self

    @property
    def label(self) -> str:
        return self.title or self.name

    @property
    def required(self) -> tuple[Parameter, ...]:
        return tuple(p for p in self.parameters if p.required)

    def parameter(self, name: str) -> Parameter | None:
        return next((p for p in self.parameters if p.name == name), None)


class Tool(Entry):
    """APIs that belong together, by habit those of one host."""

    id: str = Field(min_length=1)
    """`category/tool`; unique in the catalog."""
    name: str = Field(min_length=1)
    description: str = ""
    category: str = Field(min_length=1)
    apis: tuple[Api, ...] = ()


class Category(Entry):
    """A named set of tools."""

    name: str = Field(min_length=1)
    description: str = ""
    group: str | None = None
    """The level above (CATEGORY_MAPPING in the LangGraph write-up of AnyTool); None: in no group."""


class ToolSummary(Entry):
    """A tool without its APIs, as lists and agents show it."""

    id: str
    name: str
    description: str
    category: str
    apis: int
    """How many APIs it has."""


class CategorySummary(Entry):
    """A category with counts, as lists and agents show it."""

    name: str
    description: str
    group: str | None
    tools: int
    apis: int


class SourceSummary(Entry):
    """Where entries came from, and how many are left of it."""

    name: str
    format: str
    imported_at: str
    """RFC 3339, UTC."""
    apis: int


class CatalogStats(Entry):
    """Counts per level, and the version that they belong to."""

    version: str
    """Content hash: equal catalogs have equal versions."""
    groups: int
    categories: int
    tools: int
    apis: int
    sources: tuple[SourceSummary, ...]
