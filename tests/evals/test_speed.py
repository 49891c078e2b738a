"""The speed command measures real services and real indexes, in small; and synthetic catalogs are what they say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import entry_points
from itertools import islice
from pathlib import Path

import pytest
from typer.testing import CliRunner

from catalog.importing import import_file
from catalog.sqlite import SqliteCatalog
from evals.command import app
from evals.report import Item, is_falling, report_of
from evals.synthetic import records, write

ROOT = Path(__file__).parents[2]
RECORD = {
    "id": "Zoo/keeper/list_animals",
    "category_name": "Zoo",
    "tool_name": "keeper",
    "api_name": "list_animals",
    "api_description": "List all elephants, pelicans and wombats of the zoological garden",
    "required_parameters": [],
    "optional_parameters": [],
    "method": "GET",
    "api_url": "http://zoo.test/animals",
}


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    path = tmp_path / "zoo.jsonl"
    path.write_text(json.dumps(RECORD))
    return path


@pytest.mark.skipif(
    not entry_points(group="switchboard.worlds"), reason="the project is not installed: pip install -e ."
)
def test_the_service_is_measured_with_the_demo_and_with_a_catalog(zoo: Path) -> None:
    given = ["--load", "20", "--rounds", "1", "--catalog", str(zoo), "--min", "answers per second=0.01", "--json"]
    command = [sys.executable, "-m", "api.cli", "eval", "speed", *given]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    figures = report["overall"]["figures"]
    assert figures["not completed"] == 0
    assert report["about"]["apis"] == 1
    assert {group["name"] for group in report["sets"]} == {"demo", "zoo"}
    for measure in ("answer ms", "answer p99 ms", "fan_out ms", "fan_outs per second", "start s", "search ms"):
        assert figures[measure] > 0, measure
    assert figures["start with catalog s"] > 0


def test_the_search_is_measured_alone_on_a_synthetic_catalog_made_of_the_texts_of_another(zoo: Path) -> None:
    given = ["--no-service", "--scale", "120", "--catalog", str(zoo), "--rounds", "1", "--json"]
    slow = CliRunner().invoke(app, ["speed", *given, "--max", "build s=0"])
    assert slow.exit_code == 1
    report = json.loads(slow.stdout)
    assert "build s" in slow.stderr
    assert report["about"]["apis"] == 120
    assert {item["query"] for item in report["items"]} == {"import and index", "search", "change one tool"}
    for measure in ("import s", "build s", "open ms", "search ms", "search p99 ms", "added ms", "removed ms"):
        assert report["overall"]["figures"][measure] > 0, measure


def test_there_must_be_something_to_measure() -> None:
    refused = CliRunner().invoke(app, ["speed", "--no-service"])
    assert refused.exit_code == 2
    assert "--no-service" in refused.output


def test_of_time_and_memory_less_is_better_and_none_of_it_makes_an_item_one_of_the_worst() -> None:
    assert all(map(is_falling, ("search p99 ms", "build s", "index MB", "false asks", "not completed")))
    assert not any(map(is_falling, ("recall@10", "answers per second", "values right")))
    item = Item(id="1", query="search", scores={"search ms": 3.0, "build s": 0.5})
    report = report_of("speed", [item], about={}, shown=("search ms", "build s"))
    assert report.worst(5) == []


async def test_a_synthetic_catalog_has_as_many_apis_as_were_asked_for_and_is_the_same_every_time(
    tmp_path: Path,
) -> None:
    write(tmp_path / "one.jsonl", 3_000)
    write(tmp_path / "two.jsonl.gz", 3_000)
    store = SqliteCatalog.open(tmp_path / "catalog.db")
    first = await import_file(store, tmp_path / "one.jsonl", source="synthetic")
    again = await import_file(store, tmp_path / "two.jsonl.gz", source="synthetic")
    stats = await store.stats()
    await store.close()
    assert (first.imported, first.skipped) == (3_000, ())
    assert again.version == first.version
    assert stats.apis == 3_000
    assert stats.categories > 10
    assert 300 < stats.tools < 1_500


def test_a_synthetic_catalog_is_made_one_by_one_and_has_more_categories_the_larger_it_is() -> None:
    few, many = islice(records(2_000), 500), islice(records(10**9), 500)
    names = [{str(record["category_name"]) for record in some} for some in (few, many)]
    assert len(names[1]) > len(names[0])


def test_the_words_of_a_synthetic_catalog_are_those_of_the_given_one(zoo: Path, tmp_path: Path) -> None:
    out = tmp_path / "made.jsonl"
    made = CliRunner().invoke(app, ["synthetic", str(out), "--apis", "50", "--catalog", str(zoo)])
    assert made.exit_code == 0, made.output
    told = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(told) == 50
    assert len({record["api_description"] for record in told}) > 40
    given = set(RECORD["api_description"].lower().split())
    words = [word for record in told for word in record["api_description"].lower().replace(",", "").split()]
    assert sum(word in given for word in words) > 0.8 * len(words)
    nowhere = CliRunner().invoke(app, ["synthetic", str(tmp_path / "missing" / "out.jsonl")])
    assert nowhere.exit_code == 2
    assert "missing" in re.sub(r"[\s│]", "", nowhere.output)  # a long path is broken over lines
