"""The prompts as files: what each is called, what it says, and which version of it a model was shown."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


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
    return MappingProxyType({p.name: p for p in prompts})
