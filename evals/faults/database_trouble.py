"""Databases that are cut off, slow, silent, restarted, read-only, locked or full: the service waits, and heals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from evals.faults.asking import HEALED_SECONDS, Asking, of_ends
from evals.faults.flaky_link import Link, Stream, flaky_link
from evals.faults.orders import cancelled, catalog_of, order_server
from evals.faults.program import Figure, Finding, Outcome, Program, Wanted
from evals.faults.read_only import read_only, refused_read_only, without_rights
from evals.speed_service import Served, serving

RESTARTS = 24  # every 5 s for two minutes
BETWEEN_SECONDS = 5.0
SETTINGS = {
    "SWITCHBOARD_APPROVE": "never",
    "SWITCHBOARD_LEASE_SECONDS": "3",
    "SWITCHBOARD_ALLOW_NETWORKS": '["127.0.0.0/8"]',
}
Trouble = Callable[[], Awaitable[None]]


async def run(wanted: Wanted) -> Outcome:
    """PostgreSQL and SQLite at once, each with a service in a process of its own."""
    figures: dict[str, Figure] = {}
    both = await asyncio.gather(_on_postgres(wanted, figures), _on_sqlite(wanted, figures))
    return Outcome(tuple(finding for findings in both for finding in findings), figures)


async def _on_postgres(wanted: Wanted, figures: dict[str, Figure]) -> list[Finding]:
    from evals.local_postgres import local_postgres

    with local_postgres() as server:
        url = server.new_database()

        async def reach() -> Stream:
            return await asyncio.open_unix_connection(server.socket)

        async with flaky_link(reach) as link:
            there = f"postgresql://postgres@127.0.0.1:{link.port}{urlsplit(url).path}"
            troubles = _troubles_of(link, wanted)
            troubles["read-only"] = lambda: _read_only(url, link, wanted)
            troubles["restarted"] = lambda: _restarts(server.restart, wanted)
            return await _through(wanted, "PostgreSQL", {"SWITCHBOARD_DATABASE_URL": there}, troubles, figures)


def _troubles_of(link: Link, wanted: Wanted) -> dict[str, Trouble]:
    seconds = 0.5 if wanted.short else 8.0

    async def cut() -> None:
        for _ in range(3):
            link.cut()
            await asyncio.sleep(seconds / 3)

    async def refused() -> None:
        link.refusing = True
        link.cut()
        await asyncio.sleep(seconds)
        link.refusing = False

    async def slow() -> None:
        link.delay_seconds = 0.1
        await asyncio.sleep(seconds)
        link.delay_seconds = 0.0

    async def silent() -> None:
        link.talking.clear()
        await asyncio.sleep(seconds * 2)
        link.talking.set()

    return {"cut": cut, "refused": refused, "slow": slow, "silent": silent}


async def _read_only(url: str, link: Link, wanted: Wanted) -> None:
    """As after a failover to a standby that is not promoted yet."""
    import psycopg

    name = urlsplit(url).path.lstrip("/")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as db:
        await db.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        link.cut()
        await asyncio.sleep(0.5 if wanted.short else 8.0)
        await db.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")


async def _restarts(restart: Callable[[], None], wanted: Wanted) -> None:
    times = 1 if wanted.short else wanted.times or RESTARTS
    for number in range(times):
        await asyncio.to_thread(restart)
        if number + 1 < times:
            await asyncio.sleep(BETWEEN_SECONDS)


async def _on_sqlite(wanted: Wanted, figures: dict[str, Figure]) -> list[Finding]:
    from evals.faults.sqlite_trouble import NEEDED, full, locked, refused_and_kept

    folder = wanted.folder / "sqlite"
    seconds = 0.5 if wanted.short else 15.0  # longer than the service waits for a lock

    def held(trouble: Callable[[], AbstractContextManager[None]]) -> Trouble:
        async def during() -> None:
            with trouble():
                await asyncio.sleep(seconds)

        return during

    def troubles(served: Served) -> dict[str, Trouble]:
        return {
            "locked": held(lambda: locked(folder)),
            "disk full": held(lambda: full(served.pid)),
            "made read-only": held(lambda: read_only(folder)),
        }

    findings = await _through(wanted, "SQLite", {}, troubles, figures, folder=folder)
    for name in (*NEEDED, "cache.db", "lessons.db"):
        wrong = await refused_and_kept(wanted.folder / "damaged" / name, name)
        findings.append(Finding(f"SQLite: damaged {name}", not wrong, wrong or "kept as it is"))
    return [*findings, *await refused_read_only(wanted.folder / "read-only")]


async def _through(
    wanted: Wanted,
    name: str,
    settings: dict[str, str],
    troubles: dict[str, Trouble] | Callable[[Served], dict[str, Trouble]],
    figures: dict[str, Figure],
    *,
    folder: Path | None = None,
) -> list[Finding]:
    """One trouble after the other, while clients ask; then what became of every question."""
    async with order_server() as upstream, _served(folder or wanted.folder / name, settings) as served:
        async with httpx2.AsyncClient(timeout=60, trust_env=False) as http:
            document = {"document": catalog_of(upstream.url), "name": "shop"}
            (await http.post(f"{served.url}/catalog/import", json=document)).raise_for_status()
            asking = Asking(served.url, http)
            findings = []
            for trouble, make in (troubles(served) if callable(troubles) else troubles).items():
                wanted.say(f"{name}: {trouble}")
                findings.append(await _one(f"{name}: {trouble}", asking, make))
            ends = await asking.ended()
        figures[f"{name}: questions"] = asking.asked
        figures[f"{name}: told to come again"] = asking.refused
        figures[f"{name}: slowest answer s"] = round(asking.slowest, 1)
        of_all = of_ends(ends, cancelled(upstream))
    return [*findings, *(Finding(f"{name}: {each.case}", each.passed, each.detail) for each in of_all)]


async def _one(case: str, asking: Asking, make: Trouble) -> Finding:
    asked, refused, wrong = asking.asked, asking.refused, len(asking.wrong)
    async with asking.going_on():
        await make()
        seconds = await asking.healed()
    told = f"{asking.asked - asked} questions, {asking.refused - refused} told to come again, healed in {seconds:.1f} s"
    strange = asking.wrong[wrong:]
    return Finding(case, seconds < HEALED_SECONDS and not strange, "; ".join([told, *strange[:3]]))


@asynccontextmanager
async def _served(folder: Path, settings: dict[str, str]) -> AsyncIterator[Served]:
    service = serving(folder, settings={**SETTINGS, **settings}, prefix=without_rights() or ())
    served = await asyncio.to_thread(service.__enter__)
    try:
        yield served
    finally:
        await asyncio.to_thread(service.__exit__, None, None, None)


PROGRAM = Program(
    "database-trouble",
    "503 with Retry-After meanwhile, healed within 10 s, nothing lost or done twice, no damaged file overwritten",
    run,
)
