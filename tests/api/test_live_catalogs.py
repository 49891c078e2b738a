"""Modules and MCP servers on the command line, and how clients of the service are kept from them."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.cli import run
from api.entry import changed, written
from api.failures import InvalidRequest
from catalog.models import Api
from tests.api.conftest import Service

DOCUMENTS = Path(__file__).parents[1] / "documents"
Switchboard = Callable[..., tuple[int, str, str]]
FUNCTION = {
    "name": "run",
    "kind": "python",
    "target": "os:system",
    "category": "Extras",
    "tool_id": "extras/odds",
    "tool_name": "Odds",
}


@pytest.fixture
def switchboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Switchboard:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(DOCUMENTS))
    monkeypatch.setenv("DESK_LOG", str(tmp_path / "desk.log"))
    monkeypatch.setenv("SWITCHBOARD_DATA_DIR", str(tmp_path / "data"))
    for name in ("OPENAI_API_KEY", "SWITCHBOARD_MODEL", "SWITCHBOARD_REASONER"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        return (code, *capsys.readouterr())

    return call


def test_a_module_is_imported_shown_again_and_only_if_it_is_named(
    switchboard: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = switchboard("catalog", "import", "python:desk_functions")
    assert code == 1 and "SWITCHBOARD_PYTHON_MODULES" in err

    monkeypatch.setenv("SWITCHBOARD_PYTHON_MODULES", '["desk_functions"]')
    code, out, err = switchboard("catalog", "import", "python:desk_functions", "--dry-run")
    assert out.startswith("python:desk_functions: 13 APIs would be imported (6 skipped)")
    assert "skipped piecewise: gives its result piece by piece" in err
    code, out, _ = switchboard("catalog", "validate", "python:desk_functions")
    assert code == 1 and out.startswith("python:desk_functions: 13 APIs")
    assert switchboard("catalog", "import", "python:desk_functions")[0] == 0
    assert "13 replaced" in switchboard("catalog", "import", "python:desk_functions")[1]
    _, out, _ = switchboard("catalog", "show", "python/desk_functions/book_room")
    assert "changes something" in out


def test_a_server_is_imported_by_name_and_by_address_and_asked(
    switchboard: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with importlib.import_module("desk_server").serve() as url:
        assert switchboard("catalog", "import", f"mcp:{url}")[1] == f"mcp:{url}: 12 APIs imported, format mcp\n"
        code, out, _ = switchboard("ask", "What is the status of support ticket T-12?", "--no-input")
        assert code == 0 and "waiting for parts" in out

        monkeypatch.setenv("SWITCHBOARD_MCP_SERVERS", json.dumps({"desk": {"url": url, "bearer": "env:DESK_TOKEN"}}))
        code, _, err = switchboard("catalog", "import", "mcp:desk")
        assert code == 1 and "desk: bearer" in err
        monkeypatch.setenv("DESK_TOKEN", "a-long-token")
        assert switchboard("catalog", "import", "mcp:desk")[0] == 0
        assert "a-long-token" not in switchboard("settings")[1]


def test_a_program_is_not_started_unasked_and_a_wrong_server_is_told(
    switchboard: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWITCHBOARD_MCP_SERVERS", json.dumps({"desk": {"command": sys.executable}}))
    code, _, err = switchboard("catalog", "import", "mcp:desk")
    assert code == 1 and "SWITCHBOARD_MCP_STDIO" in err
    code, _, err = switchboard("catalog", "import", "mcp:desk", "mcp:other")
    assert code == 1 and "names no such server" in err
    for wrong in ({"desk": {}}, {"desk": {"url": "ftp://x"}}, {"a b": {"url": "http://x"}}):
        monkeypatch.setenv("SWITCHBOARD_MCP_SERVERS", json.dumps(wrong))
        code, _, err = switchboard("settings")
        assert code == 1 and "SWITCHBOARD_MCP_SERVERS" in err


def test_without_the_package_it_is_said_how_to_install_it(
    switchboard: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    code, _, err = switchboard("catalog", "import", "mcp:http://127.0.0.1:1/mcp")
    assert code == 1 and "pip install 'switchboard[mcp]'" in err


def test_a_client_can_describe_what_runs_here_better_but_never_point_elsewhere(service: Service) -> None:
    listing = {"format": "python", "version": 1, "module": "os", "functions": [{"name": "system"}]}
    for document in (listing, json.dumps(listing)):
        refused = service.client.post("/catalog/import", json={"name": "x", "document": document})
        assert refused.status_code == 422 and "switchboard catalog import" in refused.text
    assert service.client.put("/catalog/apis/extras/odds/run", json=FUNCTION).status_code == 422

    there = Api.model_validate({**FUNCTION, "id": "extras/odds/run", "target": "desk:book", "method": "CALL"})
    assert changed(there.id, there, {"description": "Books a room"}).target == "desk:book"
    change: dict[str, Any]
    for change in ({"target": "os:system"}, {"kind": "mcp"}, {"kind": "http", "target": ""}):
        with pytest.raises(InvalidRequest):
            changed(there.id, there, change)
    with pytest.raises(InvalidRequest):
        written(there.id, {**FUNCTION, "kind": "http"})


def test_the_doctor_looks_at_modules_and_servers(switchboard: Switchboard, monkeypatch: pytest.MonkeyPatch) -> None:
    program = {"command": sys.executable, "args": [str(DOCUMENTS / "desk_server.py")]}
    servers = {"desk": program, "gone": {"url": "http://127.0.0.1:9/mcp"}}
    monkeypatch.setenv("SWITCHBOARD_PYTHON_MODULES", '["desk_functions", "no_such_module"]')
    monkeypatch.setenv("SWITCHBOARD_MCP_SERVERS", json.dumps(servers))
    monkeypatch.setenv("SWITCHBOARD_MCP_STDIO", "true")

    code, out, _ = switchboard("doctor", "--json")

    live = {each["what"]: each for each in json.loads(out) if "module" in each["what"] or "MCP" in each["what"]}
    told = {what.split(" offers")[0].split(": ")[0]: each["state"] for what, each in live.items()}
    assert code == 1
    assert told["The Python module desk_functions"] == "good" and told["The MCP server desk"] == "good"
    assert told["The MCP server gone"] == "bad"
    assert any("no_such_module" in what and each["state"] == "bad" for what, each in live.items())
