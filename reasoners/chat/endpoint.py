"""One model at one address: how many requests at once, for how long, how often, and the account of each."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import httpx2
from langchain_core.messages import AIMessage, BaseMessage
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from catalog.errors import BudgetExhausted, ModelUnavailable
from reasoners.chat.completions import NoCompletion
from reasoners.chat.concessions import Concessions, Sent, told
from reasoners.chat.driver import Unreadable
from reasoners.chat.failures import Failed, failed, is_of_the_models_making
from reasoners.chat.model import DirectModel
from reasoners.chat.prices import Price
from reasoners.meter import Meter, ModelCall

_CHARACTERS_PER_TOKEN = 4  # near enough to set aside a budget; what was really used is settled afterwards
_TOKENS_OF_AN_ANSWER = 150
_LONGEST_PAUSE_SECONDS = 20.0  # a server that asks for more is down as far as a waiting person is concerned


@dataclass(frozen=True)
class Endpoint:
    """Shared by all reasoners that ask this model; whose budget it is comes with each request."""

    model: DirectModel = field(repr=False)
    client: httpx2.AsyncClient = field(repr=False)
    host: str
    slots: asyncio.Semaphore = field(repr=False)
    """Held also while a request waits to be repeated, so that a busy server is left in peace."""
    timeout_seconds: float
    """For one request with its retries, from the moment it has a slot."""
    price: Price | None = None
    attempts: int = 3
    pause_seconds: float = 0.5
    """Before the first retry, doubled before each further one. A server's Retry-After goes before."""
    concessions: Concessions = field(default_factory=Concessions, repr=False)
    secret: str = field(default="", repr=False)
    """The key, only to keep it out of messages that a server echoes."""

    async def ask(
        self, messages: Sequence[BaseMessage], binding: dict[str, Any], *, prompt: str, meter: Meter
    ) -> AIMessage:
        """Raises ModelUnavailable, BudgetExhausted when the run's time or means are up, and Unreadable."""
        left = meter.seconds_left()
        if left <= 0:
            raise BudgetExhausted("deadline_seconds")
        try:
            async with asyncio.timeout(None if math.isinf(left) else left), self.slots:
                return await self._with_retries(messages, binding, prompt, meter)
        except TimeoutError:
            raise BudgetExhausted("deadline_seconds") from None

    async def close(self) -> None:
        await self.client.aclose()

    def scrubbed(self, text: str) -> str:
        """The text without the key, should a server have echoed it."""
        return text.replace(self.secret, "***") if self.secret else text

    async def _with_retries(
        self, messages: Sequence[BaseMessage], binding: dict[str, Any], prompt: str, meter: Meter
    ) -> AIMessage:
        retrying = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, Failed) and error.transient),
            stop=lambda state: state.attempt_number >= self.attempts or self._too_late(state, meter),
            wait=self._pause,
            reraise=True,
        )
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await retrying(self._conceding, messages, binding, prompt, meter)
        except TimeoutError:
            reason = f"{self.host} gave no complete answer within {self.timeout_seconds:g} s"
            raise ModelUnavailable(reason) from None

    async def _conceding(
        self, messages: Sequence[BaseMessage], binding: dict[str, Any], prompt: str, meter: Meter
    ) -> AIMessage:
        """Asks again at once, with less, where the server names a field that it does not take."""
        while True:
            sent = self.concessions.to_send(binding)
            try:
                return await self._once(told(messages, binding, sent), sent, prompt, meter)
            except Failed as refusal:
                if not self.concessions.learn(refusal, sent):
                    raise

    def _too_late(self, state: RetryCallState, meter: Meter) -> bool:
        """A pause that outlasts the time is not waited for: the failure at hand says more than "too late"."""
        left = self.timeout_seconds - (state.seconds_since_start or 0)
        return self._pause(state) >= min(left, meter.seconds_left())

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked_for = error.retry_after if isinstance(error, Failed) else None
        pause = self.pause_seconds * 2 ** (state.attempt_number - 1) if asked_for is None else asked_for
        return min(pause, _LONGEST_PAUSE_SECONDS)

    async def _once(self, messages: Sequence[BaseMessage], sent: Sent, prompt: str, meter: Meter) -> AIMessage:
        reserved = _about_tokens(messages, sent.binding)
        fields = dict(sent.binding) if sent.temperature else {**sent.binding, "temperature": None}
        meter.reserve(reserved)
        started = perf_counter()
        reply: AIMessage | None = None
        error: str | None = "cut off before an answer came"
        try:
            reply = await self.model.ainvoke(list(messages), **fields)  # `bind` would cost 0.4 ms more
            error = None
            return reply
        except (httpx2.HTTPError, OSError, NoCompletion) as reason:
            if is_of_the_models_making(reason):
                error = "a call that the server refused to pass on"
                raise Unreadable("The arguments of the call do not keep to its schema.") from None
            failure = failed(reason, self.host, self.scrubbed)
            error = failure.reason
            raise failure from None  # the cause holds the request, and with it the key
        finally:
            elapsed_ms = (perf_counter() - started) * 1000
            meter.settle(self._account(prompt, reply, elapsed_ms, error), reserved=reserved)

    def _account(self, prompt: str, reply: AIMessage | None, elapsed_ms: float, error: str | None) -> ModelCall:
        usage = (reply.response_metadata.get("token_usage") or {}) if reply else {}
        read, written = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
        cost = self.price.of(read, written) if self.price else None
        return ModelCall(prompt, read, written, cost, elapsed_ms, error)


def _count(tokens: object) -> int | None:
    return tokens if isinstance(tokens, int) and tokens >= 0 else None


def _about_tokens(messages: Sequence[BaseMessage], binding: Mapping[str, Any]) -> int:
    characters = sum(len(m.text) for m in messages) + len(json.dumps(dict(binding), ensure_ascii=False))
    return characters // _CHARACTERS_PER_TOKEN + _TOKENS_OF_AN_ANSWER
