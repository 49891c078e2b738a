"""What the command line says: results to stdout, all else to stderr, and its exit codes."""

from __future__ import annotations

import re
import sys
from enum import IntEnum

import typer

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What an upstream's text could steer a terminal with; line feed and tab stay."""


class Exit(IntEnum):
    """Documented in `switchboard --help`."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INPUT_NEEDED = 3
    NO_API_FITS = 4
    INTERRUPTED = 130


class HungUp(Exception):
    """Whoever reads stdout reads no more."""


def result(text: str) -> None:
    """A line of what was asked for. Raises HungUp."""
    _write(_plain(text))


def result_json(value: object) -> None:
    from pydantic_core import to_json

    _write(to_json(value, indent=2, inf_nan_mode="null").decode())


def note(text: str) -> None:
    """A line beside the result."""
    typer.echo(_plain(text), err=True)


def prompt(text: str) -> str:
    """Ask on stderr, read a line from stdin. Raises EOFError where nobody answers."""
    sys.stderr.write(_plain(text))
    sys.stderr.flush()
    return input()


def can_ask() -> bool:
    """Whether a person is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _write(text: str) -> None:
    try:
        typer.echo(text)
    except BrokenPipeError:
        raise HungUp from None


def _plain(text: str) -> str:
    # Half a surrogate pair from an upstream cannot be printed at all.
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text).encode("utf-8", "replace").decode()
