"""Fills hidden parameters: constants of the catalog, and what the operator set for a tenant or a user."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr

from callers import secrets
from callers.protocol import EVERYBODY, Caller, Missing, Once, Preview, Reply, Who
from callers.response import changed
from catalog import echoes
from catalog.errors import CallError, MissingCredential, UnusableCredential
from catalog.models import Api, Parameter, Supplied

SETTING = "SWITCHBOARD_VALUES"


class OperatorValues(BaseModel):
    """`SWITCHBOARD_VALUES`: plain, or by reference (`env:NAME`, `file:PATH`, `keyring:SERVICE/NAME`), then secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenants: Mapping[str, Mapping[str, SecretStr]] = Field(default_factory=dict)
    """By tenant, then by name."""
    users: Mapping[str, Mapping[str, SecretStr]] = Field(default_factory=dict)
    """By `TENANT/USER`, then by name."""

    def reference(self, supplied: Supplied, who: Who) -> SecretStr | None:
        whose = (
            self.tenants.get(who.tenant) if supplied.source == "tenant" else self.users.get(f"{who.tenant}/{who.user}")
        )
        return (whose or {}).get(supplied.asked_for)


@dataclass(frozen=True)
class SupplyingCaller:
    """Keeps `Caller`, around another one, which sees complete APIs and values."""

    wrapped: Caller
    values: OperatorValues
    who: Who = EVERYBODY

    def acting_for(self, who: Who) -> SupplyingCaller:
        return SupplyingCaller(self.wrapped.acting_for(who), self.values, who)

    def preview(self, api: Api, values: Mapping[str, JsonValue], *, key: str = "") -> Preview:
        if not api.supplied:
            return self.wrapped.preview(api, values, key=key)
        shown = [self._shown(each) for each in api.supplied]
        completed = {**values, **{p.name: value for p, value in shown}}
        return self.wrapped.preview(_completed(api, shown), completed, key=key)

    async def missing_credential(self, api: Api, *, thread_id: str = "") -> Missing | None:
        for each in api.supplied:
            if each.source != "constant" and not secrets.is_set(self.values.reference(each, self.who)):
                whose = f"the {each.source} of this call"
                return Missing(each.asked_for, f"is not set for {whose}: the operator sets it in {SETTING}")
        return await self.wrapped.missing_credential(api, thread_id=thread_id)

    async def send(
        self, api: Api, values: Mapping[str, JsonValue], *, timeout_seconds: float, once: Once | None = None
    ) -> Reply:
        if not api.supplied:
            return await self.wrapped.send(api, values, timeout_seconds=timeout_seconds, once=once)
        read = [await self._read(each) for each in api.supplied]
        complete = _completed(api, [(parameter, value) for parameter, value, _ in read])
        whole = {**values, **{parameter.name: value for parameter, value, _ in read}}
        traces = echoes.forms(secret for _, _, secret in read)
        try:
            reply = await self.wrapped.send(complete, whole, timeout_seconds=timeout_seconds, once=once)
        except CallError as error:
            echoes.unsay(error, traces)
            raise
        return replace(reply, body=_without(reply.body, traces)) if traces else reply

    async def close(self) -> None:
        await self.wrapped.close()

    def _shown(self, supplied: Supplied) -> tuple[Parameter, JsonValue]:
        """As people may see it: what is had by reference is masked."""
        reference = self.values.reference(supplied, self.who)
        if supplied.source == "constant":
            return supplied.parameter, supplied.value
        if reference is None or secrets.parted(reference)[0]:
            return _loose(supplied.parameter, masked=True), echoes.MASK
        return _loose(supplied.parameter), _typed(supplied, reference.get_secret_value())

    async def _read(self, supplied: Supplied) -> tuple[Parameter, JsonValue, str]:
        """The value as it is sent, and the secret that it is; empty where it is none."""
        if supplied.source == "constant":
            return supplied.parameter, supplied.value, ""
        reference = self.values.reference(supplied, self.who)
        if reference is None:
            raise MissingCredential(supplied.asked_for)
        text = await secrets.read(supplied.asked_for, reference) if secrets.parted(reference)[0] else ""
        plain = text or reference.get_secret_value()
        return _loose(supplied.parameter), _typed(supplied, plain), text


def _without(body: JsonValue, traces: frozenset[str]) -> JsonValue:
    left = changed(body, lambda text: echoes.masked(text, traces))
    return echoes.cut_off(left, traces) if isinstance(left, str) else left


def _completed(api: Api, added: list[tuple[Parameter, JsonValue]]) -> Api:
    return api.model_copy(update={"parameters": (*api.parameters, *(p for p, _ in added)), "supplied": ()})


def _loose(parameter: Parameter, *, masked: bool = False) -> Parameter:
    """Without rules, whose breach would be told with the value."""
    return parameter.model_copy(
        update={"constraints": {}, "enum": (), **({"type": "string", "content_type": ""} if masked else {})}
    )


def _typed(supplied: Supplied, text: str) -> JsonValue:
    """The text in the declared type. Raises UnusableCredential, which does not show it."""
    wanted = supplied.parameter.type
    if wanted == "string":
        return text
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        raise UnusableCredential(supplied.asked_for, f"the parameter is of type {wanted}, and it is not") from None
    return value
