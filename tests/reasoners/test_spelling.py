"""Words of a question and of an API that share no stem, and are spelled alike all the same."""

from __future__ import annotations

import pytest

from catalog.models import Api
from catalog.store import CatalogIndex
from reasoners.offline.coverage import ENOUGH, support
from reasoners.offline.likely import seen
from reasoners.offline.plan import parts_of
from reasoners.protocol import Candidate


def api(name: str, description: str = "") -> Api:
    return Api(
        id=f"a/b/{name}", name=name, title="", category="a", tool_id="a/b", tool_name="b", description=description
    )


def spelled_alike(town: CatalogIndex, question: str, offered: Api) -> bool:
    return any(
        seen(part, 1).signs["spelled alike"] == 1 for part in parts_of(question, [Candidate(offered, 0.0)], town)
    )


@pytest.mark.parametrize(
    ("question", "offered"),
    [
        ("Which pizzas have olives?", api("pizzaallapala")),
        ("How did Ana do at Santa Clara?", api("colegiosantaclara")),
        ("Any discipline trouble?", api("aviso", "Disciplina del alumno")),
    ],
)
def test_a_spelling_alike_tells_it_from_what_shares_nothing(town: CatalogIndex, question: str, offered: Api) -> None:
    assert spelled_alike(town, question, offered)
    assert not spelled_alike(town, question, api("zzz", "Qwertz"))


def test_a_spelling_alike_is_never_enough_by_itself(town: CatalogIndex) -> None:
    parts = parts_of("Which pizzas have olives?", [Candidate(api("pizzaallapala"), 0.0)], town)
    assert max(support(part.best) for part in parts) < ENOUGH


@pytest.mark.parametrize("name", ["context", "pizza", "pizzeria"])
def test_short_words_and_mere_endings_are_no_name_written_together(town: CatalogIndex, name: str) -> None:
    assert not spelled_alike(town, "Any text on the pit?", api(name))
