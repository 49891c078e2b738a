"""Every fault program holds in its short form, and the command tells what one saw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.app import app
from evals.faults.program import Finding, Outcome, Program, Wanted
from evals.faults.registry import PROGRAMS

LEAKY = Program("leaky", "nothing leaks", lambda wanted: _leak(wanted))


async def _leak(wanted: Wanted) -> Outcome:
    return Outcome(
        (Finding("tap", True), Finding("pipe [3]", False, "it [drips]")), {"drops": wanted.times, "p99 ms": 1.5}
    )


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
async def test_what_must_hold_holds_in_the_short_form(program: Program, tmp_path: Path) -> None:
    outcome = await program.run(Wanted(tmp_path, short=True))
    assert [finding for finding in outcome.findings if not finding.passed] == []
    assert outcome.passed


def test_a_program_that_looked_at_nothing_has_not_passed() -> None:
    assert not Outcome(()).passed


def test_the_list_has_every_program() -> None:
    listed = CliRunner().invoke(app, ["eval", "faults", "list", "--json"])
    assert [entry["name"] for entry in json.loads(listed.stdout)] == list(PROGRAMS)


def test_a_failed_case_is_told_and_ends_with_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROGRAMS, "leaky", LEAKY)  # type: ignore[arg-type]  # a dict, which nobody else may change
    told = CliRunner().invoke(app, ["eval", "faults", "leaky", "--times", "3"])
    assert told.exit_code == 1
    assert "failed pipe [3]: it [drips]" in told.stdout
    as_json = CliRunner().invoke(app, ["eval", "faults", "leaky", "--json"])
    assert (as_json.exit_code, json.loads(as_json.stdout)["figures"]) == (1, {"drops": None, "p99 ms": 1.5})


def test_an_unknown_program_is_told_with_those_that_there_are() -> None:
    told = CliRunner().invoke(app, ["eval", "faults", "nonsense"])
    assert told.exit_code == 2
    assert "parameter-escapes" in told.output
