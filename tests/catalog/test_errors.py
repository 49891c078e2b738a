"""The tree of errors, as it is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog import errors


def below(kind: type[errors.SwitchboardError]) -> Iterator[tuple[str, str]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith("catalog.errors."):
            yield child.__name__, kind.__name__
            yield from below(child)


def drawn() -> Iterator[tuple[str, str]]:
    path: list[tuple[int, str]] = [(-1, "SwitchboardError")]
    for line in re.finditer(r"^([ │]*)[├└]── (\w+)", errors.__doc__ or "", re.MULTILINE):
        depth, name = len(line[1]), line[2]
        while path[-1][0] >= depth:
            path.pop()
        yield name, path[-1][1]
        path.append((depth, name))


def test_the_drawn_tree_names_every_error_below_its_parent() -> None:
    assert sorted(drawn()) == sorted(below(errors.SwitchboardError))


def test_every_error_is_imported_from_one_place() -> None:
    assert {name for name, _ in below(errors.SwitchboardError)} <= set(errors.__all__)
