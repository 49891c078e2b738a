"""Builds the one model object of a configuration, with our own HTTP client, and the reasoner around it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from catalog.echoes import forms
from catalog.errors import SettingsError
from reasoners.chat.drivers import driver_named
from reasoners.chat.prices import Price, bundled_prices
from reasoners.chat.prompts import Prompt, bundled_prompts
from reasoners.chat.reasoner import ChatReasoner
from reasoners.providers import OPENAI, DriverName, provider_at

if TYPE_CHECKING:
    import httpx2

    from reasoners.chat.model import DirectModel


def open_chat(
    *,
    model: str,
    base_url: str | None = None,
    api_key: str | None = None,
    timeout_seconds: float = 60,
    max_concurrency: int = 16,
    way_out: httpx2.AsyncBaseTransport | None = None,
    driver: DriverName | None = None,
    prompts: Mapping[str, Prompt] | None = None,
    prices: Mapping[str, Price | None] | None = None,
    temperature: float | None = 0,
    attempts: int = 3,
    pause_seconds: float = 0.5,
) -> ChatReasoner:
    """A reasoner that asks `model` at `base_url`, OpenAI's own where it is None. Nothing is contacted yet.

    `driver` is the form in which this model is asked; None: the one of its provider. `prompts` and `prices` go before
    the bundled ones, by name; a price of None is not known. `temperature` None: the server's own. `way_out` is what
    opens connections, and is closed with the reasoner; None: straight there. Raises SettingsError.
    """
    from reasoners.chat.endpoint import Endpoint

    key = _checked(api_key) or "none"  # local servers want no key, but the client wants one
    address = base_url or OPENAI.base_url
    provider = provider_at(address)
    client = _http_client(address, key, timeout_seconds, max_concurrency, way_out)
    direct = _direct(model, address, key, client, temperature if provider.takes_temperature(model) else None)
    client.headers.update(direct.account)
    endpoint = Endpoint(
        model=direct,
        client=client,
        host=urlsplit(address).netloc.rpartition("@")[2],
        slots=asyncio.Semaphore(max_concurrency),
        timeout_seconds=timeout_seconds,
        price={**bundled_prices(), **(prices or {})}.get(model),
        attempts=attempts,
        pause_seconds=pause_seconds,
        secret=(api_key or "").strip(),
    )
    told = {**bundled_prompts(), **(prompts or {})}
    return ChatReasoner(endpoint, driver_named(driver or provider.driver, provider.tool_choice), told)


def _direct(model: str, address: str, key: str, client: httpx2.AsyncClient, temperature: float | None) -> DirectModel:
    # Imported here: it takes a second and 60 MB, which those who ask no model should not pay.
    from reasoners.chat.model import DirectModel

    async def give_key() -> str:
        # As a coroutine the key is shown by no repr, and no second, blocking client is built.
        return key

    return DirectModel(
        model=model,
        base_url=address,
        api_key=give_key,
        http_async_client=client,
        temperature=temperature,
        max_retries=0,
        use_responses_api=False,
        # Else a graph whose messages are watched would stream, and streams carry no usage.
        disable_streaming=True,
    )


def _checked(api_key: str | None) -> str:
    """A copy of a key often brings a line end along; other characters of that kind cannot stand in a header."""
    key = (api_key or "").strip()
    if not key.isascii() or (key and not key.isprintable()):
        raise SettingsError("OPENAI_API_KEY", "holds a character that no key has; copy it again")
    return key


def _http_client(
    address: str, key: str, timeout_seconds: float, max_concurrency: int, way_out: httpx2.AsyncBaseTransport | None
) -> httpx2.AsyncClient:
    """The one pool of connections to this address. It follows no redirect, so the key goes nowhere else."""
    import httpx2

    from reasoners.chat.failures import limit_size
    from reasoners.chat.scrubbing import without
    from reasoners.chat.streams import put_together

    return httpx2.AsyncClient(
        transport=way_out,
        trust_env=False,  # a proxy that is there for other programs would read the key and the questions
        timeout=httpx2.Timeout(timeout_seconds, connect=min(10.0, timeout_seconds), pool=None),
        limits=httpx2.Limits(max_connections=max_concurrency, max_keepalive_connections=max_concurrency),
        base_url=address,
        headers={
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "switchboard",
            "Accept-Encoding": "identity",  # else a small body could unpack into a large one
        },
        event_hooks={"response": [limit_size, put_together, without(forms([key]))]},
    )
