"""What the operator lets be called: rules over entries of the catalog, of which the first that fits decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator, model_validator

from catalog.models import Api, Kind, Risk

Decision = Literal["auto", "ask", "deny"]
VERSION = 1


class Rule(BaseModel):
    """All that it names must fit; what it leaves out fits anything. Of a list, one must fit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decide: Decision
    """`auto`: sent without asking; `ask`: a person approves it first; `deny`: never sent."""
    name: str = ""
    reason: str = ""
    """Told to whoever asked."""
    method: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    tool: tuple[str, ...] = ()
    """Names or ids of tools; tags of OpenAPI documents are tools."""
    api: tuple[str, ...] = ()
    """Ids."""
    risk: Risk | None = None
    kind: Kind | None = None
    tenant: tuple[str, ...] = ()
    cost_above: float | None = Field(default=None, ge=0)
    """US dollars that one call costs. What is not known is not above, and not below either."""
    cost_up_to: float | None = Field(default=None, ge=0)
    cost_known: bool | None = None

    @field_validator("method", "category", "tool", "api", "tenant", mode="before")
    @classmethod
    def _is_list(cls, said: JsonValue) -> JsonValue:
        return [said] if isinstance(said, str) else said

    @field_validator("method", "category", "tool", "api", "tenant")
    @classmethod
    def _names_something(cls, said: tuple[str, ...]) -> tuple[str, ...]:
        if not said or not all(said):
            raise ValueError("must name something; leave it out to fit all")
        return said

    @model_validator(mode="after")
    def _can_fit(self) -> Rule:
        limits = (self.cost_above, self.cost_up_to)
        if self.cost_known is False and limits != (None, None):
            raise ValueError("cost_known: false fits no call with a cost, so cost_above and cost_up_to never fit")
        return self

    def fits(self, api: Api, tenant: str) -> bool:
        return all(self._fitting(api, tenant))

    def _fitting(self, api: Api, tenant: str) -> Iterator[bool]:
        yield _one_of(self.method, api.method.upper(), upper=True)
        yield _one_of(self.category, api.category)
        yield _one_of(self.tool, api.tool_name, api.tool_id)
        yield _one_of(self.api, api.id)
        yield _one_of(self.tenant, tenant)
        yield self.risk in (None, api.risk)
        yield self.kind in (None, api.kind)
        cost = api.cost_usd
        yield self.cost_known in (None, cost is not None)
        yield self.cost_above is None or (cost is not None and cost > self.cost_above)
        yield self.cost_up_to is None or (cost is not None and cost <= self.cost_up_to)


class Policy(BaseModel):
    """The rules, in the order in which they are tried. Without any, each API's risk decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    rules: tuple[Rule, ...] = ()

    def rule_for(self, api: Api, tenant: str) -> Rule | None:
        """The first that fits."""
        return next((rule for rule in self.rules if rule.fits(api, tenant)), None)

    def called(self, rule: Rule) -> str:
        """What people call the rule."""
        place = next(place for place, each in enumerate(self.rules, start=1) if each is rule)
        return repr(rule.name) if rule.name else f"number {place}"


def read_policy(value: JsonValue) -> Policy:
    """Raises ValueError with everything that is wrong, each with its place."""
    if not isinstance(value, dict):
        raise ValueError("must be a mapping with `version` and `rules`")
    if "version" not in value:
        raise ValueError(f"version: must be {VERSION}, the only one there is")
    try:
        return Policy.model_validate(value)
    except ValidationError as error:
        raise ValueError("; ".join(_told(each["loc"], each["msg"], each["type"]) for each in error.errors())) from None


def _told(place: Sequence[str | int], message: str, kind: str) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
    if kind == "extra_forbidden":
        known = Rule.model_fields if place[0] == "rules" else Policy.model_fields
        message = f"is not known here; known are {', '.join(known)}"
    return f"{where}: {message.removeprefix('Value error, ')}"


def _one_of(wanted: Sequence[str], *names: str, upper: bool = False) -> bool:
    """Whether a name fits one of the patterns (`*` and `?` as in file names); none of them fits all."""
    return not wanted or any(fnmatchcase(name, each.upper() if upper else each) for each in wanted for name in names)
