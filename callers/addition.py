"""What a credential adds to a request, and how it may come back."""

from __future__ import annotations

from dataclasses import dataclass, field

from catalog import echoes
from catalog.models import AuthPlace


@dataclass(frozen=True)
class Addition:
    """What a credential adds to a request. Its `repr` shows nothing secret."""

    place: AuthPlace
    name: str
    value: str = field(repr=False)
    secret: str = field(default="", repr=False)

    def traces(self) -> frozenset[str]:
        """The forms in which the secret might come back; very short ones would blot out everything."""
        parts = {self.secret, self.value, self.value.rpartition(" ")[2], *self.secret.split(":", 1)}
        return echoes.forms(parts)
