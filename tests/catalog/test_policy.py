"""The operator's rules: the first that fits decides, and what cannot be read is never taken for none."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.errors import SettingsError
from catalog.models import Api
from catalog.policy import Rule, read_policy
from catalog.policy_file import policy_in

API = Api(
    id="Shop/orders/cancel",
    name="cancel",
    category="Shop",
    tool_id="Shop/orders",
    tool_name="Orders",
    method="DELETE",
    risk="mutating",
    cost_usd=0.05,
)
FREE = API.model_copy(update={"cost_usd": None})


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({}, True),
        ({"method": "delete"}, True),
        ({"method": ["GET", "DELETE"]}, True),
        ({"method": "GET"}, False),
        ({"category": "Sh*"}, True),
        ({"category": "shop"}, False),
        ({"tool": "Orders"}, True),
        ({"tool": "Shop/*"}, True),
        ({"api": ["*/refund", "*/cancel"]}, True),
        ({"api": "cancel"}, False),
        ({"risk": "mutating", "kind": "http"}, True),
        ({"risk": "safe"}, False),
        ({"kind": "mcp"}, False),
        ({"tenant": "acme"}, True),
        ({"tenant": "other"}, False),
        ({"method": "DELETE", "tenant": "other"}, False),
        ({"cost_above": 0.01}, True),
        ({"cost_above": 0.05}, False),
        ({"cost_up_to": 0.05}, True),
        ({"cost_known": True}, True),
        ({"cost_known": False}, False),
    ],
)
def test_all_that_a_rule_names_must_fit(conditions: dict[str, object], fits: bool) -> None:
    assert Rule.model_validate({"decide": "ask", **conditions}).fits(API, "acme") is fits


@pytest.mark.parametrize(
    ("conditions", "fits"), [({"cost_up_to": 1}, False), ({"cost_above": 0}, False), ({"cost_known": False}, True)]
)
def test_an_unknown_cost_is_neither_low_nor_high(conditions: dict[str, object], fits: bool) -> None:
    assert Rule.model_validate({"decide": "auto", **conditions}).fits(FREE, "acme") is fits


def test_the_first_rule_that_fits_decides() -> None:
    policy = read_policy(
        {
            "version": 1,
            "rules": [
                {"decide": "auto", "tenant": "acme", "api": "Shop/*"},
                {"decide": "deny", "method": "DELETE", "name": "no deleting"},
            ],
        }
    )
    ours, others = policy.rule_for(API, "acme"), policy.rule_for(API, "other")
    assert ours is not None and ours.decide == "auto" and policy.called(ours) == "number 1"
    assert others is not None and others.decide == "deny" and policy.called(others) == "'no deleting'"
    assert policy.rule_for(API.model_copy(update={"method": "GET"}), "other") is None


def test_a_policy_is_yaml_or_json(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        "version: 1\nrules:\n  - {decide: deny, method: DELETE, reason: on paper only}\n"
    )
    (tmp_path / "policy.json").write_text('{"version": 1, "rules": [{"decide": "deny", "method": ["DELETE"]}]}')
    first, second = policy_in(tmp_path / "policy.yaml"), policy_in(tmp_path / "policy.json")
    assert first.rules[0].reason == "on paper only"
    assert first.rules[0].method == second.rules[0].method == ("DELETE",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version: 1\nrules:\n  - {decide: allow}\n", r"rules\[0\].decide: Input should be 'auto', 'ask' or 'deny'"),
        (
            "version: 1\nrules:\n  - {decide: ask}\n  - {decide: ask, methods: GET}\n",
            r"rules\[1\].methods: is not known here",
        ),
        ("version: 1\nrules:\n  - {decide: ask, method: []}\n", r"rules\[0\].method: must name something"),
        ("version: 1\nrules:\n  - {decide: ask, cost_known: false, cost_above: 1}\n", r"rules\[0\]: cost_known"),
        ("version: 1\nrule: []\n", "rule: is not known here; known are version, rules"),
        ("version: 2\nrules: []\n", "version: Input should be 1"),
        ("rules: []\n", "version: must be 1"),
        ("- decide: ask\n", "must be a mapping"),
        ("version: 1\nrules: [\n", r"is no valid YAML: .*line 3"),
        ("", "must hold one document"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "policy.yml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=told) as caught:
        policy_in(path)
    assert "SWITCHBOARD_POLICY_FILE" in str(caught.value) and str(path) in str(caught.value)


def test_a_policy_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        policy_in(tmp_path / "policy.yaml")
