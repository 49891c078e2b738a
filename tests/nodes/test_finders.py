"""Which APIs find an id that another one needs."""

from __future__ import annotations

import pytest

from catalog.models import Api, Parameter
from nodes.finders import finds, is_key


def api(*needs: str, shape: object = None, risk: str = "safe") -> Api:
    parameters = tuple(Parameter(name=name, required=True) for name in needs)
    return Api.model_validate(
        {
            "id": "a/b/c",
            "name": "c",
            "category": "a",
            "tool_id": "a/b",
            "tool_name": "b",
            "parameters": parameters,
            "response_shape": shape,
            "risk": risk,
        }
    )


@pytest.mark.parametrize(
    ("name", "names_one_thing"),
    [
        ("customer_id", True),
        ("orderNumber", True),
        ("id", False),
        ("city", False),
        ("country", False),
        ("IATACode", True),
    ],
)
def test_an_id_says_of_what_it_is(name: str, names_one_thing: bool) -> None:
    assert is_key(Parameter(name=name)) is names_one_thing


def test_an_id_that_can_be_listed_is_chosen_not_found() -> None:
    assert not is_key(Parameter(name="language_code", enum=("de", "en")))


def test_what_has_the_id_in_its_response_finds_it_however_it_is_spelled() -> None:
    shape = {"items": [{"customerId": "str", "name": "str"}]}
    assert finds(api("email", shape=shape), "customer_id")
    assert not finds(api("email", shape={"items": [{"name": "str"}]}), "customer_id")
    assert not finds(api("email"), "customer_id"), "nothing is known of its response"


def test_what_needs_the_id_itself_or_changes_something_finds_nothing() -> None:
    shape = {"customer_id": "str"}
    assert not finds(api("customer-id", shape=shape), "customer_id")
    assert not finds(api("email", shape=shape, risk="mutating"), "customer_id")
