"""Parameters as a function's arguments: in the words that servers take, and under names that they take."""

import re
from collections.abc import Iterator

import pytest
from pydantic import JsonValue

from catalog.models import Api, Parameter
from evals.scripted_model import ScriptedModel
from reasoners.chat import open_chat
from reasoners.chat.declaring import argument_names, declared
from reasoners.protocol import Step, Value

ODD_NAMES = ["filter[price.max]", "größe", "城市", "X-Api Version", "a" * 80, "a" * 81, "x", "城市2", "$top"]
KEYWORDS = {"type", "description", "enum", "items", "properties", "required"}


def schemas(node: JsonValue) -> Iterator[dict[str, JsonValue]]:
    if isinstance(node, dict):
        yield node
        properties = node.get("properties")
        for below in [node.get("items"), *(properties.values() if isinstance(properties, dict) else ())]:
            yield from schemas(below)


def test_every_name_is_one_that_servers_take_and_no_two_are_the_same() -> None:
    parameters = [Parameter(name=name) for name in ODD_NAMES]
    names = argument_names(parameters, reserved=["x"])

    assert list(names.values()) == parameters
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) and name != "x" for name in names)


def test_a_renamed_parameter_says_what_it_is_called() -> None:
    [name] = argument_names([parameter := Parameter(name="filter[price]", description="At most.")])

    assert name == "filter_price"
    assert declared(name, parameter)["description"] == "filter[price]. At most"


HARD: dict[str, Parameter] = {
    "array without items": Parameter(name="p", type="array"),
    "array of anything": Parameter(name="p", type="array", constraints={"items": True}),
    "array of arrays": Parameter(name="p", type="array", constraints={"items": {"type": "array"}}),
    "object without properties": Parameter(name="p", type="object"),
    "alternatives": Parameter(
        name="p", type="object", constraints={"properties": {"a": {"oneOf": [{"type": "null"}, {"type": "integer"}]}}}
    ),
    "nullable": Parameter(
        name="p", type="array", constraints={"items": {"type": ["string", "null"], "nullable": True, "default": None}}
    ),
    "boolean schema": Parameter(name="p", type="object", constraints={"properties": {"a": True}}),
    "reference": Parameter(name="p", type="array", constraints={"items": {"$ref": "#/components/schemas/X"}}),
    "format and pattern": Parameter(name="p", constraints={"format": "int-9", "pattern": "^(?!x)a$", "minLength": 1}),
    "numbers as enum": Parameter(name="p", type="integer", enum=(1, 2)),
    "empty text in enum": Parameter(name="p", enum=("", "a")),
    "thousands of values": Parameter(name="p", enum=tuple(f"v{n}" for n in range(5000))),
    "array with enum": Parameter(name="p", type="array", enum=("a", "b")),
}


@pytest.mark.parametrize("parameter", HARD.values(), ids=HARD.keys())
def test_only_plain_words_are_used(parameter: Parameter) -> None:
    schema = declared("p", parameter)

    assert len(str(schema)) < 3000
    for node in schemas(schema):
        assert set(node) <= KEYWORDS
        assert node["type"] in ("string", "integer", "number", "boolean", "array", "object")
        assert node["type"] != "array" or isinstance(node["items"], dict)
        assert node["type"] != "object" or node["properties"]
        enum = node.get("enum", ["some"])
        assert isinstance(enum, list) and all(isinstance(value, str) and value for value in enum)


def test_a_schema_without_bottom_ends() -> None:
    node: dict[str, JsonValue] = {"type": "object", "properties": {}}
    for _ in range(30):
        node = {"type": "object", "properties": {"below": node}}

    schema = declared("p", Parameter(name="p", type="object", constraints={"properties": node["properties"]}))
    assert len(list(schemas(schema))) < 10


def test_what_the_schema_cannot_say_is_told_in_words() -> None:
    said = declared("p", Parameter(name="p", type="integer", enum=(1, 2), constraints={"maximum": 9}))["description"]

    assert said == "One of 1, 2. maximum: 9"


async def test_a_value_comes_back_under_the_parameters_own_name() -> None:
    price = Parameter(name="filter[price]", type="integer")
    api = Api(id="a/b/c", name="c", category="a", tool_id="a/b", tool_name="b", parameters=(price,))
    step = Step("1", api.id, "under 20")

    async def fill(said: dict[str, JsonValue]) -> dict[str, Value]:
        async with ScriptedModel(said) as model:
            chat = open_chat(model="m", base_url=model.url)
            values = await chat.fill("Books under 20", step, api, wanted=[price.name], earlier=[])
            await chat.close()
        return dict(values)

    for name in ("filter_price", "filter[price]"):
        assert {n: v.value for n, v in (await fill({name: "20"})).items()} == {"filter[price]": 20}
