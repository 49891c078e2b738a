"""A report adds up, reads back as it was written, says what falls short, and is told from another by more than luck."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from catalog.errors import UnreadableDocument
from evals.command import app
from evals.comparison import compared, sign_test
from evals.delivery import delivery, table
from evals.page import page
from evals.report import Item, Report, read_report, repeated, report_of


def item(number: int, score: float, *, of: float = 1.0, name: str = "one", why: str = "") -> Item:
    whole = {} if of == 1 else {"recall@10": of}
    return Item(id=str(number), set=name, query=f"question {number}", scores={"recall@10": score}, of=whole, why=why)


def report(*items: Item) -> Report:
    return report_of("retrieval", items, about={"catalog": ["zoo.jsonl"]}, shown=["recall@10", "COMP@10"])


def test_items_weigh_by_what_there_is_in_them_and_sets_stand_apart() -> None:
    told = report(item(1, 1), item(2, 1, of=4, name="two"), item(3, 0, of=0, name="none"))

    assert told.overall.figures == {"recall@10": 0.4}
    assert {group.name: group.figures["recall@10"] for group in told.sets} == {"none": None, "one": 1.0, "two": 0.25}
    assert told.shown == ("recall@10",), "what nothing has scored is not shown"


def test_the_worst_come_first_and_what_is_right_is_not_among_them() -> None:
    told = report(item(1, 0.5), item(2, 1), item(3, 0), item(4, 3, of=4))

    assert [one.id for one in told.worst(9)] == ["3", "1", "4"]
    assert [one.id for one in told.worst(1)] == ["3"]


def test_repeats_are_told_by_their_mean_and_their_spread() -> None:
    runs = iter([report(item(1, 1), item(2, 0)), report(item(1, 1), item(2, 1))])
    told = repeated(lambda: next(runs), 2)

    assert told.overall.figures == {"recall@10": 0.75}
    assert told.spread["recall@10"] == pytest.approx(0.353553)
    assert [run["recall@10"] for run in told.runs] == [0.5, 1.0]
    assert told.items[1].share("recall@10") == 0.5


def test_a_report_reads_back_as_it_was_written(tmp_path: Path) -> None:
    told, path = report(item(1, 1, of=2, why="so")), tmp_path / "a.json"
    path.write_text(told.model_dump_json(exclude_defaults=True))
    assert read_report(path) == told


@pytest.mark.parametrize("text", ["{", "{}", '{"eval": "retrieval", "sets": []}'])
def test_what_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UnreadableDocument, match="no report"):
        read_report(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("least", "most", "code"),
    [([], [], None), (["recall@10=0.5"], [], None), (["recall@10=0.6"], [], 1), ([], ["recall@10=0.4"], 1)],
)
def test_a_figure_out_of_bounds_ends_with_one(
    least: list[str], most: list[str], code: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = delivery(False, None, least, most)
    if code is None:
        wanted.of(report(item(1, 1), item(2, 0)))
        return
    with pytest.raises(typer.Exit) as ended:
        wanted.of(report(item(1, 1), item(2, 0)))
    assert ended.value.exit_code == code
    assert "recall@10: 0.5000, wanted at" in capsys.readouterr().err


@pytest.mark.parametrize("bound", ["recall@10", "recall@10=much"])
def test_a_bound_without_a_number_is_refused(bound: str) -> None:
    with pytest.raises(typer.BadParameter, match="not of the form"):
        delivery(False, None, [bound], None)


def test_a_bound_on_what_is_not_measured_says_what_is_and_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.BadParameter, match=r"measured are recall@10"):
        delivery(True, None, ["recal@10=0.9"], None).of(report(item(1, 1)))
    assert Report.model_validate_json(capsys.readouterr().out).overall.items == 1


def test_a_page_without_a_folder_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="no folder"):
        delivery(True, tmp_path / "gone" / "report.html", None, None)


def test_what_stopped_early_is_not_taken_for_success() -> None:
    with pytest.raises(typer.Exit):
        delivery(True, None, None, None).of(report(item(1, 1)).model_copy(update={"stopped": "interrupted"}))


def test_the_page_holds_everything_needs_no_network_and_trusts_no_text() -> None:
    curve = {f"recall@{k}": score for k, score in ((1, 0.1), (5, 0.5), (64, 0.9))}
    bad = Item(id="1", query="<script>alert(1)</script>", scores=curve, expected=("Zoo/a",), found=("Zoo/b",), why="b")
    told = page(report_of("retrieval", [bad], about={"apis": 3}, shown=["recall@5"]))

    assert "<script" not in told and "&lt;script&gt;" in told
    assert not re.search(r"(?:src|href)=|url\(|@import|https?://", told)
    assert "prefers-color-scheme: dark" in told
    assert "recall: 0.100 at 1, 0.500 at 5, 0.900 at 64" in told and "<polyline" in told
    assert all(text in told for text in ("Zoo/a", "Zoo/b", "All other measures", "0.500"))
    assert re.search(r"<td>all</td><td>1</td>", told)


def test_a_difference_is_told_from_noise() -> None:
    before = report(*(item(n, float(n % 2)) for n in range(100)))
    much = report(*(item(n, float(n % 2 or n < 30)) for n in range(100)))
    little = report(*(item(n, 1.0 if n == 0 else 0.0 if n == 1 else float(n % 2)) for n in range(100)))

    (better,) = compared(before, much, ("a", "b")).differences
    (noise,) = compared(before, little, ("a", "b")).differences
    (same,) = compared(before, before, ("a", "b")).differences

    assert (better.verdict, better.better, better.worse) == ("better", 15, 0)
    assert 0 < better.low <= better.difference <= better.high
    assert (noise.verdict, noise.chance, same.verdict) == ("noise", 1.0, "same")
    assert compared(much, before, ("b", "a")).differences[0].verdict == "worse"


def test_less_is_better_where_it_is() -> None:
    def asks(share: float) -> Report:
        items = [Item(id=str(n), query="q", scores={"false asks": float(n < share * 50)}) for n in range(50)]
        return report_of("parameters", items, about={}, shown=["false asks"])

    assert compared(asks(0.8), asks(0.2), ("a", "b")).differences[0].verdict == "better"


@pytest.mark.parametrize(("better", "worse", "chance"), [(0, 0, 1.0), (5, 0, 0.0625), (1, 1, 1.0), (6000, 5000, 0.0)])
def test_the_sign_test_is_a_coin_thrown(better: int, worse: int, chance: float) -> None:
    assert sign_test(better, worse) == chance


def test_why_an_eval_stopped_is_told_as_it_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    stopped = report(item(1, 1)).model_copy(update={"stopped": "the model said [/red] and left"})
    with pytest.raises(typer.Exit):
        delivery(True, None, None, None).of(stopped)
    assert "said [/red] and left" in " ".join(capsys.readouterr().err.split())


def test_a_page_goes_into_a_file(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="name a file"):
        delivery(False, tmp_path, None, None)


def test_two_reports_are_compared_by_the_command(tmp_path: Path) -> None:
    before, after = report(*(item(n, 1) for n in range(20))), report(*(item(n, n % 2) for n in range(1, 21)))
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    for path, one in zip(paths, (before, after), strict=True):
        path.write_text(one.model_dump_json(exclude_defaults=True))
    asked = ["compare", *map(str, paths)]

    told = CliRunner().invoke(app, [*asked, "--json", "--html", str(tmp_path / "c.html")])
    comparison = json.loads(told.stdout)

    assert told.exit_code == 1, "it got worse"
    assert (comparison["items"], comparison["only_before"], comparison["only_after"]) == (19, 1, 1)
    assert comparison["differences"][-1]["verdict"] == "worse"
    assert "19 items stand in both" in (tmp_path / "c.html").read_text()
    shown = CliRunner().invoke(app, ["compare", str(paths[0]), str(paths[0])])
    assert (shown.exit_code, "same" in shown.stdout) == (0, True)


@pytest.mark.parametrize("name", ["retrieval", "parameters", "missing", "relevance", "end-to-end"])
def test_every_eval_compares_two_reports_without_measuring(name: str, tmp_path: Path) -> None:
    paths = [tmp_path / "before.json", tmp_path / "after.json"]
    for path, score in zip(paths, (1, 0), strict=True):
        path.write_text(report(*(item(number, score) for number in range(30))).model_dump_json())
    told = CliRunner().invoke(app, [name, "--compare", *map(str, paths), "--json"])
    assert told.exit_code == 1, "something got worse"
    assert json.loads(told.stdout)["differences"][0]["verdict"] == "worse"
    assert CliRunner().invoke(app, [name, "--compare", str(paths[0]), str(paths[0])]).exit_code == 0


@pytest.mark.parametrize("name", ["retrieval", "parameters", "missing", "relevance", "end-to-end"])
def test_without_reports_to_compare_there_must_be_something_to_measure(name: str) -> None:
    told = CliRunner().invoke(app, [name, "--offline"] if name != "retrieval" else [name])
    assert (told.exit_code, "it is missing" in told.stderr) == (2, True)


def test_reports_of_two_evals_are_not_compared(tmp_path: Path) -> None:
    other = report(item(1, 1)).model_copy(update={"eval": "parameters"})
    (tmp_path / "a.json").write_text(report(item(1, 1)).model_dump_json())
    (tmp_path / "b.json").write_text(other.model_dump_json())
    told = CliRunner().invoke(app, ["compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")])
    assert told.exit_code == 2


def test_the_table_has_a_row_for_each_set_and_for_the_spread() -> None:
    runs = iter([report(item(1, 1)), report(item(1, 0))])
    assert table(repeated(lambda: next(runs), 2)).row_count == 3


def test_a_run_that_stopped_is_the_last_and_does_not_count_beside_whole_ones() -> None:
    cut = report(item(1, 0)).model_copy(update={"stopped": "interrupted"})
    runs = iter([report(item(1, 1)), report(item(1, 1)), cut])
    told = repeated(lambda: next(runs), 9)
    assert (told.stopped, len(told.runs), told.overall.figures["recall@10"]) == ("interrupted", 2, 1.0)
