"""Runs the command line, and turns every failure into a sentence, the next thing to try, and an exit code."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence

import typer

from api.cli.output import Exit, HungUp, note
from catalog import errors

LAST_RESORT = "Run `switchboard doctor` to see what is wrong with this installation."
NEXT: Mapping[type[errors.SwitchboardError], str] = {
    errors.NoSuchThread: "`switchboard threads` lists those that there are.",
    errors.NoSuchEntry: "`switchboard catalog search WORDS` finds what there is.",
    errors.InvalidQuery: "Correct what it names; `switchboard ask --help` says what may be asked.",
    errors.ThreadBusy: "Ask again in a moment: `switchboard threads show ID`.",
    errors.QuestionClosed: "`switchboard threads show ID` shows how the thread stands now.",
    errors.SettingsError: "Set it in the environment or in .env; docs/settings.md says what each setting takes.",
}
"""Where the errors themselves, which all doors share, name no cure."""


class Untraced(logging.Handler):
    """Warnings as single lines: a traceback helps nobody at a prompt. `serve` logs in full."""

    def emit(self, record: logging.LogRecord) -> None:
        note(record.getMessage())


def main() -> None:
    """The console script."""
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _hung_up()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code. No failure that we know of leaves it as an exception."""
    from api.cli.app import app

    logging.basicConfig(handlers=[Untraced()])
    try:
        typer.main.get_command(app).main(list(arguments), "switchboard")
    except SystemExit as ended:
        return _interrupted() if ended.code == Exit.INTERRUPTED else int(ended.code or 0)
    except KeyboardInterrupt:
        return _interrupted()
    except HungUp:
        return _hung_up()
    except errors.SwitchboardError as known:
        return _failed(str(known), known.cure or NEXT.get(type(known), LAST_RESORT))
    except OSError as error:
        return _failed(f"{error.filename or 'The system'}: {error.strerror or error}.", LAST_RESORT)
    except Exception as mistake:
        return _failed(f"Something broke that should not: {mistake!r}.", f"The details stand in {_kept()}.")
    return Exit.OK


def _kept() -> str:
    """The traceback in a file: for whoever mends it, and out of the way of everyone else."""
    with tempfile.NamedTemporaryFile("w", prefix="switchboard-", suffix=".log", delete=False) as kept:
        traceback.print_exc(file=kept)
    return kept.name


def _interrupted() -> int:
    note("\nInterrupted.")
    return Exit.INTERRUPTED


def _failed(what: str, next_thing: str) -> int:
    note(f"Error: {what}")
    note(next_thing)
    return Exit.FAILED


def _hung_up() -> int:
    """Whoever reads our output has read enough (`| head`): no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.OK
