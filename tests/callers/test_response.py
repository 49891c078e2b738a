"""Whatever an upstream sends becomes a plain JSON value or text."""

from __future__ import annotations

import json

import pytest
from pydantic import JsonValue

from callers.response import read

JSON = "application/json"


@pytest.mark.parametrize(
    ("content", "content_type", "value"),
    [
        (b"", JSON, None),
        (b" \r\n ", JSON, None),
        (b'{"a": [1, 2.5, null, true]}', JSON, {"a": [1, 2.5, None, True]}),
        (b'{"a": 1}', "application/vnd.test+json; charset=utf-8", {"a": 1}),
        (b'{"a": 1}', "text/plain", {"a": 1}),
        (b'{"a": 1}', "", {"a": 1}),
        (b'{"a": 1}', "application/octet-stream", {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', JSON, {"a": 1}),
        ('{"a": "é"}'.encode("utf-16"), JSON, {"a": "é"}),
        (b'"caf\xe9"', "application/json; charset=ISO-8859-1", "café"),
        (b"hello", "text/plain", "hello"),
        (b"{not json", JSON, "{not json"),
        (b"[1, 2", "", "[1, 2"),
        (b"{} trailing", "text/html", "{} trailing"),
        (b"caf\xe9 \xff", "text/plain", "caf\ufffd \ufffd"),
        (b"abc", "text/plain; charset=rot13", "abc"),
        (b"abc", "text/plain; charset=no-such", "abc"),
        (b"+2AA-", "text/plain; charset=utf-7", "+2AA-"),
        (b"[NaN, Infinity, -Infinity, 1e999, -1e999]", JSON, [None] * 5),
        (b'{"a": "\\ud800x", "\\udfff": "\\ud83d\\ude00"}', JSON, {"a": "\ufffdx", "\ufffd": "😀"}),
        (b"[12345678901234567890123, -9223372036854775808]", JSON, ["12345678901234567890123", -(2**63)]),
        (b"9" * 10_000, JSON, "9" * 10_000),
        (b"\x89PNG\x00\x01", "image/png", "(image/png, 6 bytes)"),
        (b"0", JSON, 0),
        (b"12", "text/plain", "12"),
    ],
)
def test_content_becomes_a_value(content: bytes, content_type: str, value: JsonValue) -> None:
    assert read(content, content_type) == value


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'{"k": "ab/cd&ef"}', JSON),
        (b'{"k": "ab\\/cd\\u0026ef"}', JSON),
        (b'{"ab/cd&ef": 1}', JSON),
        (b"key=ab/cd&ef", "text/plain"),
    ],
)
def test_a_secret_is_blotted_out_however_it_is_written(content: bytes, content_type: str) -> None:
    value = read(content, content_type, secrets={"ab/cd&ef"})
    assert "***" in str(value)
    assert "cd" not in str(value)


@pytest.mark.parametrize("depth", [65, 900, 100_000])
def test_what_is_nested_beyond_reason_stays_text(depth: int) -> None:
    content = b"[" * depth + b"]" * depth
    assert read(content, JSON) == content.decode()


def test_what_is_nested_within_reason_is_parsed() -> None:
    content = b"[" * 60 + b"]" * 60
    assert json.dumps(read(content, JSON)).encode() == content


def test_small_text_with_millions_of_parts_stays_text() -> None:
    content = b"[" + b"[]," * 300_000 + b"[]]"
    assert read(content, JSON) == content.decode()
