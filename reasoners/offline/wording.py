"""Reasons in plain words, as people read them in answers and traces."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.models import Api
from reasoners.offline.coverage import fits_enough, support, uncovered
from reasoners.offline.match import Match
from reasoners.offline.question import Word

NOTHING_OFFERED = "No API was found for this question."
_WORDS_SHOWN = 4


def why(match: Match, words: Sequence[Word], part: str) -> str:
    """Why an API was taken for a part of the question."""
    reasons = []
    if covered := _covered(match, words):
        reasons.append(f"speaks of {covered}")
    if fit := next((fit for fit in match.fits if fit.required and fit.word.surface in part), None):
        reasons.append(f"takes {fit.word.surface!r} as {_parameter(match.api, fit.parameter)}")
    if match.example >= 0.6:
        reasons.append("answers questions like this one")
    if match.command > 0:
        reasons.append("does what is asked for")
    return "; ".join(reasons) or "is the nearest to the question"


def why_first(source: Match, needing: Match, parameter: str, part: str) -> str:
    """Why an API is called ahead of the one that answers."""
    fit = next((fit for fit in source.fits if fit.required and fit.word.surface in part), None)
    given = f", from {fit.word.surface!r}," if fit else ""
    return f"finds{given} the {_parameter(needing.api, parameter)} that {needing.api.label!r} needs"


def why_not(other: Match, words: Sequence[Word], chosen: Match | None) -> str:
    """Why a near API was not taken."""
    if not other.allowed:
        return "would change something, and the question does not ask for that"
    if other.command < 0:
        return "only looks things up, and the question asks for a change"
    if other.clash:
        return f"needs {_article(_missing(other))}, which the question does not give"
    if chosen is not None and other.api.category != chosen.api.category and not other.label:
        return f"is about {_topic(other.api)}, not {_topic(chosen.api)}"
    covered = _covered(other, words)
    if chosen is not None and support(other) >= support(chosen) - 0.1:
        return f"fits nearly as well as {chosen.api.label!r}"
    return f"covers only {covered}" if covered else "covers no word of the question"


def reason(chosen: Sequence[Match], sources: Sequence[Match] = ()) -> str:
    """The plan in a sentence or two; `sources` are called ahead of the chosen, for what those need."""
    if sources:
        found = _listed(dict.fromkeys(match.api.label for match in sources))
        return f"{reason(chosen)} What it needs is looked up first: {found}."
    names = _listed(dict.fromkeys(match.api.label for match in chosen))
    if len(chosen) == 1 and not fits_enough(chosen[0]):
        return f"No API plainly fits; the likeliest is {names}."
    if len(chosen) == 1:
        return f"One API answers the question: {names}."
    return f"The question has {len(chosen)} parts, each with an API of its own: {names}."


def refusal(words: Sequence[Word], nearest: Sequence[Match]) -> str:
    """Why there is no plan."""
    if not any(word.telling or word.kind == "value" for word in words):
        return "The question names nothing that an API could be found for."
    missing = uncovered(words, nearest[:1])
    if not missing:
        return "The nearest APIs share words with the question, but none does what it asks for."
    return f"No API that is near speaks of {_listed(missing)}."


def _covered(match: Match, words: Sequence[Word]) -> str:
    by_weight = sorted((w for w in words if w.start in match.sight.gains and w.telling), key=lambda w: -w.weight)
    shown = {word.start for word in by_weight[:_WORDS_SHOWN]}
    return _listed(list(dict.fromkeys(word.surface for word in words if word.start in shown)))


def _missing(match: Match) -> str:
    forms = (form for form in match.sight.profile.forms if form.required and form.kind in ("pattern", "shape"))
    return _parameter(match.api, next(forms).name)


def _parameter(api: Api, name: str) -> str:
    parameter = api.parameter(name)
    return (parameter.title if parameter and parameter.title else name.replace("_", " ")).lower()


def _article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _topic(api: Api) -> str:
    return f"{api.category.replace('_', ' ')} ({api.label})"


def _listed(names: Sequence[str] | dict[str, None]) -> str:
    shown = [f"'{name}'" for name in list(names)[:_WORDS_SHOWN]]
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
