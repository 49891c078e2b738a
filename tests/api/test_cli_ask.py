"""`switchboard ask` as a person and as a script use it: real services on a data folder, a real upstream."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.cli import run
from tests.api.conftest import Service, Upstream, document, running_upstream


@dataclass(frozen=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str


Switchboard = Callable[..., Ended]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Upstream]]:
    """A data folder with the library's catalog."""
    folder = tmp_path_factory.mktemp("library")
    with running_upstream() as upstream:
        (folder / "library.json").write_text(json.dumps(document(upstream.url)))
        yield folder, upstream


@pytest.fixture
def switchboard(
    library: tuple[Path, Upstream], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Switchboard:
    folder, _ = library
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SWITCHBOARD_DATA_DIR", str(folder / "data"))

    def call(*arguments: str, typed: str = "") -> Ended:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = run(arguments)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    if not (folder / "data").exists():
        assert call("catalog", "import", "library.json").code == 0
    return call


def test_an_answer_stands_alone_on_stdout(switchboard: Switchboard) -> None:
    ended = switchboard("ask", "When is loan 70001 due?")
    assert ended.code == 0
    assert "2031-04-09" in ended.out
    assert "GET http" not in ended.out
    assert "/loans/70001  ->  200" in ended.err


def test_json_prints_the_whole_body_and_nothing_else(switchboard: Switchboard) -> None:
    ended = switchboard("ask", "When is loan 70001 due?", "--json")
    assert json.loads(ended.out)["status"] == "completed"


def test_a_missing_value_is_asked_for_with_its_title_and_description(switchboard: Switchboard) -> None:
    ended = switchboard("ask", "When is my loan due?", typed="70001\n")
    assert ended.code == 0
    assert "Loan number" in ended.err
    assert "The five digits on the slip." in ended.err
    assert "2031-04-09" in ended.out


def test_a_value_that_does_not_fit_is_asked_for_again(switchboard: Switchboard) -> None:
    ended = switchboard("ask", "When is my loan due?", typed="\nseven\n70001\n")
    assert ended.code == 0
    assert "A value is needed." in ended.err
    assert "'seven' does not fit" in ended.err


def test_where_nobody_answers_the_thread_waits_and_can_be_answered_later(switchboard: Switchboard) -> None:
    ended = switchboard("ask", "When is my loan due?", typed="")
    assert (ended.code, ended.out) == (3, "")
    (thread_id,) = [word.strip("`.") for word in ended.err.split("threads resume ")[1].split()[:1]]
    later = switchboard("threads", "resume", thread_id, typed="70001\n")
    assert later.code == 0
    assert "2031-04-09" in later.out


def test_no_input_says_which_values_are_missing_and_how_to_give_them(switchboard: Switchboard) -> None:
    ended = switchboard("ask", "When is my loan due?", "--no-input", typed="70001\n")
    assert ended.code == 3
    assert "--param loan_id=VALUE" in ended.err


def test_a_value_given_beforehand_is_not_asked_for(switchboard: Switchboard) -> None:
    ended = switchboard("ask", "When is my loan due?", "--no-input", "--param", 'loan_id="70001"')
    assert ended.code == 0
    assert "2031-04-09" in ended.out


@pytest.mark.parametrize(("typed", "code", "sent"), [("y\n", 0, 1), ("n\n", 1, 0), ("\n", 1, 0), ("what\nyes\n", 0, 1)])
def test_what_changes_something_is_sent_only_after_a_yes(
    switchboard: Switchboard, library: tuple[Path, Upstream], typed: str, code: int, sent: int
) -> None:
    _, upstream = library
    upstream.received.clear()
    ended = switchboard("ask", "End loan 70001", typed=typed)
    assert ended.code == code
    assert f"DELETE {upstream.url}/loans/70001" in ended.err
    assert upstream.received.count("DELETE /loans/70001") == sent


def test_an_approval_is_never_given_without_a_person(switchboard: Switchboard, library: tuple[Path, Upstream]) -> None:
    _, upstream = library
    upstream.received.clear()
    assert switchboard("ask", "End loan 70001", "--no-input").code == 3
    assert upstream.received == []


def test_a_dry_run_shows_the_request_and_sends_nothing(
    switchboard: Switchboard, library: tuple[Path, Upstream]
) -> None:
    _, upstream = library
    upstream.received.clear()
    ended = switchboard("ask", "When is loan 70001 due?", "--dry-run")
    assert ended.code == 0
    assert "/loans/70001  ->  not sent" in ended.err
    assert upstream.received == []


def test_a_call_without_an_answer_is_not_said_to_be_unsent(switchboard: Switchboard, tmp_path: Path) -> None:
    api = {"name": "tide", "title": "Tide at a pier", "method": "GET", "path": "/tide", "parameters": []}
    tool = {"name": "Pier", "category": "Sea", "url": "http://127.0.0.1:1", "apis": [api]}
    (tmp_path / "sea.json").write_text(json.dumps({"format": "switchboard", "version": 1, "tools": [tool]}))
    switchboard("catalog", "import", str(tmp_path / "sea.json"))
    ended = switchboard("ask", "How is the tide at the pier?", "--category", "Sea", "--no-input")
    assert ended.code == 1
    assert "/tide  ->  no answer" in ended.err


def test_a_dry_run_tells_the_api_and_why_the_values_and_the_request(switchboard: Switchboard) -> None:
    ended = switchboard("ask", "When is loan 70001 due?", "--dry-run")
    assert "Step 1: books/desk/get_loan" in ended.out
    assert re.search(r"why +\S", ended.out)
    assert "loan_id = 70001, from the question: '70001'" in ended.out
    assert re.search(r"request +curl --request GET http://\S+/loans/70001", ended.out)


@pytest.mark.parametrize("where", ["data folder", "service"])
def test_a_dry_run_tells_what_would_be_asked(switchboard: Switchboard, service: Service, where: str) -> None:
    at = ("--url", service.url) if where == "service" else ()
    missing = switchboard("ask", "When is my loan due?", "--dry-run", *at)
    assert re.search(r"asks +.*\(loan_id\)", missing.out)
    changing = switchboard("ask", "End loan 70001", "--dry-run", *at)
    assert re.search(r"request +curl --request DELETE", changing.out)
    assert re.search(r"asks +.*Send this request", changing.out)


def test_a_reason_is_told_once(switchboard: Switchboard) -> None:
    ended = switchboard("ask", "When is my loan due?", typed="seven\n70001\n")
    assert ended.err.count("'seven' does not fit") == 1


def test_a_question_that_nothing_fits_has_its_own_exit_code(switchboard: Switchboard) -> None:
    ended = switchboard("ask", "Who painted the ceiling?")
    assert ended.code == 4
    assert "catalog search" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [("ask",), ("ask", "x", "--param", "loan_id"), ("ask", "x", "--param", "=1"), ("ask", "x", "--colour"), ("aks",)],
)
def test_wrong_usage_is_told_with_the_way_to_help(switchboard: Switchboard, arguments: tuple[str, ...]) -> None:
    ended = switchboard(*arguments)
    assert ended.code == 2
    assert "--help" in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("query", ["", "  ", "x" * 8_001])
def test_a_query_that_no_door_would_take_is_refused(switchboard: Switchboard, query: str) -> None:
    ended = switchboard("ask", query)
    assert ended.code == 1
    assert ended.err.startswith("Error: query: ")
    assert "String should" not in ended.err


def test_an_unknown_category_is_refused(switchboard: Switchboard) -> None:
    ended = switchboard("ask", "When is loan 70001 due?", "--category", "Nowhere")
    assert ended.code == 1
    assert "Nowhere" in ended.err


def test_a_running_service_answers_in_the_same_way(switchboard: Switchboard, service: Service) -> None:
    ended = switchboard("ask", "When is my loan due?", "--url", service.url, typed="70001\n")
    assert ended.code == 0
    assert "2031-04-09" in ended.out


def test_what_a_service_refuses_is_told_in_its_words(switchboard: Switchboard, service: Service) -> None:
    ended = switchboard("ask", "x", "--url", service.url, "--category", "Nowhere")
    assert ended.code == 1
    assert "Nowhere" in ended.err


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "http://[::1", "ftp://127.0.0.1/"])
def test_where_no_service_answers_the_way_to_start_one_is_told(switchboard: Switchboard, url: str) -> None:
    ended = switchboard("ask", "x", "--url", url)
    assert ended.code == 1
    assert "switchboard serve" in ended.err


def test_a_server_that_is_no_switchboard_is_told(switchboard: Switchboard, library: tuple[Path, Upstream]) -> None:
    _, upstream = library
    upstream.documents["/query"] = (200, {"content-type": "text/html"}, b"<html>hello</html>")
    ended = switchboard("ask", "x", "--url", upstream.url)
    assert ended.code == 1
    assert "No Switchboard answers" in ended.err


def test_threads_are_listed_shown_explained_and_deleted(switchboard: Switchboard) -> None:
    asked = json.loads(switchboard("ask", "When is loan 70001 due?", "--json").out)
    thread_id = asked["thread_id"]
    assert thread_id in switchboard("threads").out
    assert thread_id in switchboard("threads", "list", "--status", "completed").out
    assert "'completed'" in switchboard("threads", "list", "--status", "complete").err
    assert json.loads(switchboard("threads", "show", thread_id, "--json").out) == asked
    assert "requests" in json.loads(switchboard("threads", "trace", thread_id).out)
    assert switchboard("threads", "delete", thread_id).code == 0
    gone = switchboard("threads", "show", thread_id)
    assert gone.code == 1
    assert thread_id in gone.err
    assert "`switchboard threads` lists" in gone.err
