"""Files and documents, whole and broken, on their way into the catalog."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from catalog.errors import UnknownFormat, UnreadableDocument
from catalog.importing import import_document, import_file
from catalog.index import TantivyIndex
from catalog.store import CatalogStore

DOCUMENTS = Path(__file__).parents[1] / "documents"
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "catalog_toolbench.jsonl.gz"


def _line(number: int, **changed: object) -> str:
    record = {"id": f"r{number}", "category_name": "C", "tool_name": f"t{number}", "api_name": f"a{number}", **changed}
    return json.dumps(record)


@pytest.mark.parametrize(
    ("name", "apis"),
    [
        ("anytool_records.json", 3),
        ("toolbench", 2),
        ("toolbench/Weather/open_weather.json", 2),
        ("toolbench_lines.jsonl", 3),
        ("category_mapping.json", 2),
        ("switchboard_shop.json", 3),
    ],
)
async def test_every_kind_of_file_is_imported(store: CatalogStore, name: str, apis: int) -> None:
    seen: list[tuple[int, int | None]] = []
    report = await import_file(store, DOCUMENTS / name, progress=lambda done, total: seen.append((done, total)))
    assert (report.imported, report.skipped) == (apis, ())
    assert report.source == Path(name).name.split(".")[0]
    assert seen[-1][0] == seen[-1][1]
    assert (await store.stats()).apis == apis


async def test_gzip_is_told_by_its_content(store: CatalogStore, tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(gzip.compress("\n".join(map(_line, range(3))).encode()))
    assert (await import_file(store, path, source="mine")).imported == 3


async def test_a_groups_file_puts_categories_into_groups(store: CatalogStore, tmp_path: Path) -> None:
    (tmp_path / "groups.json").write_text('{"Outdoors": ["WEATHER"]}')
    await import_file(store, DOCUMENTS / "anytool_records.json", groups=tmp_path / "groups.json")
    assert {c.name: c.group for c in await store.categories()} == {"Weather": "Outdoors", "Wetter": None}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('{"id": "x", "category_name"', "is no valid JSON"),
        (_line(9).replace('"r9"', "NaN"), "NaN"),
        (_line(9).replace('"r9"', "1e999"), "too large"),
        (_line(9).replace('"r9"', "9" * 5000), "too long"),
        ("[" * 5000 + "]" * 5000, "nested"),
        (_line(9, response_shape=json.loads("[" * 70 + "]" * 70)), "nested deeper than 64"),
        (_line(9, api_name="\ud800"), "surrogate"),
        (_line(9, api_name=""), "api_name is missing"),
        (_line(9, api_description=["text"]), "api_description must be text, not a list"),
        ("7", "must be an object"),
        ("null", "must be an object"),
    ],
)
@pytest.mark.parametrize("place", [0, 2, 4])
async def test_one_bad_line_never_loses_the_others(store: CatalogStore, bad: str, reason: str, place: int) -> None:
    lines = [_line(number) for number in range(4)]
    lines.insert(place, bad)
    report = await import_document(store, "\n".join(lines), source="s")
    assert report.imported == 4
    assert [problem.where for problem in report.skipped] == [f"line {place + 1}"]
    assert reason in report.skipped[0].reason


async def test_a_line_that_is_no_text_never_loses_the_others(store: CatalogStore, tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + _line(1).encode() + b"\n\xff\xfe\xfa\n\n" + _line(2).encode())
    report = await import_file(store, path)
    assert report.imported == 2
    assert [(p.where, p.reason) for p in report.skipped] == [("line 2", "is not UTF-8 text (byte 0)")]


async def test_a_repeated_id_is_a_duplicate_with_its_line(store: CatalogStore) -> None:
    report = await import_document(store, "\n".join([_line(1), _line(2), _line(1)]), source="s")
    assert (report.imported, report.duplicates) == (2, 1)
    assert report.skipped[0].where == "line 3"


async def test_a_torn_gzip_keeps_what_was_read_and_says_so(store: CatalogStore, tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(_line(n, api_description=str(n**50)) for n in range(500)).encode())
    path = tmp_path / "torn.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    report = await import_file(store, path)
    assert 0 < report.imported < 500
    assert "the gzip file ends here or is damaged" in report.skipped[-1].reason


async def test_a_list_that_is_broken_in_the_middle_keeps_what_stands_before(store: CatalogStore) -> None:
    report = await import_document(store, f"[{_line(1)},\n{_line(2)},\n{{broken\n{_line(3)}]", source="s")
    assert report.imported == 2
    assert report.skipped[0].where == "[2]"
    assert "line 3" in report.skipped[0].reason
    assert "was not read" in report.skipped[0].reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n\n ", "is empty"),
        (b"\x00\x01\x02 binary", "is not a text file"),
        (b"\x1f\x8b\x08broken gzip", "gzip file is damaged"),
        (b"Dear diary, today", "is no valid JSON"),
        (b"[]", "holds no record"),
        (b'{"asyncapi": "3.0"}', "no importer knows this document"),
        (b'{"format": "switchboard", "version": 2}', "must be 1"),
        (b'{"format": "switchboard", "version": 1, "auth": {"k": {"kind": "magic"}}}', "kind"),
        (b'{"format": "switchboard", "version": 1, "tools": {}}', "must be a list"),
        (b'{"CATEGORY_MAPPING": [], "apis": []}', "must be an object of groups"),
    ],
)
async def test_a_document_that_cannot_be_read_changes_nothing(
    filled: CatalogStore, tmp_path: Path, content: bytes, reason: str
) -> None:
    before = await filled.version()
    path = tmp_path / "small.json"
    path.write_bytes(content)
    with pytest.raises(UnreadableDocument, match=reason):
        await import_file(filled, path)
    assert await filled.version() == before


async def test_a_missing_file_an_empty_folder_and_a_strange_format_are_told(
    store: CatalogStore, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableDocument, match="No such file"):
        await import_file(store, tmp_path / "missing.json")
    with pytest.raises(UnreadableDocument, match=r"holds no file that ends in \.json"):
        await import_file(store, tmp_path)
    with pytest.raises(UnknownFormat, match=r"Known are: auto, switchboard, "):
        await import_document(store, "{}", format="wsdl", source="s")


async def test_a_broken_file_in_a_folder_never_loses_the_others(store: CatalogStore, tmp_path: Path) -> None:
    for name, content in (("a", "{broken"), ("b", json.dumps({"tool_name": "B", "api_list": [{"name": "x"}]}))):
        (tmp_path / "Weather").mkdir(exist_ok=True)
        (tmp_path / "Weather" / f"{name}.json").write_text(content)
    report = await import_file(store, tmp_path)
    assert report.imported == 1
    assert report.skipped[0].where.startswith("Weather/a.json")
    assert [c.name for c in await store.categories()] == ["Weather"]


async def test_a_document_may_come_as_json_already(store: CatalogStore) -> None:
    document = json.loads((DOCUMENTS / "anytool_records.json").read_text())
    assert (await import_document(store, document, source="s", dry_run=True)).imported == 3
    assert (await store.stats()).apis == 0
    assert (await import_document(store, document, source="s")).imported == 3
    assert (await import_document(store, document, source="s")).replaced == 3


@pytest.mark.skipif(not SHARED.exists(), reason="the benchmark data is not beside the checkout")
async def test_the_whole_of_toolbench_is_taken_in(store: CatalogStore) -> None:
    report = await import_file(store, SHARED)
    assert (report.imported, report.duplicates, report.skipped) == (16_463, 0, ())
    assert len(await store.categories()) == 49


@pytest.mark.skipif(not SHARED.exists(), reason="the benchmark data is not beside the checkout")
async def test_among_real_apis_an_exact_name_comes_first(store: CatalogStore, tmp_path: Path) -> None:
    lines = gzip.decompress(SHARED.read_bytes()).splitlines()[::12]
    await import_document(store, b"\n".join(lines).decode(), source="some")
    index = TantivyIndex.open(tmp_path / "index", store)
    await index.sync()
    names = [json.loads(line)["api_name"] for line in lines[::8]]
    first = [(await index.search(name, k=1)).hits[0].id for name in names]
    known = await store.get(first)
    assert [known[api_id].name for api_id in first] == names
