"""The service with the shop's catalog, as one process or several on one store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from evals.faults.program import Wanted
from evals.faults.raw_server import raw_server
from evals.faults.service_child import Child, child
from evals.faults.shop import Shop, catalog

LEASE_SECONDS = 4
"""Where only leases tell that a process died; its runs are then taken up soon."""


def settings_of(wanted: Wanted, **given: Any) -> Mapping[str, Any]:
    """The service's settings: no model, nothing to be approved, calls to loopback allowed."""
    settings = {
        "data_dir": str(wanted.folder / "data"),
        "reasoner": "offline",
        "allow_networks": ["127.0.0.0/8"],
        "approve": "never",
        "lease_seconds": LEASE_SECONDS,
        "circuit_failures": 1_000_000,  # the shop fails on purpose, and shall be asked all the same
        **given,
    }
    return {**settings, "database_url": wanted.database_url} if wanted.database_url else settings


@asynccontextmanager
async def shop_service(wanted: Wanted, shop: Shop, *, processes: int = 1, **given: Any) -> AsyncIterator[list[Child]]:
    """So many processes on one store."""
    settings = settings_of(wanted, **given)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(raw_server(shop.script))
        ready = [await stack.enter_async_context(child(settings)) for _ in range(processes)]
        await ready[0].call("import", document=catalog(server.url))
        yield ready
