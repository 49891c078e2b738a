"""Parameters in our own form: our fields, and any further JSON Schema keyword beside them."""

from __future__ import annotations

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import JsonValue, ValidationError

from catalog.errors import UnreadableDocument
from catalog.importers.http import place_by_method, placeholders
from catalog.importers.record import Fields, at, first_problem, listed, needed_text
from catalog.importers.supplying import check
from catalog.models import Parameter

OWN = frozenset(
    {"name", "place", "type", "required", "title", "description", "enum", "default", "example"}
    | {"style", "explode", "allow_reserved", "content_type", "wire_name"}
)
SUPPLY = "supply"
KEYWORDS = frozenset(
    {
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "contains",
        "contentEncoding",
        "contentMediaType",
        "dependentRequired",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "items",
        "maxContains",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minContains",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "not",
        "oneOf",
        "pattern",
        "patternProperties",
        "prefixItems",
        "properties",
        "propertyNames",
        "uniqueItems",
    }
)


def read_parameters(fields: Fields, url: str, method: str) -> tuple[Parameter, ...]:
    """An API's parameters, in their order. Raises UnreadableDocument."""
    wanted = set(placeholders(url))
    parameters: dict[str, Parameter] = {}
    for where, said in listed(fields, "parameters"):
        try:
            parameter = _parameter(said, wanted, method)
        except UnreadableDocument as error:
            raise UnreadableDocument(at(where, error.where), error.reason) from error
        if parameter.name in parameters:
            raise UnreadableDocument(at(where, "name"), f"{parameter.name!r} stands here twice")
        parameters[parameter.name] = parameter
    for missing in sorted(wanted - parameters.keys()):
        parameters[missing] = Parameter(name=missing, place="path", required=True)
    return tuple(parameters.values())


def read_supplies(fields: Fields) -> dict[str, JsonValue]:
    """What is said of parameters that nobody is asked for, by name. Raises UnreadableDocument."""
    found = {
        needed_text(said, "name"): (where, said[SUPPLY])
        for where, said in listed(fields, "parameters")
        if SUPPLY in said
    }
    for where, supply in found.values():
        check(at(where, SUPPLY), supply)
    return {name: supply for name, (_, supply) in found.items()}


def _parameter(fields: Fields, wanted: set[str], method: str) -> Parameter:
    name = needed_text(fields, "name")
    constraints = {key: value for key, value in fields.items() if key not in OWN and key != SUPPLY}
    _check(constraints)
    own = {key: value for key, value in fields.items() if key in OWN and value is not None}
    if "place" not in own:
        own["place"] = "path" if name in wanted else place_by_method(method)
    if (own["place"] == "path") != (name in wanted):
        raise UnreadableDocument("place", f"{{{name}}} must stand in the path exactly if the place is 'path'")
    try:
        parameter = Parameter.model_validate({**own, "constraints": constraints})
    except ValidationError as error:
        raise UnreadableDocument(name, first_problem(error)) from error
    return parameter.model_copy(update={"required": True}) if parameter.place == "path" else parameter


def _check(constraints: Fields) -> None:
    for key in constraints:
        if key not in KEYWORDS:
            raise UnreadableDocument(key, f"is neither a field ({', '.join(sorted(OWN))}) nor a JSON Schema keyword")
    if constraints:
        try:
            Draft202012Validator.check_schema(constraints)
        except SchemaError as error:
            raise UnreadableDocument(str(next(iter(error.path), "")), error.message) from error
