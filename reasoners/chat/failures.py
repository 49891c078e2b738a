"""What went wrong at a model's endpoint, in words for people, and whether trying again may help."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2
import openai

from catalog.errors import ModelUnavailable

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
    if _caused_by_size(error):
        return Failed(f"{host} sent more than {LIMIT_BYTES} bytes", transient=False)
    if isinstance(error, openai.APIStatusError):
        said = scrubbed(_first_words(error.message.removeprefix(f"Error code: {error.response.status_code} - ")))
        status = error.response.status_code
        return Failed(
            f"{host} answered {status}: {said}",
            transient=status in _WORTH_A_RETRY,
            retry_after=_retry_after(error.response.headers),
            status=status,
            said=said,
        )
    if isinstance(error, openai.APITimeoutError):
        return Failed(f"{host} did not answer in time", transient=False)
    if isinstance(error, openai.APIConnectionError | OSError | httpx2.HTTPError):
        return Failed(f"{host} could not be reached, or broke the connection off", transient=True)
    # A lookup that fails in the client's depths says nothing to people.
    said = f": {scrubbed(_first_words(str(error)))}" if isinstance(error, ValueError) else ""
    return Failed(f"{host} answered with something else than a chat completion{said}", transient=True)


def is_of_the_models_making(error: Exception) -> bool:
    """Whether the server refuses what the model wrote, not what it was sent: Groq checks calls against the schema."""
    return isinstance(error, openai.BadRequestError) and error.code == "tool_use_failed"


def _caused_by_size(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, AnswerTooLarge):
            return True
        error = error.__cause__
    return False


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
