"""Three processes of the service on one PostgreSQL: ask on one, answer on another, kill the third."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from evals.speed_service import Served, serving
from graph.services import Services

Start = Callable[..., AbstractAsyncContextManager[Services]]
LEASE = "2"


@pytest.fixture
async def three(start: Start, database_url: str, tmp_path: Path) -> AsyncIterator[list[Served]]:
    """Each with a folder of its own, on a catalog that one of them took in."""
    async with start(database_url=database_url):
        pass
    settings = {
        "SWITCHBOARD_DATABASE_URL": database_url,
        "SWITCHBOARD_LEASE_SECONDS": LEASE,
        "SWITCHBOARD_ALLOW_NETWORKS": '["127.0.0.0/8"]',
    }
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        replicas = [serving(tmp_path / f"replica-{n}", settings=settings) for n in range(3)]
        served = [pool.submit(stack.enter_context, replica) for replica in replicas]
        yield [each.result() for each in served]


def asked(served: Served, path: str, body: object = None) -> Any:
    method = "GET" if body is None else "POST"
    return httpx2.request(method, f"{served.url}{path}", json=body, timeout=60, trust_env=False).json()


def ended(served: Served, thread_id: str) -> Any:
    until = time.monotonic() + 60
    while (body := asked(served, f"/threads/{thread_id}"))["status"] == "running":
        assert time.monotonic() < until, body
        time.sleep(0.05)
    return body


def test_what_one_asks_another_answers_and_what_dies_is_taken_up(three: list[Served], upstream: Any) -> None:
    one, two, third = three
    body = asked(one, "/query", {"query": "Cancel order 55555"})
    (question,) = body["input_requests"]
    answer = {"responses": [{"id": question["id"], "action": "accept"}]}
    assert asked(two, f"/query/{body['thread_id']}/resume", answer)["status"] == "completed"
    assert upstream.sent("DELETE") == ["/orders/55555"]

    upstream.hold.clear()
    doomed = {"query": "Has order 55555 shipped?", "thread_id": "doomed"}
    with contextlib.suppress(httpx2.TransportError), ThreadPoolExecutor(1) as pool:
        hangs = pool.submit(asked, third, "/query", doomed)
        while not upstream.sent("GET"):
            time.sleep(0.01)
        os.kill(third.pid, signal.SIGKILL)
        upstream.hold.set()
        hangs.result()
    assert "Oak Tray" in ended(one, "doomed")["answer"]
    assert ended(two, "doomed")["status"] == "completed"
