"""What changes something stands in the audit log before it leaves; where that cannot be written, it does not leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from callers.audit import AuditFile
from callers.audited import AuditedCaller
from callers.credentials import Credentials
from callers.http import HttpCaller
from callers.protocol import Once, Who
from catalog.errors import NotRecorded, OutcomeUnknown, TakenOver
from catalog.models import AuthScheme, Parameter
from evals.faults.raw_server import LOOPBACK

if TYPE_CHECKING:
    from conftest import Upstream

KEY = ((AuthScheme(name="k", kind="api_key", place="query", parameter="key"),),)


def audited(path: Path) -> AuditedCaller:
    return AuditedCaller(
        HttpCaller.open(egress=LOOPBACK, credentials=Credentials({"k": "s3cret-4711"})), AuditFile(path)
    )


async def test_a_change_is_noted_before_and_after_for_whom_and_without_its_secret(
    upstream: Upstream, tmp_path: Path
) -> None:
    caller = audited(tmp_path / "audit.jsonl")
    api = upstream.api("/orders", Parameter(name="item", place="body"), method="POST", auth=KEY)
    await caller.acting_for(Who("acme", "ada")).send(api, {"item": "soap"}, timeout_seconds=5)
    upstream.then(upstream.hang_up)
    with pytest.raises(OutcomeUnknown):
        await caller.send(api, {"item": "soap"}, timeout_seconds=5)
    await caller.close()
    text = (tmp_path / "audit.jsonl").read_text()
    sending, ended, again, lost = map(json.loads, text.splitlines())
    assert [line["event"] for line in (sending, ended, again, lost)] == ["call.sending", "call.ended"] * 2
    assert (sending["tenant"], sending["user"], sending["api_id"]) == ("acme", "ada", api.id)
    assert sending["request"] == {"method": "POST", "url": f"{upstream.url}/orders?key=***", "body": {"item": "soap"}}
    assert (ended["http_status"], lost["error"]) == (200, "outcome_unknown")
    assert "s3cret" not in text
    assert (tmp_path / "audit.jsonl").stat().st_mode & 0o777 == 0o600


async def test_a_change_that_was_held_back_at_the_last_moment_is_noted_as_not_sent(
    upstream: Upstream, tmp_path: Path
) -> None:
    def taken_over() -> None:
        raise TakenOver("t")

    caller = audited(tmp_path / "audit.jsonl")
    with pytest.raises(TakenOver):
        await caller.send(upstream.api("/orders", method="POST"), {}, timeout_seconds=5, once=Once("k", taken_over))
    await caller.close()
    _, ended = map(json.loads, (tmp_path / "audit.jsonl").read_text().splitlines())
    assert (ended["error"], upstream.arrived) == ("taken_over", [])


async def test_without_an_audit_log_nothing_changes_and_reading_goes_on(upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").mkdir()
    caller = audited(tmp_path / "audit.jsonl")
    with pytest.raises(NotRecorded, match="could not be recorded"):
        await caller.send(upstream.api("/orders", method="POST"), {}, timeout_seconds=5)
    assert upstream.arrived == []
    reply = await caller.send(upstream.api("/orders"), {}, timeout_seconds=5)
    await caller.close()
    assert reply.status == 200


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
async def test_a_full_disk_is_no_audit_log(upstream: Upstream) -> None:
    caller = audited(Path("/dev/full"))
    with pytest.raises(NotRecorded, match="No space"):
        await caller.send(upstream.api("/orders", method="DELETE"), {}, timeout_seconds=5)
    await caller.close()
    assert upstream.arrived == []


async def test_a_line_that_a_full_disk_cut_off_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text('{"event": "call.sent", "st')
    await AuditFile(path).note("call.ended", {"status": 200})
    assert json.loads(path.read_text().splitlines()[-1])["event"] == "call.ended"
