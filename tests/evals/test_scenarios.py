"""A scenario is named, combined, and the same each time."""

from __future__ import annotations

import pytest

from evals.scenarios import Scenario, UnknownScenario, scenario_named


def test_names_and_numbers_are_joined() -> None:
    joined = scenario_named("looks-first + misses-apis+wrong_tools=2+miss_rate=0.9+faults")

    assert joined == Scenario(
        looks=True, wrong_categories=3, wrong_tools=2, misses="apis", miss_rate=0.9, faults_every=10
    )


def test_the_later_of_two_that_say_the_same_holds() -> None:
    assert scenario_named("looks-first+wrong_categories=7").wrong_categories == 7
    assert scenario_named("wrong_categories=7+looks-first").wrong_categories == 3


@pytest.mark.parametrize("name", ["", "misses", "faults+nonsense", "wrong_tools=many", "obeys=1"])
def test_what_is_no_scenario_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(UnknownScenario, match=r"is no scenario\. There are perfect, .*wrong_tools=N"):
        scenario_named(name)


def test_half_of_a_level_is_passed_over_and_always_the_same_half() -> None:
    missing, other = Scenario(misses="apis"), Scenario(misses="apis", seed=1)
    items = [f"a/b/{n}" for n in range(400)]
    passed = [item for item in items if missing.passes_over("apis", "q", item)]

    assert 160 < len(passed) < 240
    assert passed == [item for item in items if missing.passes_over("apis", "q", item)]
    assert passed != [item for item in items if other.passes_over("apis", "q", item)]
    assert not any(missing.passes_over("tools", "q", item) for item in items)
