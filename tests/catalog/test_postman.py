"""What is read of a Postman collection, and what never is: the values of its author's secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import JsonValue

from catalog.importers.postman import POSTMAN
from catalog.importers.postman_responses import shape_of
from catalog.importers.postman_text import is_secret
from catalog.importers.record import Record
from catalog.models import Api, Parameter
from catalog.store import Problem

LIBRARY = Path(__file__).parents[1] / "documents" / "postman_library.json"
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
SECRET = "s3cr3t"


def _read(value: JsonValue) -> tuple[dict[str, Api], list[Problem]]:
    problems: list[Problem] = []
    document = POSTMAN.read([Record("", value)], problems)
    return {api.id: api for tool in document.tools for api in tool.apis}, problems


def _one(request: JsonValue, **collection: JsonValue) -> Api:
    item: JsonValue = {"name": "one", "request": request}
    apis, problems = _read({"info": {"name": "C", "schema": SCHEMA}, "item": [item], **collection})
    assert problems == []
    (api,) = apis.values()
    return api


@pytest.fixture(scope="module")
def library() -> dict[str, Api]:
    apis, problems = _read(json.loads(LIBRARY.read_text()))
    assert problems == []
    return apis


def _parameter(api: Api, name: str) -> Parameter:
    found = api.parameter(name)
    assert found is not None
    return found


def test_a_collection_is_a_category_and_its_folders_are_tools(library: dict[str, Api]) -> None:
    assert {(api.category, api.tool_name) for api in library.values()} == {
        ("City Library", "City Library"),
        ("City Library", "Loans"),
        ("City Library", "Loans / Archive"),
        ("City Library", "Forms"),
    }
    assert "City_Library/loans/get_loan__2" in library


def test_an_address_is_put_together_and_what_varies_in_it_is_asked_for(library: dict[str, Api]) -> None:
    loan = library["City_Library/loans/get_loan"]
    assert loan.url == "https://library.example.com/api/v2/loans/{loan_id}/items/{item_id}"
    slip = _parameter(loan, "loan_id")
    assert (slip.place, slip.required, slip.description, slip.example, slip.default) == (
        "path",
        True,
        "The five digits on the slip",
        "70001",
        None,
    )
    assert _parameter(loan, "item_id").example is None
    assert library["City_Library/city_library/opening_hours"].url == "https://library.example.com/api/v2/hours"


def test_a_host_that_is_not_known_makes_an_api_that_cannot_be_called(library: dict[str, Api]) -> None:
    assert library["City_Library/loans/get_loan__2"].url == ""


def test_query_parameters_and_headers_are_read(library: dict[str, Api]) -> None:
    loan = library["City_Library/loans/get_loan"]
    lang = _parameter(loan, "lang")
    assert (lang.required, lang.description, lang.example) == (True, "Language of the answer", "en")
    assert not _parameter(loan, "page_token").required
    assert (_parameter(loan, "X-Client").required, _parameter(loan, "X-Client").default) == (True, "desk")
    assert (_parameter(loan, "X-Trace").required, _parameter(loan, "X-Trace").default) == (False, None)
    assert loan.parameter("Accept") is None
    assert _parameter(library["City_Library/city_library/opening_hours"], "branch").example == "Main"


def test_credentials_are_named_and_inherited(library: dict[str, Api]) -> None:
    def needed(name: str) -> list[list[tuple[str, str, str]]]:
        return [[(s.kind, s.place, s.parameter) for s in each] for each in library[f"City_Library/{name}"].auth]

    key = ("api_key", "header", "X-Library-Key")
    assert needed("city_library/opening_hours") == [[key]]
    assert needed("loans/get_loan") == [[key, ("api_key", "query", "api_key")]]
    assert needed("loans_archive/extend_loan") == [[("bearer", "header", "Authorization")]]
    assert needed("loans_archive/import_list") == []
    assert needed("forms/sign_in") == [[("basic", "header", "Authorization")]]
    assert needed("forms/with_its_own_key") == [[("bearer", "header", "Authorization")]]


def test_no_secret_of_the_collection_is_kept(library: dict[str, Api]) -> None:
    written = "".join(api.model_dump_json() for api in library.values())
    assert SECRET in LIBRARY.read_text()
    assert SECRET not in written


def test_bodies_of_every_kind_are_read(library: dict[str, Api]) -> None:
    extend = library["City_Library/loans_archive/extend_loan"]
    assert [(p.name, p.type, p.example) for p in extend.parameters] == [
        ("loan_id", "string", "70001"),
        ("days", "integer", 14),
        ("silent", "string", None),
        ("password", "string", None),
    ]
    assert (extend.body_type, extend.body_is_value, extend.risk, extend.url) == (
        "application/json",
        False,
        "mutating",
        "http://library.example.com/extend",
    )
    whole = library["City_Library/loans_archive/import_list"]
    assert (whole.body_is_value, whole.parameters[0].type, whole.parameters[0].example) == (True, "array", [1, 2])
    assert library["City_Library/loans_archive/send_xml"].body_type == "application/xml"
    sign_in = library["City_Library/forms/sign_in"]
    assert sign_in.body_type == "application/x-www-form-urlencoded"
    assert [(p.name, p.required, p.example) for p in sign_in.parameters] == [
        ("user", True, "ada"),
        ("password", False, None),
    ]
    cover = library["City_Library/forms/upload_cover"]
    assert (cover.body_type, _parameter(cover, "cover").constraints) == ("multipart/form-data", {"format": "binary"})
    assert _parameter(cover, "cover").example is None
    graph = library["City_Library/forms/ask_graph"]
    assert str(_parameter(graph, "query").default).startswith("query ($id")
    assert _parameter(graph, "variables").example == {"id": "70001"}


def test_a_saved_response_gives_the_shape_of_the_answer(library: dict[str, Api]) -> None:
    assert library["City_Library/loans/get_loan"].response_shape == {
        "loan_id": "str",
        "items": [{"title": "str", "pages": "int"}],
        "fee": "float",
        "late": "bool",
        "note": "null",
        "tags": "empty list",
    }


def test_a_deep_response_is_cut() -> None:
    deep: JsonValue = 1
    for _ in range(50):
        deep = {"a": [deep]}
    assert len(json.dumps(shape_of(deep))) < 200


def test_version_2_0_lists_credentials_as_objects_and_headers_as_text() -> None:
    api = _one(
        {
            "method": "GET",
            "url": "https://a.example/x?y=1#part",
            "header": "X-Mode: quick\nX-Api-Key: s3cr3t",
            "auth": {"type": "apikey", "apikey": {"key": "token", "in": "query", "value": "s3cr3t"}},
        }
    )
    assert (api.url, [p.name for p in api.parameters]) == ("https://a.example/x", ["y", "X-Mode"])
    assert [(s.place, s.parameter) for s in api.auth[0]] == [("query", "token"), ("header", "X-Api-Key")]


def test_an_address_may_come_in_parts() -> None:
    parts: JsonValue = {"protocol": "https", "host": ["a", "example"], "port": "8443", "path": ["x", ":id"]}
    assert _one({"method": "GET", "url": parts}).url == "https://a.example:8443/x/{id}"


def test_variables_that_name_each_other_in_a_circle_come_to_an_end() -> None:
    circle: JsonValue = [{"key": "a", "value": "{{b}}{{b}}"}, {"key": "b", "value": "{{a}}{{a}}"}]
    assert _one("{{a}}/x", variable=circle).url == ""


@pytest.mark.parametrize(
    ("item", "where"),
    [
        ({"name": "x"}, "item[0].request"),
        ({"name": "x", "request": {"method": "GET"}}, "item[0].request.url"),
        ({"name": "x", "request": {"method": "G T", "url": "https://a.example"}}, "item[0].request.method"),
        ({"name": "x", "request": {"url": "https://a.example", "auth": {"type": "awsv4"}}}, "item[0].auth.type"),
        ({"name": "x", "request": {"url": "https://a.example", "header": 5}}, "item[0].request.header"),
        (
            {"name": "x", "request": {"url": "https://a.example", "body": {"mode": "raw", "raw": "{,}"}}},
            "item[0].request.body.raw",
        ),
        ({"name": "x", "request": {"url": "https://a.example", "body": {"mode": "fax"}}}, "item[0].request.body.mode"),
        ({"name": "x", "item": 5}, "item[0].item"),
        ({"item": []}, "item[0].name"),
        (7, "item[0]"),
    ],
)
def test_one_bad_request_is_lost_alone_and_its_place_is_named(item: JsonValue, where: str) -> None:
    good: JsonValue = {"name": "good", "request": "https://a.example"}
    apis, problems = _read({"info": {"name": "C", "schema": SCHEMA}, "item": [item, good]})
    assert list(apis) == ["C/c/good"]
    assert [problem.where for problem in problems] == [where]


def test_a_collection_that_cannot_be_read_is_told() -> None:
    _, problems = _read({"info": {"name": "C", "schema": SCHEMA.replace("v2.1.0", "v3.0")}, "item": []})
    assert [problem.where for problem in problems] == ["info.schema"]


def test_a_collection_from_postmans_own_api_is_known() -> None:
    collection: JsonValue = {"collection": {"info": {"name": "C", "schema": SCHEMA}, "item": []}}
    assert POSTMAN.fits(collection)
    assert not POSTMAN.fits({"info": {"title": "An OpenAPI document"}, "openapi": "3.0.0"})


@pytest.mark.parametrize(
    "name", ["token", "accessToken", "jwt_token", "X-Api-Key", "apikey", "client_secret", "password"]
)
def test_what_names_a_secret_is_one(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["page_token", "nextToken", "next-sync-token", "tokens", "key", "sort_key", "secretary"]
)
def test_what_only_sounds_like_a_secret_is_none(name: str) -> None:
    assert not is_secret(name)


def test_variables_that_hold_thousands_of_others_do_not_swell() -> None:
    swollen: JsonValue = [{"key": "a", "value": "{{b}}" * 5_000}, {"key": "b", "value": "x" * 1_000_000}]
    apis = [
        _one({"method": "POST", "url": url, "body": {"mode": "raw", "raw": "{{a}}"}}, variable=swollen)
        for url in ("https://a.example/{{a}}", "{{a}}/x")
    ]
    assert [len(api.model_dump_json()) < 10_000 for api in apis] == [True, True]


@pytest.mark.parametrize("text", ["{{" + " " * 100_000, "{{" * 50_000, "{{ a" * 30_000, "{{ a }}" * 10_000])
def test_texts_full_of_braces_are_read_in_bounded_time(text: str) -> None:
    apis, _ = _read(
        {
            "info": {"name": "C", "schema": SCHEMA},
            "item": [
                {"name": "one", "request": f"https://a.example/{text}"},
                {"name": "two", "request": {"url": "https://a.example", "body": {"mode": "raw", "raw": f"[{text}]"}}},
            ],
        }
    )
    assert len(apis) <= 2
