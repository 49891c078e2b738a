"""Which steps need the result of an earlier one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reasoners.offline.forms import Form
from reasoners.offline.match import Match

if TYPE_CHECKING:
    from reasoners.offline.desk import Part

_REFERS = re.compile(
    r"\b(?:it|its|that|this|those|these|them|their|they|there|the same|the result|the first|each|he|she|his|her)\b",
    re.IGNORECASE,
)
_NAME_PART = re.compile(r"[^\W_]+")


def dependencies(at: int, pieces: Sequence[tuple[Part, str]]) -> tuple[str, ...]:
    """Ids of the earlier steps that the piece at this place needs: for a value that the question does not give."""
    part, text = pieces[at]
    found = part.best.source.parameter if part.best.source else None
    forms = part.best.sight.profile.required
    missing = [form for form in forms if form.name == found or not _given(form, part)]
    needed = {
        earlier
        for form in missing
        for earlier in range(at)
        if _produces(pieces[earlier][0].best, form, refers=_REFERS.search(text) is not None)
    }
    return tuple(str(earlier + 1) for earlier in sorted(needed) if pieces[earlier][0] is not part)


def _given(form: Form, part: Part) -> bool:
    if any(fit.parameter == form.name for fit in part.best.fits):
        return True
    if form.kind in ("pattern", "shape", "enum"):
        return False
    return any(word.kind in ("name", "quoted", "value") for word in part.words)


def _produces(earlier: Match, form: Form, *, refers: bool) -> bool:
    """Its response has a field of the parameter's name; or it is unknown, and the part speaks of an earlier result."""
    produced = earlier.sight.profile.produces
    if not produced:
        return refers
    name = form.name.lower()
    return name in produced or (refers and bool(set(_NAME_PART.findall(name.replace("_", " "))) & produced))
