"""Strong evidence in a question: what has a parameter's form or stands behind its name."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.fits import compiled
from reasoners.offline.spans import spans


def parameter(name: str, kind: str = "string", **more: object) -> Parameter:
    return Parameter.model_validate({"name": name, "type": kind, **more})


ORDER = parameter("order_id", constraints={"pattern": "^[0-9]{5,6}$"})
RETURN = parameter("return_id", constraints={"pattern": "^[a-z]{3}[0-9]{3}$"})
LANGUAGE = parameter("target_language", enum=["en", "de", "fr", "it"])
STATUS = parameter("status", enum=["in_transit", "delivered", "all"])


@pytest.mark.parametrize(
    ("text", "wanted", "value", "said"),
    [
        ("Which item was ordered for 123456?", ORDER, "123456", "123456"),
        ("Has order #12345 shipped?", ORDER, "12345", "12345"),
        ("refund for RTN003's case", RETURN, "rtn003", "RTN003"),
        ("rates for USD", parameter("base", constraints={"pattern": "^[A-Z]{3}$"}), "USD", "USD"),
        ("mail bob@example.org.", parameter("email"), "bob@example.org", "bob@example.org"),
        ("see https://example.org/a?b=1.", parameter("link"), "https://example.org/a?b=1", "https://example.org/a?b=1"),
        ("where is 203.0.113.25?", parameter("ip"), "203.0.113.25", "203.0.113.25"),
        ("what is in transit?", STATUS, "in_transit", "in transit"),
        ("translate it to German", LANGUAGE, "de", "German"),
        ("into French (fr)", LANGUAGE, "fr", "fr"),
        ("my ticket id is A-17, thanks", parameter("ticket_id"), "A-17", "A-17"),
        ("a playlist called 'Rainy Sunday'", parameter("name"), "Rainy Sunday", "Rainy Sunday"),
        ("with base 10 and height 5", parameter("base", "integer"), 10, "10"),
        ("for 2 adults and 3 children", parameter("children", "integer"), 3, "3"),
        ("x = 3, y = -4.5", parameter("y", "number"), -4.5, "-4.5"),
        ("without gift wrap", parameter("gift_wrap", "boolean"), False, "gift wrap"),
        ("with gift wrap", parameter("gift_wrap", "boolean"), True, "gift wrap"),
    ],
)  # fmt: skip
def test_the_best_span_is_the_value_that_was_said(text: str, wanted: Parameter, value: JsonValue, said: str) -> None:
    best = spans(text, wanted)[0]

    assert best.value == value
    assert text[best.start : best.end] == said


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Where is my order?", ORDER),
        ("Where is order 123?", ORDER),
        ("how is the way to it", parameter("country", constraints={"pattern": "^[A-Z]{2}$"})),
        ("translate it now", LANGUAGE),
        ("show all of them", STATUS),
        ("a 5 star hotel", parameter("a", "integer")),
        ("any words at all", parameter("note", constraints={"pattern": "^[A-Za-z ]+$"})),
        ("for 150 people", parameter("people", "integer", constraints={"maximum": 100})),
        ("everything that is not delivered", STATUS),
    ],
)
def test_what_only_looks_like_a_value_is_none(text: str, wanted: Parameter) -> None:
    assert spans(text, wanted) == ()


def test_a_pattern_that_may_run_for_ages_is_not_run() -> None:
    assert compiled("^(a+)+$") is None
    assert compiled("^(a|aa)*$") is None
    assert compiled("(") is None
    assert compiled("^[a-z]+(-[a-z]+)*$") is not None
    assert spans("a" * 200 + "!", parameter("code", constraints={"pattern": "^(a+)+$"})) == ()


@pytest.mark.parametrize(
    "hostile", ["a" * 8_000, "1," * 4_000, "A b " * 2_000, '"' * 8_000, "[" * 8_000, "a@" * 4_000, "\ud800�\x00 5"]
)
def test_hostile_texts_are_read_like_any_other(hostile: str) -> None:
    for wanted in (
        ORDER,
        LANGUAGE,
        parameter("email"),
        parameter("website"),
        parameter("n", "integer"),
        parameter("f", "boolean"),
    ):
        assert all(0 <= span.start < span.end <= len(hostile) for span in spans(hostile, wanted))
