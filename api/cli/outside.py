"""Commands that other packages bring (`switchboard.commands`), loaded when they are called and not before."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import typer

from catalog.errors import SwitchboardError

GROUP = "switchboard.commands"
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}


class NotInstalled(SwitchboardError):
    """A command that is announced, but whose package is not there."""

    code = "not_installed"
    cure = "Install the whole project (`pip install -e .` in its folder), or leave this out."

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what} is not installed here ({reason}).")


def add_commands(app: typer.Typer) -> None:
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        app.command(point.name, help=_summary(point), add_help_option=False, context_settings=PASS_ON)(_calling(point))


def load(point: EntryPoint, what: str) -> object:
    """What the entry point names. Raises NotInstalled."""
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise NotInstalled(what, str(error)) from None


def _calling(point: EntryPoint) -> Callable[[typer.Context], None]:
    def call(context: typer.Context) -> None:
        brought = load(point, f"The command `{point.name}`")
        command = typer.main.get_command(brought) if isinstance(brought, typer.Typer) else brought
        if not callable(getattr(command, "main", None)):
            raise NotInstalled(f"The command `{point.name}`", f"{point.value} is no command")
        ended = command.main(context.args, f"switchboard {point.name}", standalone_mode=False)  # type: ignore[attr-defined]
        raise typer.Exit(ended if isinstance(ended, int) else 0)

    return call


def _summary(point: EntryPoint) -> str:
    """The first line of the module's docstring, read without running the module."""
    try:
        found = importlib.util.find_spec(point.module)
    except ImportError:
        found = None
    if found is None or not found.origin:
        return "(not installed)"
    docstring = ast.get_docstring(ast.parse(Path(found.origin).read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]
