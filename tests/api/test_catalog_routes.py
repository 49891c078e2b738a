"""The catalog over HTTP: read by level, searched, changed entry by entry, imported."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from api.catalog_schemas import Apis, Categories, Correction, Report, SearchResults, Tools
from api.schemas import Ready
from catalog.models import Api, CatalogStats
from tests.api.conftest import CATEGORY, Service, document

ENTRY = {
    "name": "extra",
    "category": "Extras / odd",
    "tool_id": "extras/one",
    "tool_name": "Extra tool",
    "url": "https://extras.example/{id}",
    "parameters": [{"name": "id", "place": "path", "required": True}],
}


def test_every_level_can_be_read(service: Service) -> None:
    stats = CatalogStats.model_validate(service.client.get("/catalog").json())
    assert stats.apis >= 2
    assert "library" in [source.name for source in stats.sources]
    listed = Categories.model_validate(service.client.get("/catalog/categories").json())
    assert CATEGORY in [category.name for category in listed.categories]


@pytest.mark.parametrize("category", [quote(CATEGORY, safe=""), quote(CATEGORY)])
def test_a_category_name_with_slashes_and_spaces_is_found(service: Service, category: str) -> None:
    tools = Tools.model_validate(service.client.get(f"/catalog/categories/{category}/tools").json())
    assert [tool.id for tool in tools.tools] == ["books/desk"]


@pytest.mark.parametrize("tool_id", ["books/desk", "books%2Fdesk"])
def test_a_tool_id_with_a_slash_is_found(service: Service, tool_id: str) -> None:
    apis = Apis.model_validate(service.client.get(f"/catalog/tools/{tool_id}/apis").json())
    assert {api.name for api in apis.apis} >= {"get_loan", "end_loan"}


@pytest.mark.parametrize("api_id", ["books/desk/get_loan", "books%2Fdesk%2Fget_loan", "books%2fdesk/get_loan"])
def test_an_api_id_with_slashes_is_found(service: Service, api_id: str) -> None:
    response = service.client.get(f"/catalog/apis/{api_id}")
    assert Api.model_validate_json(response.content).title == "Get loan"
    assert response.headers["etag"]


@pytest.mark.parametrize(
    "path",
    ["/catalog/categories/None/tools", "/catalog/tools/books/none/apis", "/catalog/apis/books/desk/none"],
)
def test_what_is_not_in_the_catalog_is_not_found(service: Service, path: str) -> None:
    response = service.client.get(path)
    assert (response.status_code, response.json()["code"]) == (404, "no_such_entry")


def test_trying_an_unknown_api_is_not_found(service: Service) -> None:
    assert service.client.post("/catalog/apis/books/desk/none/try", json={}).status_code == 404


def test_a_search_says_what_matched_and_in_how_much_it_looked(service: Service) -> None:
    found = SearchResults.model_validate(service.client.get("/catalog/search", params={"q": "due loan"}).json())
    assert found.results[0].api_id == "books/desk/get_loan"
    assert set(found.results[0].matched) <= {"due", "loan"}
    assert found.searched >= 2
    assert found.version == service.client.get("/catalog").json()["version"]


def test_a_search_says_in_which_fields_and_how_many_matched(service: Service) -> None:
    path = "/catalog/apis/extras/one/fields"
    said = {"title": "Quokka", "parameters": [{"name": "wombat"}], "examples": ["Where is a quokka?"], "url": ""}
    assert service.client.put(path, json={**ENTRY, **said}).status_code == 201
    found = service.client.get("/catalog/search", params={"q": "quokka wombat"}).json()
    assert found["results"][0]["matched_fields"] == ["title", "parameters", "examples"]
    assert (found["matched"], found["none"]) == (1, False)
    loans = service.client.get("/catalog/search", params={"q": "loan", "k": 1}).json()
    assert len(loans["results"]) == 1 < loans["matched"] < loans["searched"]
    assert service.client.get("/catalog/search", params={"q": "loan", "method": "GET"}).json()["matched"] is None
    assert service.client.delete(path).status_code == 204


def test_a_search_lists_the_nearest_where_none_fits_and_says_so(service: Service) -> None:
    asked = {"q": "Which medieval bishops predicted a loan by astrology and alchemy?"}
    found = service.client.get("/catalog/search", params=asked).json()
    assert found["none"] and found["results"]


def test_a_search_that_finds_nothing_is_an_answer(service: Service) -> None:
    response = service.client.get("/catalog/search", params={"q": "zeppelin"})
    assert (response.status_code, response.json()["results"]) == (200, [])
    assert (response.json()["matched"], response.json()["none"]) == (0, True)


def test_a_search_can_be_held_to_a_method_and_a_category(service: Service) -> None:
    asked = {"q": "loan", "k": 1, "method": "delete", "category": CATEGORY}
    (only,) = service.client.get("/catalog/search", params=asked).json()["results"]
    assert only["api_id"] == "books/desk/end_loan"
    for none_has_it in ("QUERY", "call"):
        assert (
            service.client.get("/catalog/search", params={"q": "loan", "method": none_has_it}).json()["results"] == []
        )


def test_a_search_in_a_category_that_does_not_exist_is_refused_as_a_query_is(service: Service) -> None:
    elsewhere = service.client.get("/catalog/search", params={"q": "loan", "category": [CATEGORY, "Elsewhere"]})
    assert elsewhere.status_code == 422
    assert elsewhere.json()["errors"][0]["pointer"] == "/category/1"


def test_an_entry_is_added_found_changed_and_removed(service: Service) -> None:
    path = "/catalog/apis/extras/one/extra"
    added = service.client.put(path, json=ENTRY)
    assert added.status_code == 201
    assert service.client.put(path, json={**ENTRY, "title": "Peculiar thing"}).status_code == 200
    found = service.client.get("/catalog/search", params={"q": "peculiar"}).json()["results"]
    assert [each["api_id"] for each in found] == ["extras/one/extra"]
    patched = service.client.patch(path, json={"title": None, "description": "Rather plain"})
    assert (patched.json()["title"], patched.json()["description"]) == ("", "Rather plain")
    assert service.client.delete(path).status_code == 204
    assert service.client.get(path).status_code == 404
    assert service.client.get("/catalog/search", params={"q": "plain"}).json()["results"] == []


def test_of_two_people_who_read_the_same_state_the_second_to_write_is_refused(service: Service) -> None:
    path = "/catalog/apis/extras/one/shared"
    read = service.client.put(path, json=ENTRY).headers["etag"]
    first = service.client.patch(path, json={"title": "First"}, headers={"if-match": read})
    assert first.status_code == 200
    for method, body in (("PATCH", {"title": "Second"}), ("PUT", ENTRY), ("DELETE", None)):
        refused = service.client.request(method, path, json=body, headers={"if-match": read})
        assert (refused.status_code, refused.json()["code"]) == (412, "stale_entry")
    assert service.client.get(path).json()["title"] == "First"
    now = first.headers["etag"]
    assert service.client.delete(path, headers={"if-match": f'"other", {now}'}).status_code == 204


def test_an_entry_can_be_added_only_if_it_is_new(service: Service) -> None:
    path = "/catalog/apis/extras/one/once"
    once = {"if-none-match": "*"}
    assert service.client.put(path, json=ENTRY, headers=once).status_code == 201
    assert service.client.put(path, json=ENTRY, headers=once).status_code == 412


def test_of_many_who_add_the_same_at_once_one_does(service: Service) -> None:
    path = "/catalog/apis/extras/one/contested"

    def add(number: int) -> int:
        entry = {**ENTRY, "title": f"Of {number}"}
        return service.client.put(path, json=entry, headers={"if-none-match": "*"}).status_code

    with ThreadPoolExecutor(8) as many:
        assert sorted(many.map(add, range(8))) == [201, *[412] * 7]


def test_an_entry_that_does_not_exist_matches_no_tag(service: Service) -> None:
    absent = service.client.put("/catalog/apis/extras/one/absent", json=ENTRY, headers={"if-match": "*"})
    assert absent.status_code == 412


def test_an_unchanged_entry_is_not_sent_again(service: Service) -> None:
    path = "/catalog/apis/books/desk/get_loan"
    etag = service.client.get(path).headers["etag"]
    assert service.client.get(path, headers={"if-none-match": etag}).status_code == 304


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id": "another/id/here"}, "/id"),
        ({"risk": "some"}, "/risk"),
        ({"colour": "red"}, "/colour"),
        ({"parameters": [{"name": "id", "required": "yes"}]}, "/parameters/0/required"),
        ({"name": None}, "/name"),
        ({"url": "file:///etc/passwd"}, "/url"),
        ({"url": "https://{host}/x"}, "/url"),
        ({"method": "GET\r\nX: y"}, "/method"),
        ({"method": []}, "/method"),
        ({"category": "Elsewhere", "tool_id": "books/desk"}, "/category"),
    ],
)
def test_a_change_that_does_not_fit_is_refused_with_its_place(
    service: Service, change: dict[str, object], pointer: str
) -> None:
    refused = service.client.patch("/catalog/apis/books/desk/get_loan", json=change)
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]


def test_what_may_change_something_is_never_taken_for_harmless_by_default(service: Service) -> None:
    path = "/catalog/apis/extras/one/risky"
    assert service.client.put(path, json={**ENTRY, "method": "DELETE"}).json()["risk"] == "mutating"
    assert service.client.put(path, json={**ENTRY, "method": "POST", "risk": "safe"}).json()["risk"] == "safe"
    assert service.client.patch(path, json={"title": "Still"}).json()["risk"] == "safe"
    assert service.client.patch(path, json={"method": "PUT"}).json()["risk"] == "mutating"
    assert service.client.patch(path, json={"method": "DELETE", "risk": None}).json()["risk"] == "mutating"
    assert service.client.patch(path, json={"method": "GET"}).json()["risk"] == "safe"


def test_a_dry_import_reports_and_writes_nothing(service: Service) -> None:
    before = service.client.get("/catalog").json()["version"]
    wanted = {"document": document("https://other.example"), "name": "library", "dry_run": True}
    report = Report.model_validate(service.client.post("/catalog/import", json=wanted).json())
    assert (report.imported, report.dry_run) == (2, True)
    assert service.client.get("/catalog").json()["version"] == before


def test_a_document_may_come_as_text_and_one_bad_record_loses_no_other(service: Service) -> None:
    good = (
        '{"category_name": "Text", "tool_name": "Lines", "api_name": "One", "api_description": "d", '
        '"required_parameters": [], "optional_parameters": [], "method": "GET", "api_url": "https://a.example/one"}'
    )
    wanted = {"document": f"{good}\n{{broken\n", "name": "lines"}
    report = Report.model_validate(service.client.post("/catalog/import", json=wanted).json())
    assert report.imported == 1
    assert [each.where for each in report.skipped] == ["line 2"]


def test_a_large_document_is_no_reason_to_refuse_an_import(service: Service) -> None:
    large = {"document": {"format": "switchboard", "version": 1, "tools": [], "note": "x" * 2_000_000}, "dry_run": True}
    assert service.client.post("/catalog/import", json=large).status_code != 413


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"source": "http://a.example/c.json", "document": {}}, ""),
        ({"source": "ftp://a.example/c.json"}, "/source"),
        ({"source": "/etc/passwd"}, "/source"),
        ({"document": {"tools": []}, "format": "nonsense"}, "/format"),
        ({"document": {"what": "is this"}}, "/document"),
        ({"document": "not a catalog"}, "/document"),
        ({"document": {}, "name": " "}, "/name"),
        ({"document": {}, "force": True}, "/force"),
    ],
)
def test_an_import_that_does_not_fit_is_refused(service: Service, body: dict[str, object], pointer: str) -> None:
    refused = service.client.post("/catalog/import", json=body)
    assert refused.status_code == 422, refused.text
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]


def test_the_service_says_that_it_lives_and_that_it_can_answer(service: Service) -> None:
    assert service.client.get("/healthz").json() == {"status": "ok"}
    assert Ready.model_validate(service.client.get("/readyz").json()).apis >= 2
    head = service.client.head("/healthz")
    assert (head.status_code, head.content) == (200, b"")


def test_what_a_person_corrects_outlives_an_import_and_can_be_taken_back(service: Service) -> None:
    path, corrections = "/catalog/apis/corrected/desk/end", "/catalog/corrections/corrected/desk/end"
    record = {
        "id": "corrected/desk/end",
        "category_name": "corrected",
        "tool_name": "desk",
        "api_name": "end",
        "api_description": "As imported.",
    }
    again = {"document": [record], "name": "corrected"}
    assert service.client.post("/catalog/import", json=again).json()["difference"] is None
    assert service.client.get(corrections).status_code == 404
    moved = service.client.patch(path, json={"category": "Elsewhere", "examples": ["Is it over?"], "hidden": True})
    assert moved.json()["tool_id"] == "Elsewhere/desk"
    changed = {**again, "document": [{**record, "api_description": "As imported again.", "method": "POST"}]}
    report = Report.model_validate(service.client.post("/catalog/import", json=changed).json())
    assert report.difference is not None
    assert [(c.api_id, c.risk, c.fields) for c in report.difference.changed] == [
        ("corrected/desk/end", ("safe", "mutating"), ("description", "method"))
    ]
    now = service.client.get(path).json()
    assert (now["category"], now["description"], now["hidden"]) == ("Elsewhere", "As imported again.", True)
    kept = Correction.model_validate(service.client.get(corrections).json())
    assert kept.fields == ["category", "examples", "hidden", "tool_id"]
    assert kept.api_id in [each["api_id"] for each in service.client.get("/catalog/corrections").json()["corrections"]]
    assert service.client.delete(corrections, params={"field": ["hidden", "nothing"]}).status_code == 404
    assert service.client.delete(corrections, params={"field": "hidden"}).status_code == 204
    reverted = service.client.delete(corrections)
    assert (reverted.status_code, reverted.headers["etag"]) == (204, service.client.get(path).headers["etag"])
    assert service.client.get(path).json()["category"] == "corrected"
