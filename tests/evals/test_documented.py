"""Every eval command and each of its options stands in the document, and what the documents show is understood."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from evals.command import app

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # it is a group
SHOWN = [
    line
    for name in ("cli.md", "evals.md")
    for line in re.findall(r"^switchboard eval (\w.*)$", (DOCS / name).read_text(encoding="utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_its_line(name: str) -> None:
    written = (DOCS / "cli.md").read_text(encoding="utf-8")
    section = written[written.index("## switchboard eval") :]
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts if option.startswith("--")}

    assert f"switchboard eval {name}" in section
    assert {option for option in options - {"--help"} if option not in section} == set()


@pytest.mark.parametrize("line", SHOWN)
def test_what_is_shown_is_understood(line: str) -> None:
    name, *arguments = shlex.split(line.partition(" > ")[0])
    COMMANDS[name].make_context(name, arguments)
