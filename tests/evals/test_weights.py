"""Weights are searched on one half of the questions and proved on the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from typer.testing import CliRunner

from catalog.index_weights import Weights
from catalog.store import CatalogIndex, Found, Hit, Level
from evals.command import app
from evals.questions import Question
from evals.weights import searched

QUESTIONS = [Question(f"question {number}", frozenset({"right"})) for number in range(20)]


class Leaning:
    """Finds the right one first where names count much, and else last."""

    def __init__(self, weights: Weights, only: str) -> None:
        self._weights = weights
        self._only = only

    async def search(
        self,
        query: str,
        *,
        k: int = 64,
        level: Level = "api",
        categories: Sequence[str] = (),
        tools: Sequence[str] = (),
    ) -> Found:
        helped = self._weights.name > 0.13 and query.endswith(tuple(self._only))
        ids = ["right", *"abcdefghij"] if helped else [*"abcdefghij", "right"]
        return Found(tuple(Hit(api_id, 1.0) for api_id in ids), len(ids), "1")

    async def matching(self, query: str, *, categories: Sequence[str] = ()) -> int:
        return 1

    def weight(self, word: str) -> float:
        return 1.0

    def words(self, text: str) -> list[str]:
        return text.split()

    async def sync(self) -> None:
        """Nothing changes."""

    async def close(self) -> None:
        """Nothing is open."""


async def test_what_helps_on_both_halves_holds() -> None:
    async def opened(weights: Weights) -> CatalogIndex:
        return Leaning(weights, "0123456789")

    found = await searched(opened, Weights(), QUESTIONS, 1)
    assert list(found.moved) == ["name"] and found.moved["name"][1] > 0.13
    assert found.holds
    assert found.before.measures["recall@10"] == 0.0 and found.kept_apart_after.measures["recall@10"] == 1.0


async def test_what_helps_nobody_moves_nothing() -> None:
    async def opened(weights: Weights) -> CatalogIndex:
        return Leaning(weights, "x")

    found = await searched(opened, Weights(), QUESTIONS, 1)
    assert found.moved == {} and not found.holds


def test_the_command_says_what_came_out_and_whether_it_holds(tmp_path: Path) -> None:
    apis = [
        {"category_name": "Zoo", "tool_name": "Keeper", "api_name": name, "api_description": f"To {name} at the zoo."}
        for name in ("feed penguins", "wash elephants", "count monkeys")
    ]
    (tmp_path / "catalog.json").write_text(
        json.dumps(
            [
                {
                    **api,
                    "method": "GET",
                    "api_url": "https://zoo.example.com/a",
                    "required_parameters": [],
                    "optional_parameters": [],
                }
                for api in apis
            ]
        )
    )
    asked = [{"query": f"Who may feed penguins {n}", "gold": ["Zoo/Keeper/feed penguins"]} for n in range(4)]
    (tmp_path / "q.jsonl").write_text("\n".join(json.dumps(one) for one in asked))
    arguments = ["weights", "--catalog", str(tmp_path / "catalog.json"), "--queries", str(tmp_path / "q.jsonl")]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 0 and "kept apart, after" in told.stdout and "leave the weights" in told.stdout
    found = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert found["holds"] is False and found["weights"]["name"] == Weights().name
