"""What every failure of the project is."""

from __future__ import annotations

from typing import ClassVar


class SwitchboardError(Exception):
    """Built from facts, and keeps them; the message is for people, `code` is for programs."""

    code: ClassVar[str] = "error"
    cure: ClassVar[str] = ""
    """The next thing to try, as a sentence; empty where the message says it."""


class SettingsError(SwitchboardError):
    """A setting is missing or wrong."""

    code = "settings_error"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"Setting {name}: {reason}.")
        self.name = name
        self.reason = reason
