"""The work behind `switchboard prompts`."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.cli.opening import read_settings
from catalog.errors import SwitchboardError
from reasoners.chat.prompts import Prompt, bundled_prompts, own_prompts

BUNDLED = "bundled"


class NoSuchPrompt(SwitchboardError):
    """No prompt bears the name."""

    code = "no_such_prompt"
    cure = "`switchboard prompts list` names them all."

    def __init__(self, name: str) -> None:
        near = difflib.get_close_matches(name.removesuffix(".md"), bundled_prompts(), n=1)
        super().__init__(f"There is no prompt {name!r}.{f' Did you mean {near[0]}?' if near else ''}")


@dataclass(frozen=True)
class Row:
    """A prompt in force."""

    name: str
    version: str
    characters: int
    source: str


def in_force() -> list[Row]:
    """Every prompt, from the operator's folder or bundled. Raises SettingsError, WrongSettings."""
    folder = read_settings().prompts_folder
    own = own_prompts(folder) if folder else {}
    return [_row(own.get(name, prompt), folder if name in own else None) for name, prompt in bundled_prompts().items()]


def _row(prompt: Prompt, folder: Path | None) -> Row:
    source = str(folder / f"{prompt.name}.md") if folder else BUNDLED
    return Row(prompt.name, prompt.version, len(prompt.text), source)


def text_of(name: str) -> str:
    """As it is in force."""
    folder = read_settings().prompts_folder
    return {**bundled_prompts(), **(own_prompts(folder) if folder else {})}[name].text


def named(names: Sequence[str]) -> list[str]:
    """The names, checked; all of them where none is given. Raises NoSuchPrompt."""
    for name in names:
        if name not in bundled_prompts():
            raise NoSuchPrompt(name)
    return list(names) or list(bundled_prompts())


def copied(folder: Path, names: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """The files that were written, and those that were there already: nobody's work is lost. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.md" for name in names]
    left = [path for path in paths if path.exists()]
    written = [path for path in paths if path not in left]
    for path in written:
        path.write_text(f"{bundled_prompts()[path.stem].text}\n", "utf-8")
    return written, left
