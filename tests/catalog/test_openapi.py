"""OpenAPI documents of every version, feature by feature: `tests/documents/openapi` has one document for each."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import UnreadableDocument
from catalog.importers.openapi import OPENAPI
from catalog.importers.record import Record
from catalog.importing import import_document, import_file
from catalog.models import Api, AuthScheme, Parameter
from catalog.reading import read_path
from catalog.store import CatalogStore, Problem

DOCUMENTS = Path(__file__).parents[1] / "documents" / "openapi"


def _read(path: Path, base_url: str = "") -> dict[str, Api]:
    problems: list[Problem] = []
    records = [Record(r.where, r.value, r.folder, r.name, r.parts, base_url) for r in read_path(path, problems)]
    apis = {api.name: api for tool in OPENAPI.read(records, problems).tools for api in tool.apis}
    assert problems == []
    return apis


def _refused(document: dict[str, Any]) -> tuple[list[str], list[Problem]]:
    """The names that were taken, and what was not."""
    problems: list[Problem] = []
    tools = list(OPENAPI.read([Record("", document)], problems).tools)
    return [api.name for tool in tools for api in tool.apis], problems


def _document(**paths: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.0",
        "info": {"title": "T"},
        "servers": [{"url": "https://t.test"}],
        "paths": {f"/{name}": {"get": {"operationId": name, **operation}} for name, operation in paths.items()},
    }


def _named(api: Api) -> dict[str, Parameter]:
    return {parameter.name: parameter for parameter in api.parameters}


def test_fields_of_a_body_are_parameters() -> None:
    api = _read(DOCUMENTS / "bodies.yaml")["addNote"]
    fields = _named(api)
    assert (api.method, api.risk, api.body_type, api.body_is_value) == ("POST", "mutating", "application/json", False)
    assert list(fields) == ["name", "lines", "colour", "limit", "parent"]  # `id` can only be read
    assert [name for name, one in fields.items() if one.required] == ["name", "lines"]
    assert (fields["name"].example, fields["name"].constraints) == ("Milk", {"maxLength": 80})
    assert (fields["colour"].enum, fields["colour"].default) == (("red", "blue"), "red")
    assert fields["limit"].constraints == {"minimum": 0, "exclusiveMinimum": 0}
    # A note within a note within a note: the second is left open.
    assert fields["parent"].constraints["properties"]["parent"] == {}  # type: ignore[index,call-overload]
    assert api.response_shape == {
        "name": "str",
        "id": "int",
        "lines": ["str"],
        "colour": "str",
        "limit": "int",
        "parent": {},
    }


def test_forms_files_texts_and_lists_are_bodies_of_their_own_kind() -> None:
    apis = _read(DOCUMENTS / "bodies.yaml")
    tags = apis["sendForm"].parameters[0]
    assert (apis["sendForm"].body_type, tags.style, tags.explode) == (
        "application/x-www-form-urlencoded",
        "pipeDelimited",
        False,
    )
    file, about = apis["sendFile"].parameters
    assert (file.content_type, file.constraints, about.type) == ("image/png", {"format": "binary"}, "object")
    whole = {name: api for name, api in apis.items() if api.body_is_value}
    assert {name: (api.body_type, api.parameters[0].name, api.parameters[0].type) for name, api in whole.items()} == {
        "sendText": ("text/plain", "body", "string"),
        "sendBytes": ("application/octet-stream", "body", "string"),
        "sendList": ("application/json", "body", "array"),
    }


def test_of_alternative_bodies_all_fields_are_known_and_the_shared_ones_required() -> None:
    fields = _read(DOCUMENTS / "bodies.yaml")["choose"].parameters
    assert [(one.name, one.required) for one in fields] == [("kind", True), ("radius", False), ("side", False)]


def test_parameters_keep_their_style() -> None:
    fields = _named(_read(DOCUMENTS / "parameters.yaml")["getThing"])
    assert (fields["id"].style, fields["id"].required) == ("label", True)
    assert fields["lang"].description == "of the operation"
    assert (fields["filter"].style, fields["filter"].explode) == ("deepObject", True)
    assert fields["next"].allow_reserved
    assert (fields["where"].content_type, fields["where"].type) == ("application/json", "object")
    assert (fields["X-Ids"].place, fields["X-Ids"].example) == ("header", [1, 2])
    assert (fields["seen"].place, fields["seen"].default) == ("cookie", False)
    assert (fields["size"].type, fields["size"].example, fields["size"].default) == ("integer", 4, None)
    assert (fields["either"].type, fields["mode"].enum) == ("string", ("fast",))


def test_a_secret_in_a_header_parameter_is_a_credential() -> None:
    api = _read(DOCUMENTS / "parameters.yaml")["getThing"]
    assert api.auth == ((AuthScheme(name="parameters.authorization", kind="api_key"),),)
    assert not {"Authorization", "Accept"} & set(_named(api))


def test_a_path_parameter_that_nothing_says_is_asked_for() -> None:
    assert _read(DOCUMENTS / "parameters.yaml")["getMissing"].parameters == (
        Parameter(name="name", place="path", required=True),
    )


def test_swaggers_collection_formats_are_styles() -> None:
    fields = _named(_read(DOCUMENTS / "swagger.json")["listOrders"])
    assert {name: (one.style, one.explode) for name, one in fields.items() if one.type == "array"} == {
        "state": ("form", False),
        "ids": ("form", True),
        "sizes": ("pipeDelimited", False),
        "X-Codes": ("simple", False),
    }


def test_a_default_is_no_example_and_an_example_no_default() -> None:
    fields = _named(_read(DOCUMENTS / "swagger.json")["listOrders"])
    assert (fields["limit"].default, fields["limit"].example) == (20, 5)
    # Where a value must be sent nothing is assumed for it: what stands as default only shows what one looks like.
    assert (fields["page"].required, fields["page"].default, fields["page"].example) == (True, None, 1)


def test_an_example_that_is_written_as_text_is_read_in_its_type() -> None:
    said = {"name": "volume", "in": "query", "example": "50", "schema": {"type": "integer"}}
    (tool,) = OPENAPI.read([Record("", _document(a={"parameters": [said]}))], []).tools
    assert tool.apis[0].parameters[0].example == 50


def test_swaggers_forms_files_and_bodies_are_read() -> None:
    apis = _read(DOCUMENTS / "swagger.json")
    photo = apis["addPhoto"]
    assert (photo.url, photo.body_type, photo.auth) == (
        "https://shop.test/v1/orders/{id}/photo",
        "multipart/form-data",
        (),
    )
    assert photo.parameters[1].constraints == {"format": "binary"}
    assert [(one.name, one.required) for one in apis["addOrder"].parameters] == [("item", True), ("note", False)]
    assert apis["listOrders"].response_shape == [{"id": "int", "item": "str", "note": "str"}]


def test_credentials_are_requirements_named_after_their_document() -> None:
    apis = _read(DOCUMENTS / "swagger.json")
    key = AuthScheme(name="old_shop.key", kind="api_key", place="query", parameter="api_key")
    assert apis["listOrders"].auth == ((key,),)
    assert "api_key" not in _named(apis["listOrders"])  # the operator's, though it is listed as a parameter too
    oauth, login = AuthScheme(name="old_shop.oauth", kind="bearer"), AuthScheme(name="old_shop.login", kind="basic")
    assert apis["addOrder"].auth == ((oauth,), (login, key), ())


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ({"type": "http", "scheme": "Bearer"}, AuthScheme(name="t.s", kind="bearer")),
        ({"type": "http", "scheme": "basic"}, AuthScheme(name="t.s", kind="basic")),
        ({"type": "http", "scheme": "digest"}, AuthScheme(name="t.s", kind="api_key")),
        ({"type": "openIdConnect", "openIdConnectUrl": "https://t.test"}, AuthScheme(name="t.s", kind="bearer")),
        (
            {"type": "apiKey", "in": "cookie", "name": "sid"},
            AuthScheme(name="t.s", kind="api_key", place="cookie", parameter="sid"),
        ),
    ],
)
def test_security_schemes_become_credentials(scheme: dict[str, str], expected: AuthScheme) -> None:
    document = _document(a={"security": [{"s": []}]}) | {"components": {"securitySchemes": {"s": scheme}}}
    assert [api.auth for tool in OPENAPI.read([Record("", document)], []).tools for api in tool.apis] == [
        ((expected,),)
    ]


def test_the_nearest_server_counts_with_the_defaults_of_its_variables() -> None:
    assert {name: api.url for name, api in _read(DOCUMENTS / "servers.yaml").items()} == {
        "ofDocument": "https://eu.servers.test:8443/v2/whole",
        "ofPath": "https://path.test/path",
        "ofOperation": "https://operation.test/x/path",
    }


async def test_a_relative_server_starts_from_the_base_url(store: CatalogStore) -> None:
    document = _document(a={}) | {"servers": [{"url": "../v2"}]}
    without = await import_document(store, document, source="s")
    assert without.imported == 1
    assert [problem.where for problem in without.skipped] == ["servers[0].url"]
    assert "--base-url" in without.skipped[0].reason
    report = await import_document(store, document, source="s", base_url="https://docs.test/api/spec/openapi.json")
    assert report.skipped == ()
    assert (await store.get(["T/t/a"]))["T/t/a"].url == "https://docs.test/api/v2/a"


def test_what_has_no_name_or_shares_one_is_named_by_method_and_path() -> None:
    apis = _read(DOCUMENTS / "nameless.yaml")
    assert {name: api.title for name, api in apis.items()} == {
        "get_api_v1_pets_pet_id_vet_visits": "Get pets vet visits by pet_id",
        "get_a": "Get a",
        "post_a": "Make one",
        "other": "",
    }
    assert apis["post_a"].description == "Deprecated. Make one"


def test_the_newest_version_is_read() -> None:
    apis = _read(DOCUMENTS / "newest.yaml")
    assert {name: (api.method, api.risk) for name, api in apis.items()} == {
        "searchByQuery": ("GET", "safe"),
        "searchByBody": ("QUERY", "safe"),
        "copySearch": ("COPY", "mutating"),
    }
    assert [(one.name, one.place, one.required) for one in apis["searchByQuery"].parameters] == [
        ("q", "query", True),
        ("page", "query", False),
    ]
    assert apis["copySearch"].url == "https://newest.test/v3/search"


def test_an_operators_own_words_overrule_the_document() -> None:
    apis = _read(DOCUMENTS / "overrides.yaml")
    look = apis["lookUp"]
    assert (look.category, look.tool_name, look.title) == ("Daily life", "Looking up", "Look something up")
    assert (look.risk, look.description, look.examples) == (
        "safe",
        "Finds what you describe.",
        ("Where did I put my keys?",),
    )
    assert (apis["forget"].hidden, apis["forget"].approval) == (True, "always")


def test_tags_are_tools_and_the_document_is_their_category() -> None:
    tag = {"name": "pets", "description": "All of them"}
    document = _document(a={"tags": ["pets"]}, b={}) | {"tags": [tag]}
    tools = list(OPENAPI.read([Record("", document)], []).tools)
    assert [(tool.category, tool.name, tool.description) for tool in tools] == [
        ("T", "pets", "All of them"),
        ("T", "T", ""),
    ]


def test_without_tags_many_paths_are_sorted_by_where_they_differ() -> None:
    paths = {f"/api/v1/{word}/{n}": {"get": {}} for word in ("pets", "shops") for n in range(8)}
    tools = list(OPENAPI.read([Record("", _document() | {"paths": paths})], []).tools)
    assert [(tool.name, len(tool.apis)) for tool in tools] == [("pets", 8), ("shops", 8)]


def _tar(folder: Path, file: io.BytesIO) -> None:
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        archive.add(folder, "library")


def _zip(folder: Path, file: io.BytesIO) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for path in folder.rglob("*.*"):
            archive.write(path, path.relative_to(folder))


@pytest.mark.parametrize("pack", [_tar, _zip])
def test_an_archive_is_read_as_its_folder_is(pack: Callable[[Path, io.BytesIO], None], tmp_path: Path) -> None:
    file = io.BytesIO()
    pack(DOCUMENTS / "library", file)
    (tmp_path / "packed").write_bytes(file.getvalue())
    assert _read(tmp_path / "packed") == _read(DOCUMENTS / "library")


def test_references_lead_into_other_files() -> None:
    api = _read(DOCUMENTS / "library")["keepBook"]
    assert _read(DOCUMENTS / "library" / "openapi.yaml")["keepBook"] == api
    assert [(one.name, one.place) for one in api.parameters] == [
        ("isbn", "path"),
        ("title", "body"),
        ("sequel", "body"),
    ]
    assert api.parameters[0].constraints == {"pattern": "^[0-9]{13}$"}


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ("https://t.test/a.yaml", "nothing is fetched"),
        ("a.yaml#/b", "import the folder or archive"),
        ("../a.yaml", "outside of what is imported"),
        ("#/nowhere/at/all", "points to nothing"),
        ("#anchor", "no schema bears it"),
        ("https://t.test/a.yaml#x", "nothing is fetched"),
        ("#/paths/~1bad/get/parameters/0", "leads back to itself"),
    ],
)
def test_a_reference_to_nowhere_loses_its_operation_only(ref: str, reason: str) -> None:
    taken, problems = _refused(_document(bad={"parameters": [{"$ref": ref}]}, good={}))
    assert taken == ["good"]
    assert [problem.where for problem in problems] == ["paths./bad.get.parameters[0].$ref"]
    assert reason in problems[0].reason


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("name: q\nin: query\nschema: {type: string}\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    text = "openapi: 3.0.0\nservers: [{url: https://t.test}]\npaths: {/a: {get: {parameters: [{$ref: link.yaml}]}}}"
    (tmp_path / "docs" / "openapi.yaml").write_text(text)
    problems: list[Problem] = []
    assert list(OPENAPI.read(read_path(tmp_path / "docs" / "openapi.yaml", problems), problems).tools) == []
    assert "lies outside" in problems[0].reason


@pytest.mark.parametrize(
    ("operation", "where", "reason"),
    [
        ({"parameters": {}}, "parameters", "must be a list"),
        ({"parameters": [{"in": "query"}]}, "parameters[0].name", "missing"),
        ({"parameters": [{"in": "moon", "name": "a", "schema": {}}]}, "parameters[0].in", "no place"),
        ({"parameters": [{"in": "query", "name": "a"}]}, "parameters[0]", "neither a schema"),
        (
            {"parameters": [{"in": "query", "name": "a", "schema": {"type": "zilk"}}]},
            "parameters[0].schema.type",
            "zilk",
        ),
        (
            {"parameters": [{"in": "query", "name": "a", "style": "fancy", "schema": {}}]},
            "parameters[0].style",
            "fancy",
        ),
        ({"requestBody": {}}, "requestBody.content", "must be an object"),
        ({"security": [{"none": []}]}, "security[0].none", "is not defined"),
        ({"x-switchboard-risk": "high"}, "x-switchboard-risk", "safe or mutating"),
        ({"x-switchboard-risky": True}, "x-switchboard-risky", "is not known"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(operation: dict[str, Any], where: str, reason: str) -> None:
    taken, problems = _refused(_document(bad=operation, good={}))
    assert taken == ["good"]
    assert [problem.where for problem in problems] == [f"paths./bad.get.{where}"]
    assert reason in problems[0].reason


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"openapi": "4.0.0", "paths": {}}, "openapi"),
        ({"swagger": "1.2"}, "swagger"),
        ({"openapi": "3.0.0", "paths": []}, "paths"),
        ({"openapi": "3.1.0", "webhooks": {}}, "paths"),
        ({"openapi": "3.1.0", "paths": {"/#Action=List": {"get": {}}}}, "paths./#Action=List"),
        ({"openapi": "3.1.0", "paths": {"/a": []}}, "paths./a"),
        ({"name": "no document"}, "document"),
    ],
)
def test_a_document_that_is_none_is_told(document: dict[str, Any], where: str) -> None:
    taken, problems = _refused(document)
    assert (taken, [problem.where for problem in problems][:1]) == ([], [where])


def test_a_thousand_references_deep_is_read() -> None:
    chain = {f"S{n}": {"$ref": f"#/components/schemas/S{n + 1}"} for n in range(1000)}
    nested = {f"N{n}": {"properties": {"n": {"$ref": f"#/components/schemas/N{n + 1}"}}} for n in range(1000)}
    joined = {f"A{n}": {"allOf": [{"$ref": f"#/components/schemas/A{n + 1}"}]} for n in range(1000)}
    either = {f"E{n}": {"title": "x", "anyOf": [{"$ref": f"#/components/schemas/E{n + 1}"}]} for n in range(1000)}
    ends = {"S1000": {"type": "integer"}, "N1000": {}, "A1000": {"type": "boolean"}, "E1000": {"type": "array"}}
    names = [{"name": name, "in": "query", "schema": {"$ref": f"#/components/schemas/{name}0"}} for name in "SNAE"]
    document = _document(a={"parameters": names}) | {
        "components": {"schemas": {**chain, **nested, **joined, **either, **ends}}
    }
    (tool,) = OPENAPI.read([Record("", document)], []).tools
    assert [one.type for one in tool.apis[0].parameters] == ["integer", "object", "boolean", "string"]


def test_schemas_that_grow_without_end_are_cut() -> None:
    wide = {f"p{n}": {"$ref": "#/components/schemas/Wide"} for n in range(50)}
    selfish = {"anyOf": [{"description": "x", "$ref": "#/components/schemas/Selfish"}]}
    looped = {"oneOf": [{"$ref": "#/components/schemas/Loop"}] * 50}
    giant = {"type": "integer", "enum": list(range(100_000))}
    schemas = {
        "Wide": {"type": "object", "properties": wide, "anyOf": [wide["p0"]] * 50},
        "Loop": looped,
        "Giant": giant,
        "Selfish": selfish,
    }
    names = [{"name": name, "in": "query", "schema": {"$ref": f"#/components/schemas/{name}"}} for name in schemas]
    document = _document(a={"parameters": names}) | {"components": {"schemas": schemas}}
    problems: list[Problem] = []
    (tool,) = OPENAPI.read([Record("", document)], problems).tools
    assert problems == []
    assert len(tool.apis[0].model_dump_json()) < 200_000


def test_a_small_document_does_not_unfold_to_a_huge_catalog() -> None:
    nested = {"type": "object", "properties": {f"p{n}": {} for n in range(1400)}}
    wide = {"type": "object", "properties": {"nested": nested}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Wide"}}}}
    document = _document(**{f"o{n}": {"requestBody": body} for n in range(100)})
    taken, problems = _refused(document | {"components": {"schemas": {"Wide": wide}}})
    assert 20 <= len(taken) < 100
    assert len(taken) + len(problems) == 100
    assert "unfolds to more than" in problems[0].reason


YAML_BOMB = "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))])
MERGE_BOMB = "\n".join(
    ["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 30))]
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (YAML_BOMB, "aliases"),
        (MERGE_BOMB, "aliases"),
        ("a: &a [*a]", "alias to nothing, or to itself"),
        ("openapi: " + "[" * 100_000, "nested deeper"),
        ("- " * 100_000, "nested deeper"),
        ("openapi: 3.0.0\nopenapi: 3.0.1", "twice"),
        ("openapi: 3.0.0\n  paths: {}", "no valid YAML"),
        ("? [a]\n: b", "key that is no plain text"),
    ],
)
async def test_hostile_yaml_is_refused_and_nothing_is_taken(store: CatalogStore, text: str, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason):
        await import_document(store, text, source="s")
    assert (await store.stats()).apis == 0


def test_yaml_says_what_json_can_say(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "on: no\n200: 2017-11-08\na: 1.50\nb: '1'\nc: ~\nd: &x [true]\ne: *x\nf: {<<: {g: 1}}\n"
    )
    (record,) = read_path(tmp_path / "a.yaml", [])
    assert record.value == {
        "on": "no",
        "200": "2017-11-08",
        "a": 1.5,
        "b": "1",
        "c": None,
        "d": [True],
        "e": [True],
        "f": {"g": 1},
    }


async def test_an_archive_that_would_fill_the_disk_is_refused(store: CatalogStore, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w") as archive:
        archive.writestr("a.json", "{}")
        archive.filelist[0].file_size = 10**9
    with pytest.raises(UnreadableDocument, match="unpacks to more than"):
        await import_file(store, tmp_path / "bomb.zip")


def _change(**operation: Any) -> dict[str, Any]:
    document = _document(change=operation)
    document["paths"]["/change"]["post"] = document["paths"]["/change"].pop("get")
    return document


def _one(document: dict[str, Any]) -> Api:
    problems: list[Problem] = []
    (tool,) = OPENAPI.read([Record("", document)], problems).tools
    assert problems == []
    return tool.apis[0]


KEY = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string"}}


def test_an_idempotency_key_is_the_services_own_and_nobody_is_asked_for_it() -> None:
    api = _one(_change(parameters=[KEY]))
    assert (api.idempotency_header, api.parameters) == ("Idempotency-Key", ())


def test_what_only_reads_needs_no_key() -> None:
    api = _one(_document(look={"parameters": [{**KEY, "required": False}]}))
    assert api.idempotency_header is None


def test_a_document_may_name_the_header_or_say_that_there_is_none() -> None:
    named = {"name": "X-Request-Id", "in": "header", "schema": {"type": "string"}}
    api = _one(_change(parameters=[named], **{"x-switchboard-idempotency-header": "x-request-id"}))
    assert (api.idempotency_header, api.parameters) == ("x-request-id", ())
    api = _one(_change(parameters=[KEY], **{"x-switchboard-idempotency-header": ""}))
    assert api.idempotency_header is None
    assert [one.name for one in api.parameters] == ["Idempotency-Key"]


def _changed(schema: object, **body: object) -> Api:
    content = {"application/json": {"schema": schema}}
    return _one(_change(requestBody={"content": content, **body}))


def test_a_schema_is_found_by_its_anchor_its_id_or_dynamically() -> None:
    document = _change(requestBody={"content": {"application/json": {"schema": {
        "type": "object",
        "properties": {
            "by_anchor": {"$ref": "#size"},
            "by_id": {"$ref": "https://schemas.t.test/color"},
            "in_it": {"$ref": "https://schemas.t.test/color#/properties/name"},
            "dynamic": {"$dynamicRef": "#node"},
        },
    }}}})  # fmt: skip
    document["components"] = {
        "schemas": {
            "Size": {"$anchor": "size", "enum": ["S", "M"]},
            "Color": {
                "$id": "https://schemas.t.test/color",
                "type": "object",
                "properties": {"name": {"maxLength": 9}},
            },
            "Node": {"$dynamicAnchor": "node", "type": "integer"},
            "Said": {"example": {"$anchor": "size", "enum": ["no schema"]}},
        }
    }
    found = _named(_one(document))
    assert found["by_anchor"].enum == ("S", "M")
    assert found["by_id"].constraints == {"properties": {"name": {"maxLength": 9}}}
    assert found["in_it"].constraints == {"maxLength": 9}
    assert found["dynamic"].type == "integer"


def test_a_schema_that_refers_to_itself_dynamically_ends() -> None:
    tree = {"$dynamicAnchor": "tree", "type": "object", "properties": {"left": {"$dynamicRef": "#tree"}, "n": {}}}
    assert [parameter.name for parameter in _changed(tree).parameters] == ["left", "n"]


@pytest.mark.parametrize(("said", "whole", "field"), [({}, False, True), ({"required": True}, True, True)])
def test_a_body_is_needed_where_the_document_says_so(said: dict[str, object], whole: bool, field: bool) -> None:
    (listed,) = _changed({"type": "array", "items": {"type": "string"}}, **said).parameters
    assert listed.required == whole
    named = _named(_changed({"type": "object", "required": ["a"], "properties": {"a": {}, "b": {}}}, **said))
    assert (named["a"].required, named["b"].required) == (field, False)


def test_of_a_body_that_is_said_to_be_optional_nothing_is_needed() -> None:
    body = {"type": "object", "required": ["a"], "properties": {"a": {}}}
    assert not _named(_changed(body, required=False))["a"].required
