"""The form asks for what is declared, and reads what people mean."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import JsonValue

from catalog.models import Parameter
from nodes.forms import FieldError, form, misfit, read, title_of, unknown_fields
from nodes.wording import pattern_in_words
from reasoners.protocol import Origin, Value

ORDER = Parameter(
    name="order_id",
    required=True,
    description="Six digits, on the receipt.",
    example="123456",
    constraints={"pattern": "^[0-9]{6}$"},
)
RETURN = Parameter(name="return_id", required=True, constraints={"pattern": "^rtn[0-9]{3}$"})
SIZE = Parameter(name="size", enum=("S", "M", "XL"))
LEVEL = Parameter(name="level", type="integer", enum=(1, 2, 3))
GUESTS = Parameter(name="guests", type="integer", required=True, constraints={"minimum": 1, "maximum": 9})
TAGS = Parameter(name="tags", type="array", constraints={"items": {"type": "string", "enum": ["new", "hot"]}})
WORDS = Parameter(name="words", type="array", constraints={"items": {"type": "string"}})
NUMBERS = Parameter(name="numbers", type="array", constraints={"items": {"type": "integer"}})
EXTRA = Parameter(name="extra", type="object")
ADDRESS = Parameter(
    name="address",
    type="object",
    required=True,
    constraints={
        "properties": {
            "street": {"type": "string"},
            "geo": {"type": "object", "properties": {"lat": {"type": "number", "maximum": 90}}},
        },
        "required": ["street"],
    },
)


def by_user(value: JsonValue) -> Value:
    return Value(value, Origin("query"), "confirm")


def answer(parameter: Parameter, content: dict[str, JsonValue]) -> tuple[dict[str, JsonValue], list[FieldError]]:
    return read(content, [parameter], confirm={})


def test_the_form_carries_names_words_and_rules() -> None:
    assert form([ORDER, GUESTS, SIZE], confirm={}) == {
        "type": "object",
        "properties": {
            "order_id": {
                "type": "string",
                "title": "Order ID",
                "description": "Six digits, on the receipt. For example '123456'.",
                "pattern": "^[0-9]{6}$",
            },
            "guests": {"type": "integer", "title": "Guests", "minimum": 1, "maximum": 9},
            "size": {"type": "string", "title": "Size", "enum": ["S", "M", "XL"]},
        },
        "required": ["order_id", "guests"],
    }


def test_what_is_to_be_confirmed_is_filled_in_and_not_required() -> None:
    schema = form([ORDER, GUESTS], confirm={"order_id": by_user("123456")})
    assert schema["properties"]["order_id"]["default"] == "123456"
    assert schema["required"] == ["guests"]


def test_objects_become_dotted_fields_and_free_ones_are_asked_for_as_json() -> None:
    schema = form([ADDRESS, EXTRA, WORDS], confirm={})
    assert list(schema["properties"]) == ["address.street", "address.geo.lat", "extra", "words"]
    assert schema["properties"]["address.geo.lat"]["title"] == "Address: Geo: Lat"
    assert schema["properties"]["extra"]["type"] == "string"
    assert "as JSON" in schema["properties"]["extra"]["description"]
    assert schema["required"] == ["address.street"]


def test_the_form_keeps_to_what_elicitation_allows() -> None:
    schema = form([ORDER, SIZE, LEVEL, GUESTS, TAGS, WORDS, EXTRA, ADDRESS], confirm={})
    Draft202012Validator.check_schema(schema)
    for field in schema["properties"].values():
        assert field["type"] in ("string", "number", "integer", "boolean", "array")
        assert field["type"] != "array" or "enum" in field["items"]
        assert all(isinstance(choice, str) for choice in field.get("enum", []))


@pytest.mark.parametrize(
    ("parameter", "typed", "value"),
    [
        (ORDER, " 123456 ", "123456"),
        (ORDER, 123456, "123456"),
        (ORDER, "#123456.", "123456"),
        (RETURN, "RTN003", "rtn003"),
        (RETURN, "(Rtn003)", "rtn003"),
        (SIZE, "xl", "XL"),
        (LEVEL, "2", 2),
        (LEVEL, 2, 2),
        (GUESTS, "5", 5),
        (GUESTS, " +5 ", 5),
        (GUESTS, 5.0, 5),
        (GUESTS, "5.0", 5),
        (Parameter(name="p", type="number"), "2.50", 2.5),
        (Parameter(name="p", type="number"), "-3", -3),
        (Parameter(name="p", type="boolean"), "Yes", True),
        (Parameter(name="p", type="boolean"), "false", False),
        (Parameter(name="p", type="boolean"), "0", False),
        (Parameter(name="p", type="boolean"), True, True),
        (Parameter(name="p"), "  Two  words ", "Two  words"),
        (Parameter(name="p"), "#1", "#1"),
        (Parameter(name="p"), True, "true"),
        (RETURN, '"rtn003",', "rtn003"),
        (TAGS, ["HOT"], ["hot"]),
        (TAGS, "new, hot", ["new", "hot"]),
        (WORDS, '["a, b", "c"]', ["a, b", "c"]),
        (WORDS, "a, b", ["a", "b"]),
        (WORDS, ["a"], ["a"]),
        (NUMBERS, "1, 2", [1, 2]),
        (EXTRA, '{"a": [1]}', {"a": [1]}),
        (EXTRA, {"a": 1}, {"a": 1}),
    ],
)
def test_what_is_meant_is_read(parameter: Parameter, typed: JsonValue, value: JsonValue) -> None:
    values, errors = answer(parameter, {parameter.name: typed})
    assert (values, errors) == ({parameter.name: value}, [])
    assert type(values[parameter.name]) is type(value)


@pytest.mark.parametrize(
    ("parameter", "typed", "words"),
    [
        (ORDER, "abc", "'abc' does not fit: Order ID must be 6 digits. Six digits, on the receipt. For example '123"),
        (RETURN, "rtn1", "'rtn1' does not fit: Return ID must be 'rtn', then 3 digits."),
        (SIZE, "XXL", "'XXL' does not fit: Size must be one of S, M, XL."),
        (LEVEL, "9", "'9' does not fit: Level must be one of 1, 2, 3."),
        (GUESTS, "many", "'many' does not fit: Guests must be a whole number, in digits only."),
        (GUESTS, "1,000", "'1,000' does not fit: Guests must be a whole number, in digits only."),
        (GUESTS, 2.5, "2.5 does not fit: Guests must be a whole number."),
        (GUESTS, True, "true does not fit: Guests must be a whole number."),
        (GUESTS, "12", "'12' does not fit: Guests must be at most 9."),
        (Parameter(name="p", type="number"), "1e999", "'1e999' does not fit: P must be a number, in digits"),
        (Parameter(name="p", type="boolean"), "maybe", "'maybe' does not fit: P must be yes or no."),
        (Parameter(name="day", constraints={"format": "date"}), "soon", "Day must be a date as year-month-day"),
        (Parameter(name="p", constraints={"minLength": 3}), "ab", "P must have at least 3 characters."),
        (Parameter(name="p", constraints={"maxLength": 1}), "ab", "P must have at most 1 character."),
        (Parameter(name="p"), ["a"], "P must be text."),
        (NUMBERS, "[1, ", "Numbers must be a list in JSON"),
        (NUMBERS, "1, two", "Numbers must be a whole number"),
        (EXTRA, "[1]", "Extra must be an object in JSON"),
        (EXTRA, "[" * 100_000, "Extra must be an object in JSON"),
        (TAGS, ["cold"], "'cold' does not fit: Tags must be one of new, hot."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_in_words(parameter: Parameter, typed: JsonValue, words: str) -> None:
    values, [error] = answer(parameter, {parameter.name: typed})
    assert values == {}
    assert words in error.detail
    assert (error.pointer, error.rejected) == (f"/{parameter.name}", typed)


@pytest.mark.parametrize("blank", ["", "  ", None, []])
def test_blank_is_left_out(blank: JsonValue) -> None:
    assert answer(ORDER, {"order_id": blank}) == ({}, [])
    assert answer(ORDER, {}) == ({}, [])


@pytest.mark.parametrize("content", [{}, {"order_id": ""}])
def test_an_accept_that_leaves_out_a_filled_in_field_confirms_it(content: dict[str, JsonValue]) -> None:
    assert read(content, [ORDER], confirm={"order_id": by_user("123456")}) == ({"order_id": "123456"}, [])


def test_a_filled_in_field_can_be_changed() -> None:
    confirm = {"order_id": by_user("123456")}
    assert read({"order_id": "654321"}, [ORDER], confirm=confirm) == ({"order_id": "654321"}, [])


def test_dotted_fields_are_put_together_again() -> None:
    content: dict[str, JsonValue] = {"address.street": "Main 1", "address.geo.lat": "48.5"}
    assert answer(ADDRESS, content) == ({"address": {"street": "Main 1", "geo": {"lat": 48.5}}}, [])
    values, [error] = answer(ADDRESS, {**content, "address.geo.lat": "95"})
    assert (values, error.pointer) == ({}, "/address.geo.lat")
    assert "must be at most 90" in error.detail


PET = Parameter(
    name="pet",
    type="object",
    constraints={
        "properties": {
            "age": {"type": ["integer", "null"]},
            "born": {"anyOf": [{"type": "object", "properties": {"year": {"type": "integer"}}}, {"type": "null"}]},
            "weights": {"type": ["array", "null"], "items": {"type": ["number", "null"]}},
            "chip": {"type": ["integer", "boolean"]},
            "owner": {"oneOf": [{"type": "object", "required": ["id"]}, {"type": "array"}]},
        }
    },
)


def test_values_that_may_be_null_or_of_several_types_are_read_like_others() -> None:
    properties = form([PET], confirm={})["properties"]
    assert isinstance(properties, dict)
    assert list(properties) == ["pet.age", "pet.born.year", "pet.weights", "pet.chip", "pet.owner"]
    assert properties["pet.age"]["type"] == "integer"
    assert [name for name, entry in properties.items() if "as JSON" in entry.get("description", "")] == [
        "pet.weights",
        "pet.owner",
    ]
    typed = {
        "pet.age": "7",
        "pet.born.year": "2019",
        "pet.weights": "1.5, 2",
        "pet.chip": "no",
        "pet.owner": '{"id": 1}',
    }
    assert answer(PET, {**typed}) == (
        {"pet": {"age": 7, "born": {"year": 2019}, "weights": [1.5, 2], "chip": False, "owner": {"id": 1}}},
        [],
    )


def test_what_is_of_none_of_several_types_is_told() -> None:
    _, errors = answer(PET, {"pet.chip": "maybe"})
    assert [error.pointer for error in errors] == ["/pet.chip"]


def test_an_object_given_whole_is_taken_too() -> None:
    assert answer(ADDRESS, {"address": {"street": "Main 1"}}) == ({"address": {"street": "Main 1"}}, [])


def test_half_an_object_is_told_and_half_a_confirmed_one_is_completed() -> None:
    values, [error] = answer(ADDRESS, {"address.geo.lat": 1})
    assert (values, error.pointer) == ({}, "/address")
    assert "must have Street as well" in error.detail
    confirm = {"address": by_user({"street": "Main 1"})}
    values, errors = read({"address.geo.lat": 1}, [ADDRESS], confirm=confirm)
    assert (values, errors) == ({"address": {"street": "Main 1", "geo": {"lat": 1}}}, [])


def test_an_object_of_which_nothing_is_required_can_be_accepted_empty() -> None:
    options = Parameter(
        name="options", type="object", required=True, constraints={"properties": {"fast": {"type": "boolean"}}}
    )
    assert answer(options, {}) == ({"options": {}}, [])


def test_fields_that_were_not_asked_are_named() -> None:
    schema = form([ORDER], confirm={})
    assert unknown_fields({"order_id": "1", "x": 1, "y": 2}, schema) == ["x", "y"]


def test_a_schema_that_is_broken_stops_nobody() -> None:
    broken = Parameter(name="p", constraints={"pattern": "("})
    assert answer(broken, {"p": "x"}) == ({"p": "x"}, [])
    assert misfit(broken, "x") is None
    assert misfit(Parameter(name="p", constraints={"minLength": 3, "pattern": "("}), "x") == (
        "'x' does not fit: P must have at least 3 characters."
    )


def test_a_pattern_without_any_words_is_not_shown_alone() -> None:
    detail = misfit(Parameter(name="code", constraints={"pattern": "^(?=a|b).+$"}), "x")
    assert detail == "'x' does not fit: Code must have the form that the API declares (^(?=a|b).+$)."


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("^[0-9]{6}$", "6 digits"),
        (r"^\d{5,6}$", "5 to 6 digits"),
        ("^[A-Z]{2}[0-9]{3,}$", "2 capital letters, then at least 3 digits"),
        ("^ORD-[0-9]+$", "'ORD-', then digits"),
        ("^[A-Z]$", "1 capital letter"),
        ("[0-9]{6}", ""),
        ("^(a|b)$", ""),
        ("^a?$", ""),
        ("^[0-9]*$", ""),
    ],
)
def test_common_patterns_are_said_in_words(pattern: str, words: str) -> None:
    assert pattern_in_words(pattern) == words


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("order_id", "Order ID"),
        ("orderIds", "Order IDs"),
        ("APIKey", "API key"),
        ("X-Request-Id", "X request ID"),
        ("q", "Q"),
        ("zip code", "Zip code"),
        ("_", "_"),
        ("größe", "Größe"),
    ],
)
def test_names_become_titles(name: str, title: str) -> None:
    assert title_of(Parameter(name=name)) == title
    assert title_of(Parameter(name=name, title="As it says")) == "As it says"


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(str.strip).filter(bool)
JSON = st.recursive(st.none() | st.booleans() | st.integers() | TEXT, lambda inner: st.lists(inner, max_size=3))
NAMED = st.dictionaries(TEXT, JSON, min_size=1, max_size=3)
CASES = st.one_of(
    st.tuples(st.just(Parameter(name="v")), TEXT),
    st.tuples(st.just(Parameter(name="v", type="integer")), st.integers(-(10**12), 10**12)),
    st.tuples(st.just(Parameter(name="v", type="number")), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just(Parameter(name="v", type="boolean")), st.booleans()),
    st.tuples(st.just(LEVEL), st.sampled_from([1, 2, 3])),
    st.tuples(st.just(TAGS), st.lists(st.sampled_from(["new", "hot"]), min_size=1)),
    st.tuples(st.just(WORDS), st.lists(TEXT, min_size=1, max_size=3)),
    st.tuples(st.just(EXTRA), NAMED),
)


@given(CASES, st.booleans())
def test_what_a_form_shows_is_read_back_as_it_was(case: tuple[Parameter, JsonValue], as_text: bool) -> None:
    parameter, value = case
    confirm = {parameter.name: by_user(value)}
    [field] = form([parameter], confirm=confirm)["properties"].values()
    default = field["default"]
    typed = json.dumps(default) if as_text and not isinstance(default, str) else default
    assert read({parameter.name: typed}, [parameter], confirm={}) == ({parameter.name: value}, [])


@given(st.from_regex(re.compile(r"[0-9]{6}", re.ASCII), fullmatch=True))
def test_every_value_of_the_pattern_is_taken_as_it_is(value: str) -> None:
    assert answer(ORDER, {"order_id": value}) == ({"order_id": value}, [])


@pytest.mark.parametrize(
    ("parameter", "told"),
    [
        (
            Parameter(name="f", constraints={"format": "binary"}),
            "A file: its bytes in base64, its text, or a data: URL.",
        ),
        (
            Parameter(name="f", description="The cat.", content_type="image/png", constraints={"format": "binary"}),
            "The cat. A file (image/png): its bytes in base64, its text, or a data: URL.",
        ),
        (
            Parameter(name="f", constraints={"contentMediaType": "text/csv"}),
            "A file (text/csv): its bytes in base64, its text, or a data: URL.",
        ),
        (Parameter(name="f", constraints={"format": "byte"}), "Bytes in base64."),
        (
            Parameter(name="f", type="array", constraints={"items": {"type": "string", "format": "binary"}}),
            '(as JSON, like ["a", "b"]) Each is a file: its bytes in base64, its text, or a data: URL.',
        ),
    ],
)
def test_a_field_says_that_it_wants_a_file(parameter: Parameter, told: str) -> None:
    asked = form([parameter], confirm={})
    assert isinstance(asked["properties"], dict)
    assert asked["properties"]["f"]["description"] == told
