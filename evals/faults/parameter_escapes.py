"""Values that try to leave their place: each arrives byte for byte as one value, or is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from callers.http import HttpCaller
from catalog.errors import CallError, InvalidArguments
from evals.faults.escape_places import PLACES, Place, api_of, left_its_place, shapes
from evals.faults.program import Finding, Outcome, Program, Wanted
from evals.faults.raw_server import LOOPBACK, RawServer, raw_server

HARMLESS = ("plain", "a-b_c~e", "42")
NASTY = (
    *("../", "..", ".", "../../admin", "..\\", "a/b", "/", "//", "/etc/passwd", "a/../b", "..;/", ";x=1", "./"),
    *("?", "?x=1", "#", "#top", "&", "&admin=true", "a&first=2", "=", "a=b", "+", "a b", " ", "  a  ", "a;b"),
    *("%", "%2e", "%2e%2e", "%2E%2E%2F", "%2f", "%252e%252e%252f", "%00", "%0d%0a", "%zz", "%c0%ae%c0%ae/", "%"),
    *("\r\n", "a\r\nX-Injected: 1", "\r\n\r\nGET /admin HTTP/1.1\r\n\r\n", "\n", "\r", "\t", "\v", "\f", "\x00"),
    *("a\x00b", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202e", "\ufeff", "\ufffd", "é", "日本語", "🙂", "a\u0301"),
    *("\uff0e\uff0e\uff0f", "\u2215", "\u3002", "{id}", "{", "}", "${x}", "{{7*7}}", "<script>", "'", '"', '","x":"'),
    *("[]", "[0]", "a[b]", "a,b", ",", "|", "a|b", "@evil.test", "http://evil.test/", "//evil.test", "\\\\evil.test"),
    *("*", "~", "!", "$(id)", "`id`", "null", "true", "\ud800", "a\udfffb", "--boundary", "x" * 3_000, "../" * 500),
)
SHORT = slice(None, None, 4)
LONG = "x" * 100_000
"""Longer than any address may be: refused there, whole in a body."""


@dataclass(frozen=True)
class _Case:
    place: Place
    value: JsonValue
    harmless: bool

    @property
    def name(self) -> str:
        written = repr(self.value)
        return f"{self.place.name} {written if len(written) < 80 else written[:77] + '...'}"


async def run(wanted: Wanted) -> Outcome:
    findings = []
    refused = 0
    caller = HttpCaller.open(egress=LOOPBACK)
    try:
        async with raw_server() as server:
            for case in _cases(short=wanted.short):
                finding, was_refused = await _tried(caller, server, case)
                findings.append(finding)
                refused += was_refused
    finally:
        await caller.close()
    figures = {"arrived whole": len(findings) - refused, "refused": refused, "places and styles": len(PLACES)}
    return Outcome(tuple(findings), figures)


def _cases(*, short: bool) -> Iterator[_Case]:
    for place in PLACES:
        for text in HARMLESS:
            yield from (_Case(place, value, harmless=True) for value in shapes(place, text))
        for text in (*NASTY[SHORT], LONG) if short else (*NASTY, LONG):
            yield from (_Case(place, value, harmless=False) for value in shapes(place, text))


async def _tried(caller: HttpCaller, server: RawServer, case: _Case) -> tuple[Finding, bool]:
    server.arrived.clear()
    try:
        await caller.send(api_of(case.place, server.url), {"v": case.value, "other": "&"}, timeout_seconds=10)
    except InvalidArguments as error:
        if server.arrived:
            return Finding(case.name, False, "it was refused, and sent all the same"), True
        return Finding(case.name, not case.harmless, f"refused: {error}"[:300]), True
    except CallError as error:
        return Finding(case.name, False, f"{type(error).__name__}: {error}"[:300]), False
    if len(server.arrived) != 1:
        return Finding(case.name, False, f"{len(server.arrived)} requests arrived"), False
    wrong = left_its_place(case.place, case.value, server.arrived[0])
    return Finding(case.name, not wrong, wrong), False


PROGRAM = Program(
    "parameter-escapes",
    "values with `../`, `?`, `#`, `&`, line ends, escapes, NUL and the like arrive whole, as one value in their place, "
    "or are refused",
    run,
)
