"""A real OpenAI-compatible HTTP server with answers written beforehand: agents are measured without a model."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from evals.oracle import Oracle
from evals.records import Record, as_json, counters, record_of
from evals.replies import RESET, Asked, Behaviour, Fault, Json, Reply, Script, Streamed, completion, message_of, stream
from evals.scenarios import scenario_named

DRIP_SECONDS = 0.02  # far below any read timeout, so that only a deadline ends it


class ScriptedModel:
    """Serves `/v1/chat/completions` and `/v1/models` on loopback, from a thread of its own.

    A list of replies is a script; a single reply is given to every request; a function is asked each time.

    Beside these, `GET /v1/counters` sums up what was asked, `GET /v1/requests` tells of each request, under the name
    of the question that `label` finds in it, and `POST /v1/forget` begins anew.
    """

    def __init__(
        self,
        behaviour: Behaviour | list[Reply] | Reply,
        *,
        latency_seconds: float = 0.0,
        usage: bool = True,
        host: str = "127.0.0.1",
        port: int = 0,
        label: Callable[[Asked], str] = lambda asked: "",
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        self._behave = _as_behaviour(behaviour)
        self._latency_seconds = latency_seconds
        self._usage = usage
        self._address = (host, port)
        self._label = label
        self._forget = forget
        self._thread: threading.Thread | None = None
        self._running: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()
        self.requests: list[Asked] = []
        """What arrived, in order."""
        self.records: list[Record] = []
        """What was answered, in the order of the answers."""
        self.under_way = 0
        self.most_at_once = 0

    @property
    def url(self) -> str:
        """The base URL, as clients want it."""
        return f"http://{self._address[0]}:{self._running.result()[2]}/v1"

    @property
    def characters(self) -> int:
        """Of all prompts until now."""
        return sum(asked.characters for asked in self.requests)

    def start(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="scripted-model", daemon=True)
        self._thread.start()
        self._running.result()  # raises what kept the server from starting, as a busy port does
        return self

    def stop(self) -> None:
        """Breaks off whatever is under way, and returns when the thread is gone."""
        loop, stopping, _ = self._running.result()
        loop.call_soon_threadsafe(stopping.set)
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._running.set_exception(error)

    async def _serve(self) -> None:
        loop, stopping = asyncio.get_running_loop(), asyncio.Event()
        connections: set[asyncio.Task[None]] = set()

        def accept() -> None:
            # At once, and not awaited: a connection that comes in the moment the server stops would get lost.
            with suppress(BlockingIOError, ConnectionError):
                client = clients.enter_context(listener.accept()[0])
                task = loop.create_task(self._connected(client))
                connections.add(task)
                task.add_done_callback(connections.discard)

        with ExitStack() as clients, socket.create_server(self._address, backlog=512) as listener:
            listener.setblocking(False)
            loop.add_reader(listener, accept)
            self._running.set_result((loop, stopping, listener.getsockname()[1]))
            await stopping.wait()
            loop.remove_reader(listener)
            for task in connections:
                task.cancel()
            await asyncio.gather(*connections, return_exceptions=True)

    async def _connected(self, client: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=client)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its reply. False: the connection is done."""
        asked = await _read(reader)
        if not asked.path.endswith("/chat/completions"):
            return await _send(writer, self._other(asked))
        self.requests.append(asked)
        number, arrived = len(self.requests), time.time()
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, at_once := self.under_way)
        answer = RESET  # as far as the client sees, unless it waits for the answer
        try:
            await asyncio.sleep(self._latency_seconds)
            answer = self._rendered(self._behave(asked), asked, number)
            return await _send(writer, answer)
        finally:
            self.under_way -= 1
            told = record_of(asked, answer, number=number, question=self._label(asked), at_once=at_once)
            self.records.append(replace(told, arrived=arrived, answered=time.time()))

    def _other(self, asked: Asked) -> Fault:
        """What there is beside completions."""
        match asked.path.rpartition("/")[2]:
            case "models":
                listed: Json = {"object": "list", "data": [{"id": "scripted", "object": "model", "owned_by": "evals"}]}
                return Fault(200, body=json.dumps(listed))
            case "requests":
                return Fault(200, body=as_json(self.records))
            case "counters":
                return Fault(200, body=json.dumps(counters(self.records, self.most_at_once)))
            case "forget":
                self.requests, self.records, self.most_at_once = [], [], 0
                self._forget()
                return Fault(200, body="{}")
        told = "there are /v1/chat/completions, /v1/models, /v1/requests, /v1/counters and /v1/forget"
        return Fault(404, body=json.dumps({"error": {"message": told}}))

    def _rendered(self, reply: Reply, asked: Asked, number: int) -> Fault:
        if isinstance(reply, Fault):
            return reply
        if isinstance(reply, Streamed):
            events = stream(reply, asked, number, usage=self._usage)
            return Fault(200, {"content-type": "text/event-stream"}, events)
        body = completion(message_of(reply, asked), asked, number, usage=self._usage)
        return Fault(200, body=json.dumps(body))


def _as_behaviour(given: Behaviour | list[Reply] | Reply) -> Behaviour:
    if callable(given):
        return given
    if isinstance(given, list):
        return Script(given)
    return lambda asked: given


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    raw = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
    body = json.loads(raw) if raw else {}
    return Asked(first.split(" ")[1], headers, body if isinstance(body, dict) else {}, raw)


async def _send(writer: asyncio.StreamWriter, fault: Fault) -> bool:
    if fault.manner == "hang":
        await asyncio.Event().wait()
    if fault.manner == "reset":
        writer.transport.abort()
        return False
    body = fault.body.encode()
    length = 1_000_000 if fault.manner == "drip" else len(body)
    headers = {"content-type": "application/json", "content-length": str(length), **fault.headers}
    lines = [f"HTTP/1.1 {fault.status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
    await writer.drain()
    while fault.manner == "drip":
        await asyncio.sleep(DRIP_SECONDS)
        writer.write(body)
        await writer.drain()
    return True


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve an oracle until interrupted, for pointing the service at it by hand."""
    parser = argparse.ArgumentParser(prog="python -m evals.scripted_model", description=main.__doc__)
    parser.add_argument("--oracle", type=Path, required=True, help="JSON: [{question, apis: [{api_id, ...}]}]")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--scenario", type=scenario_named, default="perfect", help="how it errs: looks-first+faults")
    given = parser.parse_args(arguments)
    oracle = Oracle.read(given.oracle, given.scenario)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with ScriptedModel(
        oracle,
        latency_seconds=given.latency,
        host=given.host,
        port=given.port,
        label=oracle.question_of,
        forget=oracle.forget,
    ) as model:
        sys.stdout.write(f"OPENAI_BASE_URL={model.url}\n")
        sys.stdout.flush()
        stopping.wait()
        sys.stderr.write(f"{len(model.requests)} requests, {model.characters} characters\n")


if __name__ == "__main__":
    main()
