"""An MCP server as the operator names it: an address, or a command to start; secrets by reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from callers.credentials import Addition, Credentials
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
    """Variables for the program; values as above. Of our own environment it sees PATH, HOME and the like only."""
    cwd: str = ""
    category: str = ""
    """Category of its tools in the catalog; empty: MCP."""

    @model_validator(mode="after")
    def _is_one_kind(self) -> McpServer:
        if bool(self.url) == bool(self.command):
            raise ValueError("needs either url or command")
        if self.url and not self.url.startswith(WEB):
            raise ValueError("url must begin with http:// or https://")
        return self


@dataclass(frozen=True)
class Secrets:
    """What a server is told in secret, looked up when it is opened."""

    headers: tuple[Addition, ...] = ()
    env: tuple[Addition, ...] = ()

    def traces(self) -> frozenset[str]:
        return frozenset(trace for addition in (*self.headers, *self.env) for trace in addition.traces())


def missing(name: str, server: McpServer) -> str | None:
    """The first reference that leads to nothing, in words; None: all are there."""
    credentials = Credentials(_references(server))
    return next((f"{name}: {key}" for key in _references(server) if not credentials.has(key)), None)


async def secrets(name: str, server: McpServer) -> Secrets:
    """Raises UnusableCredential."""
    credentials = Credentials(_references(server))
    headers, env = [], []
    if server.bearer is not None:
        token = await _secret(credentials, name, "bearer")
        headers.append(Addition("header", "Authorization", f"Bearer {token}", token))
    for header in server.headers:
        value = await _secret(credentials, name, f"headers.{header}")
        headers.append(Addition("header", header, value, value))
    for variable in server.env:
        value = await _secret(credentials, name, f"env.{variable}")
        env.append(Addition("header", variable, value, value))
    return Secrets(tuple(headers), tuple(env))


def _references(server: McpServer) -> dict[str, SecretStr]:
    return {
        **({"bearer": server.bearer} if server.bearer is not None else {}),
        **{f"headers.{name}": value for name, value in server.headers.items()},
        **{f"env.{name}": value for name, value in server.env.items()},
    }


async def _secret(credentials: Credentials, name: str, key: str) -> str:
    try:
        return await credentials.secret(key)
    except MissingCredential:
        reason = f"{SETTING} refers to something that is not set, or is empty"
        raise UnusableCredential(f"{name}: {key}", reason) from None
    except UnusableCredential as error:
        raise UnusableCredential(f"{name}: {key}", error.reason) from None
