"""Calls Python functions and LangChain tools of the modules that the operator names, within a deadline."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from typing import cast

from pydantic import JsonValue, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from callers import arguments, response
from callers.protocol import Missing, Once, Preview, Reply, Who
from callers.python_functions import NotOffered, Offer, load, offer, public
from catalog.errors import (
    BrokenResponse,
    CallError,
    CallTimeout,
    CallUnreachable,
    InvalidArguments,
    OutcomeUnknown,
    ResponseTooLarge,
    SettingsError,
    ToolFailed,
)
from catalog.models import Api

STATUS = 200  # a function that returns has done what it was asked
MOST_THREADS = 64  # a function that never returns keeps its thread, and nothing can take it away


class PythonCaller:
    """Keeps `Caller`. Functions run in threads of their own, so that one that hangs holds nothing else up."""

    def __init__(self, modules: Collection[str], *, limit_bytes: int = 2_000_000) -> None:
        self._modules = frozenset(modules)
        self._limit_bytes = limit_bytes
        self._offers: dict[str, Offer] = {}
        self._threads = threading.BoundedSemaphore(MOST_THREADS)

    def preview(self, api: Api, values: Mapping[str, JsonValue], *, key: str = "") -> Preview:
        if problems := arguments.problems(api, values):
            raise InvalidArguments(api.id, problems)
        written = ", ".join(f"{name}={value!r}" for name, value in values.items())
        return Preview(
            method=api.method,
            url=f"python:{api.target}",
            body=dict(values),
            curl=f"{api.target.replace(':', '.')}({written})",
        )

    def acting_for(self, who: Who) -> PythonCaller:
        return self  # functions are the operator's own: nobody's secret goes to them

    async def missing_credential(self, api: Api, *, thread_id: str = "") -> Missing | None:
        return None

    async def send(
        self, api: Api, values: Mapping[str, JsonValue], *, timeout_seconds: float, once: Once | None = None
    ) -> Reply:
        self.preview(api, values)
        started = time.perf_counter()
        running = False
        try:
            async with asyncio.timeout(timeout_seconds):
                offered = await self._offered(api)
                call = _prepared(api, offered, values)
                if once is not None:
                    once.permit()
                running = True
                content = await (_awaited(call) if offered.is_async else self._in_thread(call))
        except TimeoutError:
            if running and api.risk == "mutating":
                reason = f"it had not come back within {timeout_seconds:g} s, and may still be running"
                raise OutcomeUnknown(api.id, reason) from None
            raise CallTimeout(api.target, timeout_seconds) from None
        except _NotJson as error:
            return self._unshown(api, started, BrokenResponse(api.target, str(error)))
        except _Raised as error:
            raise ToolFailed(api.target, str(error)) from None
        if len(content) > self._limit_bytes:
            return self._unshown(api, started, ResponseTooLarge(api.target, self._limit_bytes))
        elapsed_ms = (time.perf_counter() - started) * 1000
        return Reply(STATUS, response.read(*_unwrapped(content)), elapsed_ms)

    def _unshown(self, api: Api, started: float, error: CallError) -> Reply:
        """What changes something is done, though its result cannot be shown. Raises the error for what only reads."""
        if api.risk == "safe":
            raise error
        return Reply(STATUS, None, (time.perf_counter() - started) * 1000, truncated=True)

    async def close(self) -> None:
        """Threads are daemons: one that hangs does not keep the process alive."""

    async def _offered(self, api: Api) -> Offer:
        if api.target not in self._offers:
            found = cast("Offer", await self._threaded(lambda: self._found(api)))
            self._offers[api.target] = found
        return self._offers[api.target]

    def _found(self, api: Api) -> Offer:
        module, _, name = api.target.partition(":")
        try:
            return offer(public(load(module, self._modules))[name])
        except KeyError:
            raise CallUnreachable(api.target, "the module no longer has it; import the module again") from None
        except NotOffered as error:
            raise CallUnreachable(api.target, f"it {error}") from None
        except SettingsError as error:
            raise CallUnreachable(api.target, error.reason) from None

    async def _in_thread(self, call: Callable[[], object]) -> bytes:
        return cast("bytes", await self._threaded(lambda: _written(_run(call))))

    async def _threaded(self, work: Callable[[], object]) -> object:
        """The work's result or error, from a thread that nobody waits for when the time is over."""
        if not self._threads.acquire(blocking=False):
            raise CallUnreachable("python", f"{MOST_THREADS} earlier calls have not come back")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[object] = loop.create_future()
        context = contextvars.copy_context()

        def settle(result: object, error: BaseException | None) -> None:
            if not done.done():
                done.set_exception(error) if error is not None else done.set_result(result)

        def run() -> None:
            result: object = None
            failure: BaseException | None = None
            try:
                result = context.run(work)
            except BaseException as error:  # whatever it is, the one who waits must learn of it
                failure = error
            finally:
                self._threads.release()
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, result, failure)

        threading.Thread(target=run, name="switchboard-call", daemon=True).start()
        return await done


class _Raised(Exception):
    """What the function said of its own failure."""


class _NotJson(Exception):
    """Why the result cannot be handed on."""


def _prepared(api: Api, offered: Offer, values: Mapping[str, JsonValue]) -> Callable[[], object]:
    try:
        return offered.prepare(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        problems = [(".".join(map(str, each["loc"])), each["msg"]) for each in found]
        raise InvalidArguments(api.id, problems) from None


async def _awaited(call: Callable[[], object]) -> bytes:
    try:
        result = await call()  # type: ignore[misc]  # the offer says that it can be awaited
    except (Exception, SystemExit) as error:
        raise _Raised(_told(error)) from None
    return _written(result)


def _run(call: Callable[[], object]) -> object:
    try:
        result = call()
        if inspect.isawaitable(result):  # a plain wrapper around an `async` function
            return asyncio.run(_result_of(result))
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        raise _Raised(_told(error)) from None
    return result


async def _result_of(awaitable: Awaitable[object]) -> object:
    return await awaitable


def _told(error: BaseException) -> str:
    """Its own words without the way it took: a traceback names files and holds values."""
    words = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _written(result: object) -> bytes:
    if isinstance(result, Iterator | AsyncIterator):
        raise _NotJson("it comes piece by piece, and may have no end")
    try:
        return to_json(result, bytes_mode="base64", inf_nan_mode="null", fallback=str)
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise _NotJson(f"it cannot be written as JSON ({type(error).__name__})") from None


def _unwrapped(content: bytes) -> tuple[bytes, str]:
    """Many tools give JSON as text: what is in the text is read like any other answer."""
    value = response.read(content, "application/json")
    return (value.encode(), "text/plain") if isinstance(value, str) else (content, "application/json")
