"""The speed command measures a real service, in small."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORD = {
    "id": "Zoo/keeper/list_animals",
    "category_name": "Zoo",
    "tool_name": "keeper",
    "api_name": "list_animals",
    "api_description": "List all animals",
    "required_parameters": [],
    "optional_parameters": [],
    "method": "GET",
    "api_url": "http://zoo.test/animals",
}


@pytest.mark.skipif(
    not entry_points(group="switchboard.worlds"), reason="the project is not installed: pip install -e ."
)
def test_speed_reports_loads_start_and_memory_as_json(tmp_path: Path) -> None:
    catalog = tmp_path / "zoo.jsonl"
    catalog.write_text(json.dumps(RECORD))
    command = [sys.executable, "-m", "api.cli", "eval", "speed", "--queries", "20", "--json", "--catalog", str(catalog)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert [(load["clients"], load["strategy"]) for load in measured["loads"]] == [
        (1, "auto"),
        (16, "auto"),
        (1, "fan_out"),
        (16, "fan_out"),
    ]
    assert all(load["queries"] == 20 and load["wrong"] == 0 for load in measured["loads"])
    assert measured["large"]["apis"] == 1
    assert measured["demo"]["start_seconds"] > 0
