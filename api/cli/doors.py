"""Two ways to the same answers: the services opened here, or a running service over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from pydantic import BaseModel, JsonValue

from api.tenant import DEFAULT
from catalog.errors import SwitchboardError

if TYPE_CHECKING:
    import httpx2

    from graph.manager import RunManager
    from graph.requests import QueryRequest, ResumeRequest

Body = dict[str, JsonValue]
CONNECT_SECONDS = 10.0


class Door(Protocol):
    """Gives bodies as the HTTP contract has them. Raises SwitchboardError."""

    async def ask(self, request: QueryRequest) -> Body: ...

    async def resume(self, thread_id: str, request: ResumeRequest) -> Body: ...

    async def thread(self, thread_id: str) -> Body: ...

    async def trace(self, thread_id: str) -> Body: ...


class Refused(SwitchboardError):
    """The service answered with a problem."""

    code = "refused"
    cure = "Correct what it names, or --url; `switchboard ask --help` says what may be asked."

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail or f"The service answered with status {status}.")
        self.status = status
        self.detail = detail


class ServiceUnreachable(SwitchboardError):
    """No Switchboard answers at this address."""

    code = "service_unreachable"
    cure = "Start one with `switchboard serve`, correct --url, or leave --url out to work on the data folder."

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"No Switchboard answers at {url}: {reason.rstrip('.')}.")


@dataclass(frozen=True)
class Here:
    """On the data folder, in this process."""

    runs: RunManager

    async def ask(self, request: QueryRequest) -> Body:
        return await self.runs.ask(request, tenant=DEFAULT)

    async def resume(self, thread_id: str, request: ResumeRequest) -> Body:
        return await self.runs.resume(thread_id, request, tenant=DEFAULT)

    async def thread(self, thread_id: str) -> Body:
        return await self.runs.thread(thread_id, tenant=DEFAULT)

    async def trace(self, thread_id: str) -> Body:
        return await self.runs.trace(thread_id, tenant=DEFAULT)


@dataclass(frozen=True)
class There:
    """A running service."""

    client: httpx2.AsyncClient

    async def ask(self, request: QueryRequest) -> Body:
        return await self._send("POST", "query", request)

    async def resume(self, thread_id: str, request: ResumeRequest) -> Body:
        return await self._send("POST", f"query/{quote(thread_id, safe='')}/resume", request)

    async def thread(self, thread_id: str) -> Body:
        return await self._send("GET", f"threads/{quote(thread_id, safe='')}")

    async def trace(self, thread_id: str) -> Body:
        return await self._send("GET", f"threads/{quote(thread_id, safe='')}/trace")

    async def _send(self, method: str, path: str, request: BaseModel | None = None) -> Body:
        import httpx2

        content = request.model_dump_json(exclude_unset=True) if request else None
        try:
            response = await self.client.request(method, path, content=content)
            body = response.json()
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ServiceUnreachable(str(self.client.base_url), str(error) or type(error).__name__) from None
        except ValueError:
            raise ServiceUnreachable(str(self.client.base_url), "the answer is not JSON") from None
        if not isinstance(body, dict):
            raise ServiceUnreachable(str(self.client.base_url), "the answer is no JSON object")
        if response.is_success:
            return body
        raise Refused(response.status_code, str(body.get("detail", "")))


@asynccontextmanager
async def door(url: str | None) -> AsyncIterator[Door]:
    """To the service at `url`; None: to the data folder."""
    if url is None:
        from api.cli.opening import opened

        async with opened() as services:
            yield Here(services.runs)
        return
    import httpx2

    # A run may take as long as its own deadline says; only finding nobody is a matter of seconds.
    patience = httpx2.Timeout(None, connect=CONNECT_SECONDS)
    try:
        client = httpx2.AsyncClient(base_url=url, timeout=patience, trust_env=False)
    except (httpx2.InvalidURL, ValueError) as error:
        raise ServiceUnreachable(url, str(error)) from None
    async with client:
        yield There(client)
