"""The floors that filling must hold on public benchmarks: few wrong values sent, most gaps asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from catalog.models import Api
from evals.parameters import calls, gaps, measure, measure_gaps
from reasoners.offline.fill import fill
from reasoners.protocol import Step, Value

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "dev"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the benchmark data beside the checkout")


def filled(query: str, api: Api) -> Mapping[str, Value]:
    names = [parameter.name for parameter in api.parameters]
    return fill(query, Step("1", api.id, query), api, wanted=names, earlier=(), today=date(2026, 6, 15))


def test_of_the_values_sent_unasked_nearly_all_are_right() -> None:
    figures = measure(calls(DATA / "function_calling.jsonl.gz"), filled)[""]

    assert figures.share("taken_right", "taken") >= 0.95
    assert figures.share("required_found", "required") >= 0.58
    assert figures.share("required_taken", "required") >= 0.4


def test_what_is_missing_is_asked_for() -> None:
    figures = measure_gaps(gaps(DATA / "missing_parameters.jsonl.gz"), filled)

    assert figures.share("asked", "missing") >= 0.90
    assert figures.share("turns_asked", "turns_missing") >= 0.95
