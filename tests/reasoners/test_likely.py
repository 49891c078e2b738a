"""Where no API fits by its words alone, what is likely all the same is tried, and nothing that shares nothing."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.models import Api, Parameter
from catalog.store import CatalogIndex
from reasoners.offline.coverage import fits_enough
from reasoners.offline.likely import LIKELY, sureness
from reasoners.offline.plan import make_plan, parts_of
from reasoners.protocol import Candidate

GENRE = Parameter(name="genre")
QUESTION = "Something to watch with Tom Hanks, of a genre that children love?"


def api(name: str, description: str, *parameters: Parameter, **more: object) -> Api:
    said = {"id": f"c/t/{name}", "name": name, "title": "", "category": "c", "tool_id": "c/t", "tool_name": "t"}
    return Api.model_validate({**said, "description": description, "parameters": parameters, **more})


def films(**more: object) -> Api:
    return api("play", "Movies by director, genre and cast.", GENRE, **more)


def offered(*apis: Api) -> list[Candidate]:
    return [Candidate(each, 0.0) for each in apis]


def called(town: CatalogIndex, question: str, *apis: Api) -> list[str]:
    return [step.api_id for step in make_plan(question, offered(*apis), town).steps]


def sure(town: CatalogIndex, question: str, *apis: Api) -> float:
    pool: Sequence[Candidate] = offered(*apis)
    return max(sureness(part, len(pool)) for part in parts_of(question, pool, town))


def test_what_is_likely_is_called_and_said_to_be_no_plain_fit(town: CatalogIndex) -> None:
    plan = make_plan(QUESTION, offered(films()), town)

    assert not any(fits_enough(part.best) for part in parts_of(QUESTION, offered(films()), town))
    assert [step.api_id for step in plan.steps] == ["c/t/play"]
    assert plan.reason == "No API plainly fits; the likeliest is 'play'."


def test_what_shares_nothing_is_never_called_however_little_it_says(town: CatalogIndex) -> None:
    assert called(town, "Solve 3x = 9", api("zzz", "Qwertz")) == []
    assert sure(town, "Solve 3x = 9", api("zzz", "Qwertz")) < LIKELY


def test_a_change_is_not_made_because_it_is_likely(town: CatalogIndex) -> None:
    assert called(town, QUESTION, films(risk="mutating", method="POST")) == []


def test_an_api_that_takes_any_question_is_asked_what_no_other_speaks_of(town: CatalogIndex) -> None:
    query, number = Parameter(name="search_query", required=True), Parameter(name="seat_number", required=True)

    assert called(town, "Who is Park Ji Sung?", api("web", "Up-to-date pages.", query)) == ["c/t/web"]
    assert called(town, "Who is Park Ji Sung?", api("seat", "Up-to-date places.", number)) == []


def test_required_values_that_are_not_given_speak_against_it(town: CatalogIndex) -> None:
    needs = [Parameter(name=name, type="integer", required=True) for name in ("width", "height", "depth")]
    full, lacking = "Boxes of 3 by 4 by 5, please?", "Boxes of any form, please?"
    box = api("fit", "Which boxes are cheap.", *needs)

    assert sure(town, full, box) > sure(town, lacking, box)


def test_among_many_the_same_signs_make_it_less_likely(town: CatalogIndex) -> None:
    parts = parts_of(QUESTION, offered(films()), town)

    assert max(sureness(part, 64) for part in parts) < max(sureness(part, 1) for part in parts)
