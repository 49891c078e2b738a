"""Words of a question and of an API that share no stem, and are spelled alike all the same."""

from __future__ import annotations

import pytest

from catalog.models import Api
from catalog.store import CatalogIndex
from reasoners.offline.coverage import ENOUGH, support
from reasoners.offline.plan import parts_of
from reasoners.protocol import Candidate


def api(name: str, description: str = "") -> Api:
    return Api(
        id=f"a/b/{name}", name=name, title="", category="a", tool_id="a/b", tool_name="b", description=description
    )


def sure(town: CatalogIndex, question: str, offered: Api) -> float:
    return max(support(part.best) for part in parts_of(question, [Candidate(offered, 0.0)], town))


@pytest.mark.parametrize(
    ("question", "offered"),
    [
        ("Which pizzas have olives?", api("pizzaallapala")),
        ("How did Ana do at Santa Clara?", api("colegiosantaclara")),
        ("Any discipline trouble?", api("aviso", "Disciplina del alumno")),
    ],
)
def test_a_spelling_alike_tells_it_from_what_shares_nothing(town: CatalogIndex, question: str, offered: Api) -> None:
    assert sure(town, question, offered) > 5 * sure(town, question, api("zzz", "Qwertz"))


def test_a_spelling_alike_is_never_enough_to_call_it(town: CatalogIndex) -> None:
    assert sure(town, "Which pizzas have olives?", api("pizzaallapala")) < ENOUGH


@pytest.mark.parametrize("name", ["context", "pizza", "pizzeria"])
def test_short_words_and_mere_endings_are_no_name_written_together(town: CatalogIndex, name: str) -> None:
    assert sure(town, "Any text on the pit?", api(name)) < 0.1
