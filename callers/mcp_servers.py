"""An MCP server as the operator names it: an address, or a command to start; secrets by reference."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from callers.addition import Addition
from callers.credentials import Credentials
from callers.protocol import Missing
from catalog.errors import MissingCredential, UnusableCredential

SETTING = "SWITCHBOARD_MCP_SERVERS"
WEB = ("http://", "https://")


class McpServer(BaseModel):
    """One entry of `SWITCHBOARD_MCP_SERVERS`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = ""
    """Address of a server that speaks streamable HTTP."""
    bearer: SecretStr | None = None
    """Token for the header Authorization: `env:NAME`, `file:PATH`, or the secret itself."""
    headers: Mapping[str, SecretStr] = Field(default_factory=dict)
    """Further headers; values as above."""
    command: str = ""
    """Program to start; it speaks over stdin and stdout."""
    args: tuple[str, ...] = ()
    env: Mapping[str, SecretStr] = Field(default_factory=dict)
    """Variables for the program: plain, `env:NAME` or `file:PATH`. Of our own it sees PATH, HOME and the like only."""
    cwd: str = ""
    category: str = ""
    """Category of its tools in the catalog; empty: as the server calls itself."""

    @model_validator(mode="after")
    def _is_one_kind(self) -> McpServer:
        if bool(self.url) == bool(self.command):
            raise ValueError("needs either url or command")
        if self.url and not self.url.startswith(WEB):
            raise ValueError("url must begin with http:// or https://")
        return self


@dataclass(frozen=True)
class Told:
    """What a server is told beyond the calls, looked up when it is opened. Its `repr` shows nothing secret."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[Addition, ...] = ()

    def traces(self) -> frozenset[str]:
        return frozenset(trace for addition in self.secrets for trace in addition.traces())


async def missing(name: str, server: McpServer) -> Missing | None:
    """The first reference that leads to nothing; None: all are there."""
    credentials = Credentials(_references(server))
    for key in _references(server):
        if not await asyncio.to_thread(credentials.has, key):
            return Missing(f"{name}: {key}", f"is not set: the operator sets what {SETTING} refers to")
    return None


async def told(name: str, server: McpServer) -> Told:
    """Raises UnusableCredential."""
    credentials = Credentials(_references(server))
    found = {key: await _secret(credentials, name, key) for key in _references(server)}
    headers = {header: found[f"headers.{header}"] for header in server.headers}
    if server.bearer is not None:
        headers["Authorization"] = f"Bearer {found['bearer']}"
    env = {name: found.get(f"env.{name}", value.get_secret_value()) for name, value in server.env.items()}
    secrets = tuple(Addition("header", key, value, value) for key, value in found.items())
    return Told(headers, env, secrets)


def _references(server: McpServer) -> dict[str, SecretStr]:
    return {
        **({"bearer": server.bearer} if server.bearer is not None else {}),
        **{f"headers.{name}": value for name, value in server.headers.items()},
        # A variable that is written out is a plain setting as a rule: no secret that must not come back in an answer.
        **{f"env.{name}": value for name, value in server.env.items() if _is_reference(value)},
    }


def _is_reference(value: SecretStr) -> bool:
    return value.get_secret_value().startswith(("env:", "file:"))


async def _secret(credentials: Credentials, name: str, key: str) -> str:
    try:
        return await credentials.secret(key)
    except MissingCredential:
        reason = f"{SETTING} refers to something that is not set, or is empty"
        raise UnusableCredential(f"{name}: {key}", reason) from None
    except UnusableCredential as error:
        raise UnusableCredential(f"{name}: {key}", error.reason) from None
