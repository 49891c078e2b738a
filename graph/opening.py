"""Opens every part from the settings, and closes what was opened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from callers.audited import AuditedCaller
from callers.credentials import Credentials
from callers.egress_transport import GuardedTransport
from callers.health import Health
from callers.http import HttpCaller
from callers.kinds import KindCaller
from callers.limits import Limits, Upstreams
from callers.mcp_caller import McpCaller
from callers.mcp_sessions import McpSessions
from callers.protocol import Caller
from callers.python_caller import PythonCaller
from callers.steady import SteadyCaller
from callers.supplied import OperatorValues, SupplyingCaller
from catalog.errors import SettingsError
from catalog.index import TantivyIndex
from catalog.store import CatalogIndex
from graph.following import Announced, FollowingIndex
from graph.gate import open_gate
from graph.keys import open_keys
from graph.outside import egress_of, way_to_tokens
from graph.parts import Parts
from graph.quiet import keep_quiet
from graph.settings import Settings
from graph.storage import Storage, open_storage
from graph.vectors import with_vectors
from reasoners.chat.prices import Price, bundled_prices, own_prices
from reasoners.chat.prompts import own_prompts
from reasoners.chat.reasoner import ChatReasoner
from reasoners.codes import read_all
from reasoners.offline.reasoner import OfflineReasoner
from reasoners.providers import OPENAI


@asynccontextmanager
async def open_parts(
    settings: Settings, *, storage: Storage | None = None, never_block: bool = False
) -> AsyncIterator[Parts]:
    """`storage`: the stores, where somebody else uses them too. Raises StoreUnavailable, SettingsError."""
    parts = await asyncio.to_thread(opened, settings, storage=storage, never_block=never_block)
    try:
        yield parts
    finally:
        await parts.close()


def opened(settings: Settings, *, storage: Storage | None = None, never_block: bool = False) -> Parts:
    """Reads and writes files: not for the event loop. Raises StoreUnavailable, SettingsError.

    With `never_block`, the parts too leave the event loop alone: it is not ours.
    """
    read_all()
    keep_quiet()
    storage = storage or open_storage(settings, never_block=never_block)
    gate, keys = open_gate(settings), open_keys(settings, storage.vault(), lambda: way_to_tokens(settings))
    values = settings.values or OperatorValues()
    catalog = storage.catalog()
    index: CatalogIndex = TantivyIndex.open(settings.folder / "index", catalog, never_block=never_block)
    if isinstance(catalog, Announced):
        index = FollowingIndex(index)
    index = with_vectors(index, catalog, settings)
    health, upstreams = Health(), Upstreams(_limits(settings))
    steady = SteadyCaller(_caller(settings, keys.credentials), upstreams=upstreams, health=health)
    return Parts(
        settings=settings,
        catalog=catalog,
        index=index,
        caller=AuditedCaller(SupplyingCaller(steady, values), gate.audit),
        gate=gate,
        keys=keys,
        health=health,
        upstreams=upstreams,
        ledger=storage.ledger(),
        offline=OfflineReasoner(index=index),
        chat=_chat(settings),
        cache=storage.cache(),
        lessons=storage.lessons(),
    )


def _caller(settings: Settings, credentials: Credentials) -> Caller:
    limit, egress = settings.response_limit_bytes, egress_of(settings)
    sessions = McpSessions(settings.mcp_servers, allow_stdio=settings.mcp_stdio, egress=egress, limit_bytes=limit)
    return KindCaller(
        {
            "http": HttpCaller.open(
                credentials=credentials,
                egress=egress,
                limit_bytes=limit,
            ),
            "python": PythonCaller(settings.python_modules, limit_bytes=limit),
            "mcp": McpCaller(sessions),
        }
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        at_once=settings.upstream_concurrency,
        per_second=settings.upstream_per_second,
        retries=settings.call_retries,
        longest_pause_seconds=settings.longest_pause_seconds,
        failures=settings.circuit_failures,
        open_seconds=settings.circuit_seconds,
    )


def _chat(settings: Settings) -> ChatReasoner | None:
    if settings.chosen_reasoner == "offline":
        return None
    if not settings.model:
        raise SettingsError("SWITCHBOARD_MODEL", "SWITCHBOARD_REASONER=chat needs the name of a model")
    if settings.openai_api_key is None and settings.openai_base_url is None:
        raise SettingsError("OPENAI_API_KEY", "is not set, and OpenAI's own endpoint wants one; or set OPENAI_BASE_URL")
    prices = own_prices(settings.prices_file.expanduser()) if settings.prices_file else {}
    _refuse_cost_without_price(settings, {**bundled_prices(), **prices})
    prompts = own_prompts(settings.prompts_folder) if settings.prompts_folder else {}
    from reasoners.chat.opening import open_chat  # heavy, and only wanted where a model is configured

    endpoint = settings.openai_base_url or OPENAI.base_url  # to name it is to allow it
    most = settings.model_concurrency
    return open_chat(
        model=settings.model,
        base_url=endpoint,
        api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else None,
        timeout_seconds=settings.model_timeout_seconds,
        max_concurrency=most,
        way_out=GuardedTransport(egress_of(settings).also(endpoint), max_connections=most, max_kept=most),
        driver=settings.driver,
        prompts=prompts,
        prices=prices,
    )


def _refuse_cost_without_price(settings: Settings, prices: Mapping[str, Price | None]) -> None:
    """Unknown is not zero: a limit that could not be kept is none. Raises SettingsError."""
    if prices.get(settings.model or "") is not None:
        return
    limits = {"SWITCHBOARD_MAX_COST_USD": settings.max_cost_usd, "SWITCHBOARD_SOFT_COST_USD": settings.soft_cost_usd}
    for name, limit in limits.items():
        if limit is not None:
            why = f"cannot be kept, as the price of the model {settings.model!r} is not known"
            raise SettingsError(name, f"{why}; name it in SWITCHBOARD_PRICES_FILE")
