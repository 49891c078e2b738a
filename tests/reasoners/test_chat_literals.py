"""Values and calls written as text: what Python and JSON write is read back, and nothing else is."""

import json
import math
from ast import literal_eval
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage
from pydantic import JsonValue

from reasoners.chat.driver import Function, Unreadable
from reasoners.chat.drivers import driver_named
from reasoners.chat.literals import Illegible, arguments_at, value_at
from reasoners.chat.written import LONGEST, objects, without_thoughts
from reasoners.providers import DriverName

FUNCTION = Function("choose", "", {"names": {"type": "array"}, "reason": {"type": "string"}}, ("names",))
texts = st.text() | st.sampled_from(
    ["it's", 'say "hi"', "a\\", "\\n", "choose(names=['x'])", "```", "</think>", "}", "),"]
)
values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)
arguments = st.dictionaries(st.from_regex(r"[A-Za-z_][\w-]{0,8}", fullmatch=True), values, max_size=4)
unhurried = settings(deadline=None)  # a busy machine is no failure


@unhurried
@given(values)
def test_what_python_and_json_write_is_read_back(value: JsonValue) -> None:
    for written in (repr(value), json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert value_at(written, 0) == (value, len(written))


@unhurried
@given(arguments)
def test_a_call_is_read_back_with_what_follows_left_alone(given_: dict[str, JsonValue]) -> None:
    written = ", ".join(f"{name}={value!r}" for name, value in given_.items()) + ") and more)"
    read = arguments_at(written, 0)

    assert (read.named, read.placed, written[read.end :]) == (given_, [], " and more)")


@unhurried
@given(st.text(alphabet="[]{}()'\"\\,:=ab1.e-_ \n", max_size=30))
def test_what_python_reads_is_read_alike_or_refused(text: str) -> None:
    try:
        value, end = value_at(text, 0)
    except Illegible:
        return
    if isinstance(value, str) and end == len(text.rstrip()):
        with suppress(SyntaxError):  # models write a line's end into a text as it is, which Python refuses
            assert value == literal_eval(text.strip())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'''it's \"so\"'''", 'it\'s "so"'),
        ('"""a\nb"""', "a\nb"),
        ("“curly”", "curly"),
        (r"'\x41\u00fc\d'", "Aü\\d"),
        ("1_000", 1000),
        ("+.5e1", 5.0),
        ("(1, 2,)", [1, 2]),
        ("{1: TRUE, 'b': Null}", {"1": True, "b": None}),
        ("-Infinity", -math.inf),
    ],
)
def test_other_ways_of_writing_a_value(text: str, value: JsonValue) -> None:
    assert value_at(text, 0)[0] == value


@pytest.mark.parametrize(
    "text",
    [
        ",",
        "name",
        "'it's'",
        "[1 2]",
        "{'a'}",
        "{1",
        "1.2.3",
        "12abc",
        "f'x'",
        "a.b",
        "1+1",
        "[" * 60,
        "9" * 5000,
        "\\",
        "'",
    ],
)
def test_what_is_no_value_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(Illegible):
        arguments_at(f"({text})", 1)


def test_the_place_is_said() -> None:
    with pytest.raises(Illegible, match=r"\"s', b=1\)\" should be"):
        arguments_at("a='it's', b=1)", 0)


HOSTILE = [
    "{", '{"names":[', "{}", '{"names":["a"]}', "{'", "[", "(", "choose(", "choose(names=[", "tool_call(", '"', '\\"', " ",
    "<think>", "</think>", "\nAction: choose\nAction Input: {", "\nThought: a", "\nFinal Answer: ", "9", "```\n", "a=",
]  # fmt: skip
BEGINNINGS = ["", "choose(names=", "choose\ntool_call(reason='", 'Action: choose\nAction Input: {"names": ["']


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("name", ["json_object", "react", "chatglm3", "call_text"])
def test_an_answer_of_any_length_is_read_in_one_go_or_refused(name: DriverName, piece: str) -> None:
    """Whatever goes over it again and again would not come to an end here."""
    for beginning in BEGINNINGS:
        for length in (LONGEST // 5, 2 * LONGEST):
            text = beginning + piece * (length // len(piece))
            try:
                read = driver_named(name, "named").read(AIMessage(text), FUNCTION)
            except Unreadable as unreadable:
                assert len(str(unreadable)) < 300
            else:
                assert set(read) <= {"names", "reason"}


def test_thoughts_of_any_length_do_not_count() -> None:
    answer = "<think>" + "so {" * LONGEST + '</think>{"names": ["a"]}'

    assert driver_named("json_object", "named").read(AIMessage(answer), FUNCTION) == {"names": ["a"]}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a<think>b</think>c", "ac"),
        ("a</think>b", "b"),
        ("a<think>b", "a"),
        ("<thinking>a</thinking>b<think>c</think>d", "bd"),
        ("◁think▷a◁/think▷b", "b"),
        ("a </div> b", "a </div> b"),
    ],
)
def test_thoughts_are_left_out(text: str, left: str) -> None:
    assert without_thoughts(text) == left


def test_objects_are_outermost_and_whole() -> None:
    assert list(objects('so {x} {"a": {"b": 1}} and {\'c\': True} {}')) == [{"a": {"b": 1}}, {"c": True}, {}]
    assert list(objects('{"a": [{"b": 1}, {"c": 2}')) == []
