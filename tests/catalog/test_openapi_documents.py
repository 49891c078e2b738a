"""The OpenAPI documents of the benchmark data: each is taken in, or refused with the place of what is wrong."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.errors import UnreadableDocument
from catalog.files import Archive, archive
from catalog.importers import IMPORTERS
from catalog.importers.openapi import OPENAPI
from catalog.importers.record import Record
from catalog.reading import read_files
from catalog.store import Problem

DEV = Path(__file__).parents[2].parent / "shared" / "data" / "dev"

pytestmark = pytest.mark.skipif(not DEV.exists(), reason="the benchmark data is not here")


@pytest.fixture(scope="module")
def packed() -> Archive:
    found = archive(DEV / "openapi_documents.tar.gz")
    assert found is not None
    return found


def _index() -> Iterator[dict[str, object]]:
    with gzip.open(DEV / "openapi_index.jsonl.gz", "rt") as lines:
        yield from map(json.loads, lines)


def _read(contents: dict[str, bytes], folder: str) -> tuple[int, list[Problem]]:
    problems: list[Problem] = []
    try:
        records = list(read_files(Archive(contents), folder, problems))
        return sum(len(tool.apis) for tool in OPENAPI.read(records, problems).tools), problems
    except UnreadableDocument as error:
        return 0, [Problem(error.where, error.reason)]


def test_every_document_is_taken_in_or_refused_with_a_place(packed: Archive) -> None:
    taken = complete = found = expected = 0
    for line in _index():
        name, operations = str(line["file"]), line.get("operations") or 0
        assert isinstance(operations, int)
        apis, problems = _read({name: packed.read(name)}, "dev")
        assert apis or problems, name
        # Whatever is lost has a line that says where it stood.
        assert apis >= operations or problems, name
        assert all(problem.where and problem.reason for problem in problems), name
        taken, complete = taken + bool(apis), complete + (apis >= operations)
        found, expected = found + min(apis, operations), expected + operations
    assert taken >= 430
    assert complete >= 440
    assert found >= 0.98 * expected


@pytest.mark.parametrize(("folder", "apis"), [("digitalocean_multifile", 400), ("libopenapi_nested_files", 1)])
def test_documents_of_several_files_are_read_as_one(packed: Archive, folder: str, apis: int) -> None:
    below = {name: packed.read(name) for name in packed.names() if f"multifile/{folder}/" in name}
    found, _ = _read(below, folder)
    assert found >= apis


@pytest.mark.parametrize(("name", "apis"), [("tmdb_oas.json", 54), ("spotify_oas.json", 40)])
def test_the_documents_of_restbench_are_taken_whole(packed: Archive, name: str, apis: int) -> None:
    value = json.loads(packed.read(f"restbench/{name}"))
    assert [one for one, importer in IMPORTERS.items() if importer.fits(value)] == ["openapi"]
    problems: list[Problem] = []
    tools = list(OPENAPI.read([Record("", value)], problems).tools)
    assert (sum(len(tool.apis) for tool in tools), problems) == (apis, [])
    assert all(api.url.startswith("https://api.") and api.auth for tool in tools for api in tool.apis)
