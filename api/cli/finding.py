"""What `switchboard doctor` says of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "note", "bad"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `cure` is empty where nothing is to be done."""

    state: State
    what: str
    cure: str = ""
