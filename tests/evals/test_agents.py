"""The agents are measured with a real service and a real model server, and the figures are right."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from evals.agents import taken
from evals.agents_figures import Outcome, effort, means, pooled_at, turns
from evals.command import app
from evals.questions import Question
from evals.records import Record

PLACES = ("Garden", "Kitchen", "Harbour", "Theatre", "Library", "Workshop", "Stadium", "Bakery")
DEEDS = ("open", "close", "clean", "paint", "lend", "count", "move", "repair", "measure", "sell")
THINGS = ("ladder", "curtain", "lamp", "bench", "carpet", "bucket", "mirror", "clock", "basket", "drawer")
SHED = [f"Garden/garden_{thing}/{deed}_{thing}" for thing, deed in (("ladder", "lend"), ("lamp", "repair"))]

MIRROR, BASKET = "Theatre/theatre_mirror/sell_mirror", "Bakery/bakery_basket/count_basket"


def record(place: str, thing: str, deed: str) -> dict[str, object]:
    tool, name = f"{place.lower()}_{thing}", f"{deed}_{thing}"
    return {
        "id": f"{place}/{tool}/{name}",
        "category_name": place,
        "tool_name": tool,
        "api_name": name,
        "api_description": f"{deed.capitalize()} a {thing} of the {place.lower()}.",
        "method": "GET",
        "api_url": f"http://house.test/{place}/{thing}/{deed}",
        "required_parameters": [],
        "optional_parameters": [],
    }


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A catalog of 800 APIs and three questions, as arguments of the command."""
    folder = tmp_path_factory.mktemp("house")
    records = [record(place, thing, deed) for place in PLACES for thing in THINGS for deed in DEEDS]
    questions = [
        {"query_id": "q-10", "query": "Who can lend me a ladder and repair a lamp?", "gold": SHED, "set": "garden"},
        {"query_id": "q-9", "query": "Sell the theatre's mirror", "gold": [{"id": MIRROR}], "set": "stage"},
        {"query_id": "q-8", "query": "Count baskets in the bakery", "gold": ["Bakery/none", BASKET], "set": "bread"},
    ]
    return [
        "agents",
        *("--catalog", str(write(folder / "house.jsonl", records))),
        *("--queries", str(write(folder / "questions.jsonl", questions))),
        *("--latency", "0"),
    ]


def write(path: Path, records: Sequence[object]) -> Path:
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


def measured(*arguments: str) -> Any:
    told = CliRunner().invoke(app, [*arguments, "--json"])
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)


def test_every_scenario_is_measured_on_the_same_catalog_with_a_fresh_service(house: list[str]) -> None:
    told = measured(*house, "--scenario", "perfect", "--scenario", "wrong-tools", "--at-once", "3", "--repeat")
    perfect, wrong = told["scenarios"]

    assert (told["apis"], told["unknown"], told["at_once"]) == (800, 1, 3)
    assert [one["scenario"] for one in told["scenarios"]] == ["perfect", "wrong-tools"]
    assert [q["id"] for q in perfect["questions"]] == ["q-8", "q-9", "q-10"]
    assert all(q["recall"] == 1.0 and q["routes"] == ["fan_out"] and not q["foreign"] for q in perfect["questions"])
    assert perfect["means"]["recall"] == 1.0 and perfect["means"]["not_completed"] == 0
    assert perfect["means"]["judging_calls"] == 1 and perfect["cpu_ms_per_call"] > 0
    assert perfect["means"]["calls"] < wrong["means"]["calls"], "the second found nothing that the first left behind"
    assert perfect["means"]["characters"] < wrong["means"]["characters"]
    assert wrong["means"]["repeated_calls"] == perfect["means"]["repeated_calls"] == 0


def test_faults_are_counted_and_nothing_is_lost(house: list[str]) -> None:
    told = measured(*house, "--scenario", "faults_every=4", "--first", "garden=1", "--driver", "json_schema")
    [question] = told["scenarios"][0]["questions"]

    assert question["failed_calls"] >= 1
    assert (question["recall"], question["status"]) == (1.0, "completed")


def test_the_table_has_a_column_for_each_scenario_and_a_line_for_each_question(house: list[str]) -> None:
    told = CliRunner().invoke(app, [*house, "--strategy", "index", "--limit", "2", "--per-question"])

    assert told.exit_code == 0, told.output
    cells = [re.split(r"\s*[│|]\s*", line) for line in told.stdout.splitlines()]
    rows = {row[1]: row[2] for row in cells if len(row) == 4}
    assert (rows["model calls up to the pool"], rows["routes"]) == ("0.00", "index 2")
    lines = [line for line in told.stdout.splitlines() if line.startswith("q-")]
    assert [line.split()[0] for line in lines] == ["q-8", "q-9"]
    assert "1 gold APIs are not in this catalog" in told.stdout


def refused(arguments: list[str], *more: str) -> Result:
    told = CliRunner().invoke(app, [*arguments, *more])
    assert told.stdout == ""
    return told


def test_wrong_options_are_refused_before_anything_is_done(house: list[str]) -> None:
    assert "is no scenario" in refused(house, "--scenario", "perfekt").stderr
    assert "SET=N" in refused(house, "--first", "garden").stderr
    missing = refused([*house[:4], "none.jsonl"])
    assert missing.exit_code == 1 and "cannot be read" in " ".join(missing.stderr.split())


def question(text: str, number: str, group: str = "a") -> Question:
    return Question(text, frozenset({"x"}), group, number)


def test_the_first_of_each_set_are_taken_by_number_and_each_question_once() -> None:
    late, early, twin = question("late", "a-10"), question("early", "a-9"), question("late", "a-11")
    other = question("other", "b-1", "b")
    mixed = [other, late, twin, early]

    assert taken(mixed, None, None) == [early, late, other]
    assert taken(mixed, {"b": 1, "a": 1}, None) == [other, early]
    assert taken(mixed, None, 1) == [early]


def call(function: str, arrived: float, answered: float, *offered: str, status: int = 200) -> Record:
    return Record(0, "q", function, offered, 100, 25, 5, status, 1, arrived, answered)


def test_turns_are_the_longest_chain_of_calls_that_waited_for_each_other() -> None:
    side_by_side = [call("choose_tools", 1.1, 1.3), call("choose_tools", 1.12, 1.33), call("choose_tools", 1.15, 1.31)]

    assert turns([]) == 0
    assert turns(side_by_side) == 1
    assert turns([call("choose_apis", 1.4, 1.6), *side_by_side, call("choose_categories", 0.0, 1.0)]) == 3


def test_the_pool_is_there_when_the_plan_after_the_last_choice_is_asked_for() -> None:
    first = [call("choose_categories", 0, 1), call("plan_calls", 1.1, 2)]
    second = [call("choose_apis", 3, 4), call("plan_calls", 4.2, 5, status=0), call("plan_calls", 5.5, 6)]

    assert pooled_at([*first, *second], 9) == 4.2
    assert pooled_at(first[:1], 9) == 1
    assert pooled_at([call("plan_calls", 0.2, 1)], 9) == 0.2
    assert pooled_at([], 9) == 9


def outcome(pool: Sequence[str], chosen: Sequence[str]) -> Outcome:
    agent = {"agent": "tool:t", "chosen": list(chosen), "llm_calls": [{}]}
    body = {
        "pool": [{"api_id": i} for i in pool],
        "rounds": 1,
        "status": "completed",
        "stopped_by": None,
        "warnings": [],
    }
    return Outcome(
        Question("q", frozenset({"a", "b", "gone"})),
        0.0,
        9.0,
        body,
        {"rounds": [{"route": "fan_out", "agents": [agent]}]},
    )


def test_an_effort_counts_what_leads_to_the_pool_apart_from_what_follows() -> None:
    calls = [
        call("choose_categories", 0, 1, "c"),
        call("choose_apis", 1, 2, "a", status=500),
        call("choose_apis", 2, 3, "a"),
        call("plan_calls", 3.5, 4, "a", "z"),
        call("set_parameters", 4, 5),
    ]
    told = effort(outcome(["a", "b", "z"], ["a", "other"]), calls, frozenset({"a", "b", "other"}), frozenset("ab"))

    assert (told.calls, told.judging_calls, told.other_calls, told.failed_calls) == (3, 1, 1, 1)
    assert (told.characters, told.judging_characters, told.input_tokens, told.output_tokens) == (300, 100, 75, 15)
    assert (told.turns, told.seconds) == (3, 3.5)
    assert (told.recall, told.recall_planned, told.missing) == (1.0, 0.5, ())
    assert told.foreign == ("other",)


def test_means_are_over_questions() -> None:
    one = effort(outcome(["a", "b"], []), [call("choose_apis", 0, 1)], frozenset(), frozenset("ab"))
    two = replace(effort(outcome([], []), [], frozenset(), frozenset("ab")), status="failed", repeated_calls=2)
    both = means([one, two])

    assert (both.calls, both.recall, both.all_gold, both.not_completed) == (0.5, 0.5, 0.5, 1)
    assert (both.max_calls, both.routes, both.repeated_calls) == (1, {"fan_out": 2}, 2)
