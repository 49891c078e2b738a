"""An answer made of quotes needs no second opinion; one in words of its own may need one."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from catalog.models import Api
from reasoners.own_words import own_words
from reasoners.protocol import Result, Step

QUERY = "What happened to order 123456?"
RESPONSE: JsonValue = {"order_id": "123456", "currentStatus": "packed", "items": [{"name": "Herbal Handsoap"}]}


def found(response: JsonValue = RESPONSE, error: str = "") -> list[Result]:
    api = Api(id="a/b/c", name="get_order", category="a", tool_id="a/b", tool_name="Orders", title="Get order")
    return [Result(Step("1", "a/b/c", QUERY), api, "ok", {"order_id": "123456"}, response=response, error=error)]


@pytest.mark.parametrize(
    "answer",
    [
        "order_id: 123456; status: packed; name: Herbal Handsoap",
        "Your order 123456 is packed. It contains 1 item: Herbal Handsoap.",
        "According to the response, the current status of the order is “packed”.",
        "On Monday, 1 May, two were ordered.",
        "",
    ],
)
def test_quotes_and_what_holds_them_together_are_nobodys_own_words(answer: str) -> None:
    assert own_words(answer, QUERY, found()) == ()


@pytest.mark.parametrize(
    ("answer", "own"),
    [
        ("Order 123456 is packed and will arrive soon.", ("arrive", "soon")),
        ("Order 123456 is not packed.", ("not",)),
        ("Order 123456 isn't packed.", ("isn't",)),
        ("Die Bestellung 123456 ist nicht packed.", ("Bestellung", "nicht")),
    ],
)
def test_what_neither_question_nor_response_says_is_named(answer: str, own: tuple[str, ...]) -> None:
    assert own_words(answer, QUERY, found()) == own


def test_a_script_without_spaces_is_compared_too() -> None:
    assert own_words("注文は梱包済み", QUERY, found({"状態": "注文は梱包済み"})) == ()
    assert own_words("注文は発送済み", QUERY, found({"状態": "注文は梱包済み"})) != ()


def test_a_no_that_the_api_said_itself_is_a_quote() -> None:
    assert own_words("There is no order 123456.", QUERY, found(None, error="There is no order 123456.")) == ()
