"""The prompts as files: what each is called, what it says, and which version of it a model was shown."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from catalog.errors import SettingsError

SETTING = "SWITCHBOARD_PROMPTS_DIR"
LONGEST = 20_000
"""Characters; a prompt is sent with every request, and the longest of ours has some 2,500."""
_LISTS = "`switchboard prompts list` names them"


@dataclass(frozen=True)
class Prompt:
    """The part of a request that never changes. It comes first, so that servers can cache it."""

    name: str
    text: str

    @property
    def version(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:6]

    @property
    def label(self) -> str:
        """`plan@3f2a91`, as the trace names it."""
        return f"{self.name}@{self.version}"


@cache
def bundled_prompts() -> Mapping[str, Prompt]:
    """The prompts that come with the package, by name."""
    found = [f for f in (files("reasoners") / "prompts").iterdir() if f.name.endswith(".md")]
    prompts = [Prompt(f.name.removesuffix(".md"), f.read_text("utf-8").strip()) for f in found]
    return MappingProxyType({p.name: p for p in sorted(prompts, key=lambda p: p.name)})


def own_prompts(folder: Path) -> Mapping[str, Prompt]:
    """What the folder has in place of bundled prompts: a file `NAME.md` for each.

    Raises SettingsError for whatever else is there: a prompt that is passed over in silence is looked for for long.
    Hidden files are, as systems and editors make them.
    """
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise SettingsError(SETTING, f"{folder} cannot be read as a folder: {error.strerror or error}") from None
    return {entry.stem: Prompt(entry.stem, _text(entry)) for entry in entries}


def _text(path: Path) -> str:
    known = [f"{name}.md" for name in bundled_prompts()]
    if path.name not in known:
        near = difflib.get_close_matches(path.name, known, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise SettingsError(
            SETTING, f"{path} bears the name of no prompt; {hint}{_LISTS}, other files belong elsewhere"
        )
    try:
        text = path.read_text("utf-8").strip()
    except UnicodeDecodeError:
        raise SettingsError(SETTING, f"{path} is no text in UTF-8; save it as such") from None
    except OSError as error:
        raise SettingsError(SETTING, f"{path} cannot be read: {error.strerror or error}") from None
    if not text:
        raise SettingsError(SETTING, f"{path} is empty; delete it to have the bundled prompt, or write one")
    if len(text) > LONGEST:
        raise SettingsError(SETTING, f"{path} has {len(text):,} characters; a prompt may have {LONGEST:,}")
    return text
