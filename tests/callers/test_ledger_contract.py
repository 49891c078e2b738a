"""What every ledger promises: a call is begun once, and what became of it is never changed back."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from callers.ledger import idempotency_key, ledger_key
from callers.protocol import Intended, Ledger, Outcome, Reply
from callers.sqlite_ledger import SqliteLedger
from catalog.errors import StoreUnavailable, TakenOver
from catalog.models import Api


@pytest.fixture(params=["sqlite", "postgres"])
def open_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Ledger]:
    if request.param == "sqlite":
        return lambda: SqliteLedger.open(tmp_path / "data" / "ledger.db")
    url: str = request.getfixturevalue("database_url")
    from callers.postgres_ledger import PostgresLedger
    from catalog.postgres_pool import AsyncPool

    return lambda: PostgresLedger(AsyncPool(url, 8))


@pytest.fixture
async def ledger(open_ledger: Callable[[], Ledger]) -> AsyncIterator[Ledger]:
    opened = open_ledger()
    yield opened
    await opened.close()


def call(key: str = "k", *, thread_id: str = "t", step: str = "1") -> Intended:
    return Intended(key, thread_id, step, "a")


async def begun(ledger: Ledger, key: str = "k", *, fence: int = 1) -> None:
    await ledger.plan([call(key)], fence=fence)
    assert (await ledger.begin(key, fence=fence)).fresh


async def test_the_first_to_begin_is_fresh_and_nobody_else(ledger: Ledger) -> None:
    await ledger.plan([call()], fence=1)
    sent = await asyncio.gather(*(ledger.begin("k", fence=1) for _ in range(50)))
    assert sorted(row.fresh for row in sent) == [False] * 49 + [True]
    assert {row.state for row in sent} == {"sending"}


async def test_what_is_planned_once_more_stays_as_it_is(ledger: Ledger) -> None:
    await begun(ledger)
    await ledger.finish("k", fence=1, state="done")
    await ledger.plan([call(), call("new", step="2")], fence=2)
    assert [(row.key, row.step, row.state) for row in await ledger.of_thread("t")] == [
        ("k", "1", "done"),
        ("new", "2", "planned"),
    ]


async def test_a_call_that_nobody_planned_is_not_sent(ledger: Ledger) -> None:
    row = await ledger.begin("k", fence=1)
    assert (row.fresh, row.state) == (False, "unknown")


async def test_a_finished_call_gives_its_reply_again(ledger: Ledger) -> None:
    await begun(ledger)
    reply = Reply(201, {"id": 7, "names": ["é", None]}, 12.5, truncated=True)
    assert await ledger.finish("k", fence=1, state="done", reply=reply)
    again = await ledger.begin("k", fence=2)
    assert (again.state, again.reply, again.fresh) == ("done", reply, False)


@pytest.mark.parametrize("state", ["done", "failed"])
async def test_what_is_settled_stays_so(ledger: Ledger, state: Outcome) -> None:
    await begun(ledger)
    assert await ledger.finish("k", fence=1, state=state, error="first")
    assert not await ledger.finish("k", fence=2, state="unknown", error="second")
    row = await ledger.begin("k", fence=2, again_within=60)
    assert (row.state, row.error, row.fresh) == (state, "first", False)


async def test_a_call_of_which_nothing_left_is_planned_again(ledger: Ledger) -> None:
    await begun(ledger)
    await ledger.unsent("k", fence=1)
    assert [row.state for row in await ledger.of_thread("t")] == ["planned"]
    assert (await ledger.begin("k", fence=1)).fresh
    assert (await ledger.begin("k", fence=2)).state == "unknown"
    await ledger.unsent("k", fence=1)  # a late writer changes nothing
    assert [row.state for row in await ledger.of_thread("t")] == ["unknown"]


async def test_what_was_planned_and_not_begun_is_sent_by_a_successor(ledger: Ledger) -> None:
    await ledger.plan([call()], fence=1)
    assert (await ledger.begin("k", fence=2)).fresh
    assert not (await ledger.begin("k", fence=2)).fresh


async def test_what_a_predecessor_was_sending_is_unknown(ledger: Ledger) -> None:
    await begun(ledger)
    row = await ledger.begin("k", fence=2)
    assert (row.fresh, row.state) == (False, "unknown")
    assert row.error
    assert [each.state for each in await ledger.of_thread("t")] == ["unknown"]


async def test_who_was_taken_over_neither_sends_nor_settles(ledger: Ledger) -> None:
    await begun(ledger, fence=1)
    await ledger.begin("k", fence=2)
    with pytest.raises(TakenOver):
        await ledger.begin("k", fence=1)
    assert not await ledger.finish("k", fence=1, state="done")
    assert [row.state for row in await ledger.of_thread("t")] == ["unknown"]


async def test_an_unknown_outcome_can_be_settled(ledger: Ledger) -> None:
    await begun(ledger)
    await ledger.finish("k", fence=1, state="unknown", error="cut off")
    assert await ledger.finish("k", fence=2, state="done")
    assert (await ledger.begin("k", fence=2)).state == "done"


async def test_a_call_that_its_upstream_does_once_is_taken_again(ledger: Ledger) -> None:
    await begun(ledger)
    sent = await asyncio.gather(*(ledger.begin("k", fence=2, again_within=60) for _ in range(20)))
    assert [row.fresh for row in sent].count(True) == 1
    await ledger.finish("k", fence=2, state="unknown", error="no answer")
    assert (await ledger.begin("k", fence=3, again_within=60)).fresh


async def test_but_not_when_the_upstream_may_have_forgotten_it(ledger: Ledger) -> None:
    await begun(ledger)
    row = await ledger.begin("k", fence=2, again_within=1e-9)
    assert (row.fresh, row.state) == (False, "unknown")


async def test_to_forget_a_thread_leaves_the_others(ledger: Ledger) -> None:
    await ledger.plan([call("mine"), call("other", thread_id="u")], fence=1)
    await ledger.forget("t")
    assert await ledger.of_thread("t") == []
    assert (await ledger.begin("other", fence=1)).fresh


async def test_hundreds_of_calls_are_recorded_at_once(ledger: Ledger) -> None:
    async def one(key: str) -> bool:
        await begun(ledger, key)
        return await ledger.finish(key, fence=1, state="done")

    assert all(await asyncio.gather(*(one(f"k{n}") for n in range(300))))
    assert {row.state for row in await ledger.of_thread("t")} == {"done"}


async def test_a_large_response_is_kept_until_its_thread_is_forgotten(ledger: Ledger) -> None:
    body = {"rows": [{"n": n, "name": "é\ud800"} for n in range(1_000)]}
    assert await ledger.response("t", "1") is None
    await ledger.keep_response("t", "1", "an earlier try")
    await ledger.keep_response("t", "1", body)  # type: ignore[arg-type]
    await ledger.keep_response("u", "1", "other")
    assert await ledger.response("t", "1") == body
    await ledger.forget("t")
    assert await ledger.response("t", "1") is None
    assert await ledger.response("u", "1") == "other"


async def test_rows_survive_a_restart(tmp_path: Path) -> None:
    first = SqliteLedger.open(tmp_path / "ledger.db")
    await begun(first)
    await first.close()
    second = SqliteLedger.open(tmp_path / "ledger.db")
    row = await second.begin("k", fence=1)
    await second.close()
    assert (row.fresh, row.state) == (False, "sending")


RACE = """
import asyncio, sys
from pathlib import Path
from callers.protocol import Intended
from callers.sqlite_ledger import SqliteLedger

async def main():
    ledger = SqliteLedger.open(Path(sys.argv[1]))
    sys.stdin.readline()
    await ledger.plan([Intended(f"k{n}", "t", "1", "a") for n in range(100)], fence=1)
    rows = [await ledger.begin(f"k{n}", fence=1) for n in range(100)]
    print(*(f"k{n}" for n in range(100) if rows[n].fresh))
    await ledger.close()

asyncio.run(main())
"""


async def test_two_processes_never_both_begin_a_call(tmp_path: Path) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            RACE,
            str(tmp_path / "ledger.db"),
            cwd=Path(__file__).parents[2],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    printed = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    begun = [key for out, _ in printed for key in out.decode().split()]
    assert sorted(begun) == sorted(f"k{n}" for n in range(100))


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StoreUnavailable, match="newer"):
        SqliteLedger.open(path)


OLD = """
CREATE TABLE calls (
    key TEXT PRIMARY KEY, thread_id TEXT NOT NULL, api_id TEXT NOT NULL, state TEXT NOT NULL, reply TEXT,
    error TEXT NOT NULL DEFAULT '', begun_at REAL NOT NULL, finished_at REAL
) WITHOUT ROWID;
CREATE INDEX calls_by_thread ON calls (thread_id);
INSERT INTO calls VALUES ('k', 't', 'a', 'sending', NULL, '', 1.5, NULL);
PRAGMA user_version = 1;
"""


async def test_an_older_ledger_is_upgraded_and_keeps_its_rows(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "ledger.db")
    old.executescript(OLD)
    old.close()
    ledger = SqliteLedger.open(tmp_path / "ledger.db")
    row = await ledger.begin("k", fence=1)
    await ledger.close()
    assert (row.fresh, row.state, row.api_id) == (False, "unknown", "a")


def test_a_file_that_is_no_ledger_is_told_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"something else entirely, and quite long" * 50)
    with pytest.raises(StoreUnavailable):
        SqliteLedger.open(path)
    assert path.read_bytes() == b"something else entirely, and quite long" * 50


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable):
        SqliteLedger.open(tmp_path / "file" / "ledger.db")


API = Api(id="c/t/a", name="a", category="c", tool_id="c/t", tool_name="t", url="http://x.test/{id}")
INTENTION = {"tenant": "default", "thread_id": "t", "step": "1"}


def test_the_same_intention_has_the_same_key() -> None:
    first = ledger_key(**INTENTION, api=API, values={"a": 1, "b": {"x": 1, "y": 2}})
    second = ledger_key(**INTENTION, api=API, values={"b": {"y": 2, "x": 1}, "a": 1})
    assert first == second


def test_any_other_intention_has_another_key() -> None:
    keys = {
        ledger_key(**INTENTION, api=API, values={"a": 1}),
        ledger_key(**INTENTION, api=API, values={"a": "1"}),
        ledger_key(**INTENTION, api=API, values={"a": 1}, attempt=1),
        ledger_key(**{**INTENTION, "tenant": "other"}, api=API, values={"a": 1}),
        ledger_key(**{**INTENTION, "step": "2"}, api=API, values={"a": 1}),
        ledger_key(**INTENTION, api=API.model_copy(update={"id": "another/api"}), values={"a": 1}),
    }
    assert len(keys) == 6


def test_an_intention_stays_the_same_when_the_catalog_changes_its_address_meanwhile() -> None:
    moved = API.model_copy(update={"url": "http://y.test/"})
    assert ledger_key(**INTENTION, api=moved, values={"a": 1}) == ledger_key(**INTENTION, api=API, values={"a": 1})


def test_an_upstream_is_told_one_key_however_often_a_person_sends_again() -> None:
    key = idempotency_key(**INTENTION, api=API, values={"a": 1})
    assert key == idempotency_key(**INTENTION, api=API, values={"a": 1})
    assert key != idempotency_key(**INTENTION, api=API, values={"a": 2})
    assert str(uuid.UUID(key)) == key
