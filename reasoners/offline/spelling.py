"""Words that share no stem and are spelled alike: names written together, and one word in two languages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from catalog.models import Api
from reasoners.offline.profile import Profile
from reasoners.offline.stretch import Stretch

_WITHIN = 5
"""Letters that a word inside a longer one has: shorter ones stand in many by chance ("text" in "context")."""
_LONGER = 3
"""Letters that the longer one has beside it: fewer are an ending."""
_BEGINNING = 5
"""Letters that two words of one origin begin with ("disciplina", "discipline")."""
_WORD = re.compile(r"[^\W\d_]{5,}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def written_together(part: Stretch, api: Api) -> bool:
    """A word of the part stands within a longer word of the API's names ("santa", "colegiosantaana")."""
    names = _WORD.findall(_CAMEL.sub(" ", f"{api.tool_name} {api.name} {api.title}").casefold())
    return any(_inside(word, name) for word in _told(part) for name in names)


def begins_alike(part: Stretch, profile: Profile) -> bool:
    """A word of the part and one of the API begin with the same letters."""
    own = {word.casefold() for word in profile.words.values() if len(word) >= _BEGINNING}
    return any(_alike(word, own) for word in _told(part))


def _told(part: Stretch) -> Iterator[str]:
    return (word.surface.casefold() for word in part.words if word.telling and len(word.surface) >= _BEGINNING)


def _inside(word: str, name: str) -> bool:
    short = word.removesuffix("s")
    return len(short) >= _WITHIN and len(name) >= len(short) + _LONGER and short in name


def _alike(word: str, own: Collection[str]) -> bool:
    return any(word[:_BEGINNING] == other[:_BEGINNING] for other in own)
