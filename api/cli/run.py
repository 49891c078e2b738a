"""Runs the command line, and turns every failure into a sentence, the next thing to try, and an exit code."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence

import typer

from api.cli.output import Exit, HungUp, note
from catalog.errors import SwitchboardError

LAST_RESORT = "Run `switchboard doctor` to see what is wrong with this installation."


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
    except SwitchboardError as known:
        return _failed(str(known), known.cure or LAST_RESORT)
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
