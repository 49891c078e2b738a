"""What every ledger promises: a call is begun once, and what became of it is never changed back."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callers.ledger import SqliteLedger, ledger_key
from callers.protocol import Ledger, LedgerState, Reply
from catalog.errors import StoreUnavailable
from catalog.models import Api


@pytest.fixture(params=[SqliteLedger])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ledger]:
    opened: Ledger = request.param.open(tmp_path / "data" / "ledger.db")
    yield opened
    await opened.close()


async def test_the_first_to_begin_is_fresh_and_nobody_else(ledger: Ledger) -> None:
    sent = await asyncio.gather(*(ledger.begin("k", thread_id="t", api_id="a") for _ in range(50)))
    assert sorted(row.fresh for row in sent) == [False] * 49 + [True]
    assert {row.state for row in sent} == {"sending"}


async def test_a_finished_call_gives_its_reply_again(ledger: Ledger) -> None:
    await ledger.begin("k", thread_id="t", api_id="a")
    reply = Reply(201, {"id": 7, "names": ["é", None]}, 12.5, truncated=True)
    await ledger.finish("k", state="done", reply=reply)
    again = await ledger.begin("k", thread_id="t", api_id="a")
    assert (again.state, again.reply, again.fresh) == ("done", reply, False)


@pytest.mark.parametrize("state", ["done", "failed"])
async def test_what_is_settled_stays_so(ledger: Ledger, state: LedgerState) -> None:
    await ledger.begin("k", thread_id="t", api_id="a")
    await ledger.finish("k", state=state, error="first")
    await ledger.finish("k", state="unknown", error="second")
    row = await ledger.begin("k", thread_id="t", api_id="a")
    assert (row.state, row.error) == (state, "first")


async def test_an_unknown_outcome_can_be_settled(ledger: Ledger) -> None:
    await ledger.begin("k", thread_id="t", api_id="a")
    await ledger.finish("k", state="unknown", error="cut off")
    await ledger.finish("k", state="done")
    assert (await ledger.begin("k", thread_id="t", api_id="a")).state == "done"


async def test_nothing_is_set_back_to_sending(ledger: Ledger) -> None:
    await ledger.begin("k", thread_id="t", api_id="a")
    with pytest.raises(ValueError, match="done, failed or unknown"):
        await ledger.finish("k", state="sending")


async def test_to_forget_a_thread_leaves_the_others(ledger: Ledger) -> None:
    await ledger.begin("mine", thread_id="t", api_id="a")
    await ledger.begin("other", thread_id="u", api_id="a")
    await ledger.forget("t")
    assert (await ledger.begin("mine", thread_id="t", api_id="a")).fresh
    assert not (await ledger.begin("other", thread_id="u", api_id="a")).fresh


async def test_rows_survive_a_restart(tmp_path: Path) -> None:
    first = SqliteLedger.open(tmp_path / "ledger.db")
    await first.begin("k", thread_id="t", api_id="a")
    await first.close()
    second = SqliteLedger.open(tmp_path / "ledger.db")
    row = await second.begin("k", thread_id="t", api_id="a")
    await second.close()
    assert (row.fresh, row.state) == (False, "sending")


RACE = """
import asyncio, sys
from pathlib import Path
from callers.ledger import SqliteLedger

async def main():
    ledger = SqliteLedger.open(Path(sys.argv[1]))
    sys.stdin.readline()
    rows = [await ledger.begin(f"k{n}", thread_id="t", api_id="a") for n in range(100)]
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
