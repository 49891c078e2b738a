"""What went wrong at a model's endpoint, in words for people, and whether trying again may help."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from catalog.errors import ModelUnavailable
from reasoners.chat.completions import NoCompletion

LIMIT_BYTES = 8 * 1024 * 1024
"""No decision takes more; a server that sends more is broken."""
_WORTH_A_RETRY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})


class Failed(ModelUnavailable):
    """One request that brought no answer."""

    def __init__(
        self,
        reason: str,
        *,
        transient: bool,
        retry_after: float | None = None,
        status: int | None = None,
        said: str = "",
    ) -> None:
        super().__init__(reason)
        self.transient = transient
        self.status = status
        """None: no answer of the HTTP kind came."""
        self.said = said
        """The server's own words."""
        self.retry_after = retry_after
        """Seconds; None: the server did not say."""


class AnswerTooLarge(httpx2.RequestError):
    """More than LIMIT_BYTES."""


def failed(error: Exception, host: str, scrubbed: Callable[[str], str]) -> Failed:
    """The failure of one request, with nothing in it that is secret."""
    if isinstance(error, AnswerTooLarge):
        return Failed(f"{host} sent more than {LIMIT_BYTES} bytes", transient=False)
    if isinstance(error, httpx2.HTTPStatusError):
        return _refused(error.response, host, scrubbed)
    if isinstance(error, httpx2.TimeoutException):
        return Failed(f"{host} did not answer in time", transient=False)
    if isinstance(error, NoCompletion):
        said = scrubbed(_first_words(str(error)))
        return Failed(f"{host} answered with something else than a chat completion: {said}", transient=True)
    return Failed(f"{host} could not be reached, or broke the connection off", transient=True)


def _refused(response: httpx2.Response, host: str, scrubbed: Callable[[str], str]) -> Failed:
    status, said = response.status_code, scrubbed(_first_words(_said(response)))
    return Failed(
        f"{host} answered {status}: {said}" if said else f"{host} answered {status}",
        transient=status in _WORTH_A_RETRY,
        retry_after=_retry_after(response.headers),
        status=status,
        said=said,
    )


def is_of_the_models_making(error: Exception) -> bool:
    """Whether the server refuses what the model wrote, not what it was sent: Groq checks calls against the schema."""
    if not isinstance(error, httpx2.HTTPStatusError) or error.response.status_code != 400:
        return False
    return _error_in(error.response).get("code") == "tool_use_failed"


def _said(response: httpx2.Response) -> str:
    """The server's words; where they stand in no place that is known, all of the body."""
    error = _error_in(response)
    said = (error.get(name) for name in ("message", "error", "detail"))
    return next((text for text in said if isinstance(text, str) and text), response.text)


def _error_in(response: httpx2.Response) -> Mapping[str, object]:
    """The object that says what is wrong, or the whole of the body's."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(body, dict):
        return {}
    return body["error"] if isinstance(body.get("error"), dict) else body


def _first_words(text: str) -> str:
    return " ".join(text.split())[:300]


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds, from either form of the header; None where it is absent or cannot be read."""
    given = headers.get("retry-after", "")
    if given.strip().isdigit():
        return float(given)
    try:
        seconds = (parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
    return max(0.0, seconds)


async def limit_size(response: httpx2.Response) -> None:
    """A response hook: cuts off a body that is larger than any answer can be."""
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Limited(response.stream)


class _Limited(httpx2.AsyncByteStream):
    def __init__(self, wrapped: httpx2.AsyncByteStream) -> None:
        self._wrapped = wrapped

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for chunk in self._wrapped:
            taken += len(chunk)
            if taken > LIMIT_BYTES:
                raise AnswerTooLarge(f"more than {LIMIT_BYTES} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._wrapped.aclose()
