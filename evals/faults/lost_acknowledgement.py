"""An upstream makes a change and its answer is lost: the change is made once, whatever is tried then."""

from __future__ import annotations

import asyncio
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from socket import SO_LINGER, SOL_SOCKET

from evals.faults.program import Finding, Outcome, Program, Wanted
from evals.faults.service_child import Answer, Child
from evals.faults.shop import LostAnswer, Shop, say
from evals.faults.shop_service import shop_service

TIMES, FEW = 100, 1
TRIES, AGAIN_SECONDS = 60, 0.5
UNREAD = 0.05
"""The part of what was sent that the shop may not have read."""
AT_ONCE = 20
TIMEOUT_SECONDS, SHORT_SECONDS = 1.0, 0.3
"""Of a call to the shop, which hangs in one of the ways."""
ASKED = {
    "an upstream without keys": ("Cancel order {}", "yes"),
    "one that knows keys": ("Pay the invoice of order {}", "send_again"),
}
"""What is asked for, and what a person says who is asked whether it happened: `send_again` is safe with keys only."""


async def _reset(writer: asyncio.StreamWriter) -> None:
    taken = writer.get_extra_info("socket")
    taken.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))  # closing now sends RST
    writer.transport.abort()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _half(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
    await writer.drain()
    writer.close()


async def _hang(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def _error(writer: asyncio.StreamWriter) -> None:
    await say(writer, 500, {"error": "Something broke on our side."})


WAYS: Mapping[str, LostAnswer] = {"reset": _reset, "close": _close, "half": _half, "hang": _hang, "500": _error}


async def run(wanted: Wanted) -> Outcome:
    """Each change is asked for once, and where its outcome is unknown a person settles it."""
    shop = Shop()
    times = wanted.times or (FEW if wanted.short else TIMES)
    seconds = SHORT_SECONDS if wanted.short else TIMEOUT_SECONDS
    findings: list[Finding] = []
    figures: Counter[str] = Counter()
    first = 100_000
    async with shop_service(wanted, shop, call_timeout_seconds=seconds) as (process,):
        for name, lost in WAYS.items():
            for upstream, (question, said) in ASKED.items():
                wanted.say(f"{name}, {upstream} ...")
                orders = [str(first + n) for n in range(times)]
                first += times
                shop.lost = lost
                ended = await _all(process, [question.format(order_id) for order_id in orders], said)
                shop.lost = None
                figures.update(ended)
                findings.append(_finding(f"{name}, {upstream}", ended, orders, shop))
    figures.update({"changes made": shop.done.total(), "requests for them": shop.tried.total()})
    return Outcome(tuple(findings), {**figures, "made twice": len(shop.twice())})


def _finding(case: str, ended: Counter[str], orders: list[str], shop: Shop) -> Finding:
    """Failed is only what never left the service, as there was no connection in time.

    What left it and was not read in time is unknown as well: rare, and on a busy machine only.
    """
    reached = len(set(orders) & {what.rpartition("/")[2] for what in shop.tried})
    asked_for_nothing = ended["unknown"] + ended["completed"] - reached
    known = sum(ended[end] for end in ("unknown", "completed", "failed")) == len(orders)
    true = ended["completed"] <= reached and 0 <= asked_for_nothing <= UNREAD * len(orders)
    detail = f"{dict(ended)}, reached the shop: {reached}, twice: {shop.twice()}"
    return Finding(case, known and true and not shop.twice(), detail)


async def _all(process: Child, questions: list[str], said: str) -> Counter[str]:
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(question: str) -> str:
        async with limit:
            return await _ended(process, question, said)

    return Counter(await asyncio.gather(*(one(question) for question in questions)))


async def _ended(process: Child, question: str, said: str) -> str:
    """How a change ended: `unknown` where a person was asked, and settled it."""
    answer = await _patiently(lambda: process.ask(question, key=question))
    if answer.status != HTTPStatus.OK:
        return f"HTTP {answer.status} {answer.body['code']}"
    reasons = [request["reason"] for request in answer.body["input_requests"]]
    if reasons != ["outcome_unknown"]:
        return str(answer.body["status"])
    thread_id, settled = answer.body["thread_id"], {"params": {"happened": said}}
    answer = await _patiently(lambda: process.resume(thread_id, settled, key=f"settle {question}"))
    status = answer.body["status"] if answer.status == HTTPStatus.OK else answer.body["code"]
    return "unknown" if status == "completed" else f"unknown, then {status}"


async def _patiently(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """Comes again where it is told to; the key makes it the same question."""
    for _ in range(TRIES):
        answer = await call()
        if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
            break
        await asyncio.sleep(AGAIN_SECONDS)
    return answer


PROGRAM = Program(
    "lost-acknowledgement", "0 changes made twice; each is unknown and settled by a person, or known by its key", run
)
