"""What is wanting of a catalog is told worst first, with what to write."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from catalog.lint import Finding, LintReport, lint
from catalog.lookalikes import lookalikes
from catalog.models import Api, Parameter, Tool
from catalog.tokens import words

MakeApi = Callable[..., Api]
MakeTool = Callable[..., Tool]
SOUND = {
    "description": "The current weather at a place",
    "url": "https://sky.test/now",
    "examples": ("How is the weather in Oslo?",),
    "response_shape": {"temperature": "float"},
}


def linted(*tools: Tool) -> LintReport:
    return lint(tools, words)


def codes(report: LintReport, api_id: str) -> list[str]:
    return [finding.code for entry in report.entries if entry.api_id == api_id for finding in entry.findings]


def test_an_api_that_wants_nothing_has_all_points_and_no_entry(api: MakeApi, tool: MakeTool) -> None:
    report = linted(tool("Weather/Sky", api("Weather/Sky/current", **SOUND)))
    assert (report.apis, report.mean_score, report.lowest_score, report.counts, report.entries) == (1, 100, 100, {}, ())


@pytest.mark.parametrize(
    ("wanting", "code"),
    [
        ({"url": ""}, "no_address"),
        ({"url": "", "kind": "python"}, "no_address"),
        ({"description": " "}, "no_description"),
        ({"description": "CURRENT"}, "no_description"),
        ({"description": "Weather."}, "no_description"),
        ({"examples": ()}, "no_examples"),
        ({"response_shape": None}, "no_response_shape"),
        ({"parameters": (Parameter(name="q", required=True),)}, "undescribed_parameter"),
    ],
)
def test_each_thing_that_is_wanting_is_told(
    api: MakeApi, tool: MakeTool, wanting: dict[str, object], code: str
) -> None:
    report = linted(tool("Weather/Sky", api("Weather/Sky/current", **{**SOUND, **wanting})))
    assert codes(report, "Weather/Sky/current") == [code]
    assert report.lowest_score is not None and report.lowest_score < 100
    assert report.counts == {code: 1}


@pytest.mark.parametrize(
    "parameter",
    [
        Parameter(name="q"),
        Parameter(name="q", required=True, description="A place"),
        Parameter(name="q", required=True, enum=("a", "b")),
        Parameter(name="q", required=True, example="Oslo"),
        Parameter(name="q", required=True, type="boolean", default=False),
        Parameter(name="q", required=True, constraints={"format": "date"}),
    ],
)
def test_a_parameter_that_says_what_it_takes_is_not_told(api: MakeApi, tool: MakeTool, parameter: Parameter) -> None:
    assert linted(tool("A/b", api("A/b/c", **SOUND, parameters=(parameter,)))).entries == ()


def test_what_a_function_or_a_tool_of_a_server_goes_to_is_an_address(api: MakeApi, tool: MakeTool) -> None:
    fields = {**SOUND, "url": "", "kind": "mcp", "target": "sky current"}
    assert linted(tool("A/b", api("A/b/c", **fields))).entries == ()


def test_look_alikes_name_each_other(api: MakeApi, tool: MakeTool) -> None:
    twin = {**SOUND, "description": "The weather at a place, as it is currently"}
    other = {**SOUND, "description": "The phase of the moon on a given day"}
    report = linted(
        tool(
            "Weather/Sky",
            api("Weather/Sky/current", **SOUND),
            api("Weather/Sky/Current!", **twin),
            api("Weather/Sky/moon", **other),
        )
    )
    assert {entry.api_id: entry.findings[0].others for entry in report.entries} == {
        "Weather/Sky/current": ("Weather/Sky/Current!",),
        "Weather/Sky/Current!": ("Weather/Sky/current",),
    }
    assert "Weather/Sky/Current!" in report.entries[1].findings[0].advice


def test_the_worst_stands_first(api: MakeApi, tool: MakeTool) -> None:
    bare, better = api("A/b/bare"), api("A/b/better", **{**SOUND, "examples": ()})
    report = linted(tool("A/b", better, bare))
    assert [entry.api_id for entry in report.entries] == ["A/b/bare", "A/b/better"]
    assert report.entries[1].findings == (
        Finding("no_examples", "write one to three questions that it answers into `examples`"),
    )


def test_an_empty_catalog_has_no_score() -> None:
    assert linted() == LintReport(0, None, None, {}, ())


def test_texts_are_alike_when_nearly_all_of_their_words_are() -> None:
    common = frozenset("abcdefghij")
    found = lookalikes(
        {"one": common, "two": common | {"k"}, "far": common - set("abc"), "same": common, "none": frozenset()}
    )
    assert found == {"one": ("same", "two"), "same": ("one", "two"), "two": ("one", "same")}


def test_thousands_of_texts_from_one_template_are_compared_in_bounded_time() -> None:
    common = frozenset(f"word{n}" for n in range(12))
    found = lookalikes({str(n): common | {f"own{n}"} for n in range(2000)})
    assert len(found) == 2000
