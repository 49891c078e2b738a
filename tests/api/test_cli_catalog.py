"""The command line around the catalog and the installation: import, search, settings, doctor."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli import run
from catalog.sqlite import SqliteCatalog
from tests.api.conftest import document, running_upstream

Switchboard = Callable[..., tuple[int, str, str]]
RECORD = {
    "category_name": "Extras",
    "tool_name": "Odds",
    "api_name": "Ends",
    "api_description": "Odds and ends.",
    "required_parameters": [],
    "optional_parameters": [],
    "method": "GET",
    "api_url": "https://odds.example/ends",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with the library's catalog as a file; no setting comes from outside."""
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "SWITCHBOARD_MODEL", "SWITCHBOARD_REASONER", "PORT", "HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SWITCHBOARD_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "library.json").write_text(json.dumps(document("http://127.0.0.1:1")))
    return tmp_path


@pytest.fixture
def switchboard(folder: Path, capsys: pytest.CaptureFixture[str]) -> Switchboard:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        return (code, *capsys.readouterr())

    return call


def test_an_import_is_counted_and_searchable_at_once(switchboard: Switchboard) -> None:
    code, out, _ = switchboard("catalog", "import", "library.json")
    assert (code, out) == (0, "library: 2 APIs imported, format switchboard\n")
    code, out, err = switchboard("catalog", "search", "when", "due")
    assert code == 0
    assert out.split()[1] == "books/desk/get_loan"
    assert "of 2 APIs" in err


def test_a_search_says_where_words_matched_and_whether_any_fits(switchboard: Switchboard) -> None:
    switchboard("catalog", "import", "library.json")
    found = json.loads(switchboard("catalog", "search", "when", "due", "--json")[1])
    assert found["results"][0]["matched_fields"] and found["matched"] >= 1
    _, out, err = switchboard("catalog", "search", "medieval bishops predicted a loan by astrology and alchemy")
    assert out and "None fits" in err


def test_importing_again_replaces(switchboard: Switchboard) -> None:
    switchboard("catalog", "import", "library.json")
    _, out, _ = switchboard("catalog", "import", "library.json", "--json")
    (report,) = json.loads(out)
    assert (report["imported"], report["replaced"]) == (2, 2)


def test_a_dry_run_imports_nothing(switchboard: Switchboard) -> None:
    code, out, _ = switchboard("catalog", "import", "library.json", "--dry-run")
    assert (code, out.split(",")[0]) == (0, "library: 2 APIs would be imported")
    assert json.loads(switchboard("catalog", "stats", "--json")[1])["apis"] == 0


def changed_library(folder: Path) -> None:
    """One API less, the other now changes something and wants another type."""
    said = json.loads((folder / "library.json").read_text())
    (loan, *_) = said["tools"][0]["apis"]
    loan["risk"], loan["parameters"][0]["type"] = "mutating", "integer"
    del loan["parameters"][0]["pattern"]
    said["tools"][0]["apis"] = [loan]
    (folder / "library.json").write_text(json.dumps(said))


@pytest.mark.parametrize("flag", ["--dry-run", "--yes", None])
def test_a_re_import_shows_what_it_removes_and_changes(
    switchboard: Switchboard, folder: Path, flag: str | None
) -> None:
    switchboard("catalog", "import", "library.json")
    changed_library(folder)
    code, out, _ = switchboard("catalog", "import", "library.json", *([flag] if flag else []))
    assert code == 0
    assert "1 replaced, 1 changed, 1 removed" in out
    assert "  removed  books/desk/end_loan\n" in out
    assert "  changed  books/desk/get_loan: risk safe -> mutating; parameter loan_id: type, constraints\n" in out
    left = json.loads(switchboard("catalog", "stats", "--json")[1])["apis"]
    assert left == (2 if flag == "--dry-run" else 1)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "code", "left"), [("y\n", 0, 1), ("n\n", 1, 2), ("", 1, 2)])
def test_at_a_terminal_a_re_import_that_removes_is_asked_about_first(
    switchboard: Switchboard, folder: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int, left: int
) -> None:
    switchboard("catalog", "import", "library.json")
    changed_library(folder)
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    monkeypatch.setattr("sys.stderr", Terminal())
    ended, out, _ = switchboard("catalog", "import", "library.json", "--json")
    assert (ended, len(json.loads(out))) == (code, 1 - code)
    assert json.loads(switchboard("catalog", "stats", "--json")[1])["apis"] == left


def test_at_a_terminal_an_import_that_takes_nothing_away_is_not_asked_about(
    switchboard: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("sys.stderr", Terminal())
    for _ in range(2):
        assert switchboard("catalog", "import", "library.json")[0] == 0


def test_what_was_corrected_is_shown_and_can_be_taken_back(switchboard: Switchboard, folder: Path) -> None:
    async def correct() -> None:
        store = SqliteCatalog.open(folder / "data" / "catalog.db")
        api = (await store.get(["books/desk/get_loan"]))["books/desk/get_loan"]
        await store.put(api.model_copy(update={"title": "Loan", "approval": "always"}))
        await store.close()

    switchboard("catalog", "import", "library.json")
    asyncio.run(correct())
    assert "corrected by a person: approval, title" in switchboard("catalog", "show", "books/desk/get_loan")[1]
    _, out, _ = switchboard("catalog", "revert", "books/desk/get_loan", "title")
    assert out == "books/desk/get_loan: still corrected: approval\n"
    _, out, _ = switchboard("catalog", "revert", "books/desk/get_loan")
    assert out == "books/desk/get_loan: as its source says\n"
    code, _, err = switchboard("catalog", "revert", "books/desk/get_loan")
    assert (code, "no correction" in err) == (1, True)


def test_one_unreadable_file_does_not_stop_the_others(switchboard: Switchboard, folder: Path) -> None:
    (folder / "broken.json").write_text("{")
    code, out, err = switchboard("catalog", "import", "broken.json", "nowhere.json", "library.json")
    assert code == 1
    assert out == "library: 2 APIs imported, format switchboard\n"
    assert "broken.json" in err
    assert "nowhere.json" in err


def test_a_bad_record_is_named_and_the_others_are_taken(switchboard: Switchboard, folder: Path) -> None:
    (folder / "lines.jsonl").write_text(f"{json.dumps(RECORD)}\nnonsense\n")
    code, out, err = switchboard("catalog", "import", "lines.jsonl")
    assert code == 0
    assert "1 APIs imported (1 skipped)" in out
    assert "line 2" in err


def test_groups_gather_categories(switchboard: Switchboard, folder: Path) -> None:
    (folder / "lines.jsonl").write_text(json.dumps(RECORD))
    (folder / "groups.json").write_text('{"Things": ["Extras"]}')
    assert switchboard("catalog", "import", "lines.jsonl", "--groups", "groups.json")[0] == 0
    assert json.loads(switchboard("catalog", "stats", "--json")[1])["groups"] == 1


def test_one_source_name_for_several_files_is_wrong_usage(switchboard: Switchboard) -> None:
    code, _, err = switchboard("catalog", "import", "library.json", "library.json", "--source", "x")
    assert code == 2
    assert "--source" in err


def test_a_sound_document_is_valid_and_nothing_is_written(switchboard: Switchboard, folder: Path) -> None:
    assert switchboard("catalog", "validate", "library.json")[0] == 0
    assert not (folder / "data").exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"what": 1}', f"{json.dumps(RECORD)}\nnonsense\n"])
def test_a_document_with_a_problem_is_not_valid(switchboard: Switchboard, folder: Path, content: str) -> None:
    (folder / "doubtful.json").write_text(content)
    code, _, err = switchboard("catalog", "validate", "doubtful.json")
    assert code == 1
    assert err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("books/desk/get_loan", "/loans/{loan_id}"),
        ("books/desk", "books/desk/end_loan"),
        ("Books / Lending", "books/desk"),
    ],
)
def test_each_level_can_be_shown(switchboard: Switchboard, name: str, said: str) -> None:
    switchboard("catalog", "import", "library.json")
    code, out, _ = switchboard("catalog", "show", name)
    assert code == 0
    assert said in out
    assert json.loads(switchboard("catalog", "show", name, "--json")[1])


def test_what_is_not_there_is_told_with_what_is_near(switchboard: Switchboard) -> None:
    switchboard("catalog", "import", "library.json")
    code, _, err = switchboard("catalog", "show", "get_lone loan")
    assert code == 1
    assert "books/desk/get_loan" in err


def test_a_search_that_finds_nothing_says_so(switchboard: Switchboard) -> None:
    assert switchboard("catalog", "search", "anything")[0] == 4
    assert "catalog import" in switchboard("catalog", "search", "anything")[2]


def test_settings_say_where_each_value_comes_from_and_hide_secrets(
    switchboard: Switchboard, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text("SWITCHBOARD_POOL_SIZE=32\n")
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("SWITCHBOARD_CREDENTIALS", '{"a": "env:A_KEY", "b": "hush"}')
    _, out, _ = switchboard("settings", "--json")
    rows = {row["name"]: (row["value"], row["source"]) for row in json.loads(out)}
    assert rows["pool_size"] == (32, ".env: SWITCHBOARD_POOL_SIZE")
    assert rows["port"] == (8123, "environment: PORT")
    assert rows["openai_api_key"] == ("***", "environment: OPENAI_API_KEY")
    assert rows["credentials"][0] == {"a": "env:A_KEY", "b": "***"}
    assert rows["host"] == ("127.0.0.1", "default")
    assert "sk-secret" not in switchboard("settings")[1]


@pytest.mark.parametrize(("name", "value"), [("SWITCHBOARD_PORT", "many"), ("SWITCHBOARD_CREDENTIALS", "{")])
def test_a_wrong_setting_is_named(
    switchboard: Switchboard, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    for command in (("settings",), ("catalog", "stats"), ("ask", "x")):
        code, _, err = switchboard(*command)
        assert code == 1
        assert name.removeprefix("SWITCHBOARD_").lower() in err.lower()
    code, out, _ = switchboard("doctor")
    assert code == 1
    assert "BAD" in out


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"SWITCHBOARD_MAX_ROUNDS=0\n", "SWITCHBOARD_MAX_ROUNDS (from .env)"),
        (b"SWITCHBOARD_IMPORT_HOSTS=a.example\n", "SWITCHBOARD_IMPORT_HOSTS (from .env): lists and mappings"),
        (b"SWITCHBOARD_MODEL=\xff\n", ".env is not UTF-8 text"),
        (
            b'SWITCHBOARD_CREDENTIALS={"k": {"secrt": "env:K"}}\n',
            "SWITCHBOARD_CREDENTIALS (from .env) k secrt: Extra inputs are not permitted.",
        ),
        (
            b'SWITCHBOARD_CREDENTIALS={"k": {"secret": "env:K", "grant": "client_credentials"}}\n',
            "SWITCHBOARD_CREDENTIALS (from .env) k: token_url must be an https URL.",
        ),
    ],
)
def test_a_wrong_setting_is_told_by_the_name_and_place_it_was_set_by(
    switchboard: Switchboard, folder: Path, written: bytes, told: str
) -> None:
    (folder / ".env").write_bytes(written)
    code, _, err = switchboard("settings")
    assert code == 1
    assert told in err


def test_the_doctor_knows_a_misspelt_setting(switchboard: Switchboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_POORT", "9000")
    code, out, _ = switchboard("doctor")
    assert code == 0
    assert "no setting SWITCHBOARD_POORT" in out
    assert "Did you mean SWITCHBOARD_PORT?" in out


def test_the_doctor_finds_a_database_that_cannot_be_written(switchboard: Switchboard, folder: Path) -> None:
    switchboard("catalog", "import", "library.json")
    (folder / "data" / "ledger.db").mkdir()
    code, out, _ = switchboard("doctor")
    assert code == 1
    assert "ledger.db cannot be written" in out


@pytest.mark.parametrize(
    ("address", "told"), [("http://127.0.0.1:1", "nobody listens"), ("models.example", "must begin with http")]
)
def test_the_doctor_finds_an_endpoint_that_leads_nowhere(
    switchboard: Switchboard, monkeypatch: pytest.MonkeyPatch, address: str, told: str
) -> None:
    monkeypatch.setenv("SWITCHBOARD_MODEL", "some-model")
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    code, out, _ = switchboard("doctor")
    assert code == 1
    assert told in out


def test_the_doctor_is_content_with_a_sound_installation(switchboard: Switchboard) -> None:
    switchboard("catalog", "import", "library.json")
    code, out, _ = switchboard("doctor")
    assert code == 0, out
    assert "2 APIs of 1 tools" in out
    assert "in step" in out


def test_the_doctor_names_missing_credentials(switchboard: Switchboard, folder: Path) -> None:
    catalog = document("https://desk.example")
    catalog["auth"] = {"desk_key": {"kind": "bearer"}}
    catalog["tools"][0]["apis"][0]["auth"] = "desk_key"
    (folder / "locked.json").write_text(json.dumps(catalog))
    switchboard("catalog", "import", "locked.json")
    _, out, _ = switchboard("doctor")
    assert "'desk_key' is not set; 1 APIs need it" in out


def test_the_doctor_finds_a_model_without_a_key(switchboard: Switchboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_MODEL", "some-model")
    code, out, _ = switchboard("doctor")
    assert code == 1
    assert "OPENAI_API_KEY" in out


COMMANDS = [("catalog", "stats"), ("catalog", "import", "library.json"), ("ask", "x"), ("threads",), ("doctor",)]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_data_folder_that_cannot_be_used_is_told(
    switchboard: Switchboard, folder: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    (folder / "file").write_text("no folder")
    monkeypatch.setenv("SWITCHBOARD_DATA_DIR", str(folder / "file"))
    code, out, err = switchboard(*command)
    assert code == 1
    assert str(folder / "file") in out + err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_damaged_database_is_told_and_left_as_it_is(
    switchboard: Switchboard, folder: Path, command: tuple[str, ...]
) -> None:
    (folder / "data").mkdir()
    damaged = folder / "data" / "catalog.db"
    damaged.write_bytes(b"not a database at all" * 100)
    code, out, err = switchboard(*command)
    assert code == 1
    assert "catalog.db" in out + err
    assert damaged.read_bytes().startswith(b"not a database")


def test_a_catalog_of_a_newer_version_is_told(switchboard: Switchboard, folder: Path) -> None:
    switchboard("catalog", "stats")
    with sqlite3.connect(folder / "data" / "catalog.db") as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    code, _, err = switchboard("catalog", "stats")
    assert code == 1
    assert "newer" in err


def test_the_graph_is_drawn_without_a_data_folder(switchboard: Switchboard, folder: Path) -> None:
    code, out, _ = switchboard("graph")
    assert code == 0
    assert "human_loop" in out
    assert json.loads(switchboard("graph", "--format", "json")[1])["nodes"]
    assert not (folder / "data").exists()


def test_what_is_wanting_is_listed_worst_first_and_fails_below_the_score_asked_for(
    switchboard: Switchboard, folder: Path
) -> None:
    assert switchboard("catalog", "lint")[0] == 0
    (folder / "lines.jsonl").write_text(json.dumps({**RECORD, "api_description": "", "api_url": ""}))
    switchboard("catalog", "import", "library.json", "lines.jsonl")
    code, out, _ = switchboard("catalog", "lint", "--limit", "1")
    assert (code, out.split()[1]) == (0, "Extras/odds/ends")
    assert "no_description: say in a sentence" in out
    assert "3 APIs, " in out
    code, out, _ = switchboard("catalog", "lint", "--json", "--min-score", "50")
    report = json.loads(out)
    assert (code, report["entries"][0]["api_id"], report["lowest_score"]) == (1, "Extras/odds/ends", 20)
    assert report["counts"]["no_response_shape"] == 3


def test_a_catalog_is_imported_from_a_url_and_its_source_is_named_after_it(switchboard: Switchboard) -> None:
    with running_upstream() as upstream:
        upstream.documents["/v1/library.json"] = (200, {}, json.dumps(document(upstream.url)).encode())
        url = f"{upstream.url}/v1/library.json"
        name = upstream.url.removeprefix("http://") + "/v1/library"
        assert switchboard("catalog", "validate", url)[0] == 0
        for _ in range(2):
            code, out, _ = switchboard("catalog", "import", url)
            assert (code, out.startswith(f"{name}: 2 APIs imported")) == (0, True)
        code, out, err = switchboard("catalog", "import", f"{upstream.url}/none.json", f"{upstream.url}/loans/70001")
        assert (code, out) == (1, "")
        assert "HTTP status 404" in err
        assert f"{upstream.url}/loans/70001: " in err
    assert [source["name"] for source in json.loads(switchboard("catalog", "stats", "--json")[1])["sources"]] == [name]


def test_a_url_that_is_typed_is_allowed_though_it_is_of_this_machine(
    switchboard: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SWITCHBOARD_ALLOW_NETWORKS")
    with running_upstream() as upstream, running_upstream() as other:
        upstream.documents["/library.json"] = (200, {}, json.dumps(document(upstream.url)).encode())
        upstream.documents["/moved.json"] = (302, {"location": f"{other.url}/library.json"}, b"")
        other.documents["/library.json"] = upstream.documents["/library.json"]
        assert switchboard("catalog", "import", f"{upstream.url}/library.json")[0] == 0
        code, _, err = switchboard("catalog", "import", f"{upstream.url}/moved.json")
        assert (code, "Refused to contact" in err) == (1, True)


def test_a_source_is_removed_whole_and_no_other(switchboard: Switchboard, folder: Path) -> None:
    for name in ("one", "two"):
        api = {"name": "run", "method": "GET", "path": "/"}
        tool = {"name": name, "category": "Extras", "url": "https://desk.example", "apis": [api]}
        (folder / f"{name}.json").write_text(json.dumps({"format": "switchboard", "version": 1, "tools": [tool]}))
        switchboard("catalog", "import", f"{name}.json")
    code, out, _ = switchboard("catalog", "remove", "one")
    assert (code, out.split(":")[0], "removed" in out) == (0, "one", True)
    assert [source["name"] for source in json.loads(switchboard("catalog", "stats", "--json")[1])["sources"]] == ["two"]
    code, _, err = switchboard("catalog", "remove", "one")
    assert (code, "it has: two" in err) == (1, True)
