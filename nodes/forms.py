"""The form by which a person is asked for values, and the reading of what comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from callers.schemas import fault
from catalog.models import Parameter
from nodes.conversion import Misread, Schema, alternatives, choice_text, converted, is_blank, single
from nodes.wording import broken, describe_problem, file_wanted, refusal, requirement, shown, title, title_of, written
from reasoners.protocol import Value

__all__ = ["FieldError", "describe_problem", "form", "misfit", "read", "title_of", "unknown_fields"]

FORMATS = frozenset({"email", "uri", "date", "date-time"})
"""Those that elicitation forms of the Model Context Protocol know."""
MAX_LEVELS = 3  # deeper objects are asked for as JSON: nobody reads `a.b.c.d.e`
MAX_FIELDS = 20  # of one object, for the same reason


@dataclass(frozen=True)
class FieldError:
    """A value that does not fit, in words."""

    pointer: str
    """JSON pointer into the answer: "/order_id"."""
    detail: str
    rejected: JsonValue


@dataclass(frozen=True)
class _Field:
    """One line of a form: a parameter, or a value inside one."""

    parameter: Parameter
    path: tuple[str, ...]
    """Where it stands inside the parameter; empty: it is the parameter."""
    schema: Schema
    required: bool

    @property
    def name(self) -> str:
        return ".".join((self.parameter.name, *self.path))

    @property
    def title(self) -> str:
        own = self.schema.get("title")
        if not self.path:
            return title_of(self.parameter)
        return own if isinstance(own, str) and own else ": ".join([title_of(self.parameter), *map(title, self.path)])

    @property
    def pointer(self) -> str:
        return "/" + self.name.replace("~", "~0").replace("/", "~1")

    def default(self, confirm: Mapping[str, Value]) -> JsonValue:
        """The value to be confirmed that belongs here; None: there is none."""
        value = confirm[self.parameter.name].value if self.parameter.name in confirm else None
        for step in self.path:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    def refuse(self, value: JsonValue, must: str) -> FieldError:
        hint = self.schema.get("description")
        example = self.parameter.example if not self.path else None
        text = refusal(value, self.title, must, hint if isinstance(hint, str) else "", example)
        return FieldError(self.pointer, text, value)


def form(parameters: Sequence[Parameter], *, confirm: Mapping[str, Value]) -> dict[str, JsonValue]:
    """A flat JSON Schema for these parameters; values to be confirmed stand in it as `default`."""
    fields = list(_fields(parameters))
    properties = {field.name: _property(field, field.default(confirm)) for field in fields}
    needed: list[JsonValue] = [f.name for f in fields if f.required and "default" not in properties[f.name]]
    return {"type": "object", "properties": {**properties}, "required": needed}


def unknown_fields(content: Mapping[str, JsonValue], schema: Mapping[str, JsonValue]) -> list[str]:
    """Names in an answer that its form does not have, in the answer's order."""
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    return [name for name in content if name not in known]


def read(
    content: Mapping[str, JsonValue], parameters: Sequence[Parameter], *, confirm: Mapping[str, Value]
) -> tuple[dict[str, JsonValue], list[FieldError]]:
    """The values that fit, by parameter, and what does not. What was left out is in neither, or is confirmed."""
    values: dict[str, JsonValue] = {}
    errors: list[FieldError] = []
    for parameter in parameters:
        given, wrong = _read_one(content, parameter, confirm)
        errors += wrong
        if not wrong and given is not _LEFT_OUT:
            values[parameter.name] = given
    return values, errors


def misfit(parameter: Parameter, value: JsonValue) -> str | None:
    """Why a value does not fit its parameter, in words; None: it fits."""
    error = fault(parameter.json_schema(), value)
    return None if error is None else describe_problem(parameter, error)


_LEFT_OUT: JsonValue = {"left": "out"}
"""Told from every value by identity: null is a value."""


def _fields(parameters: Sequence[Parameter]) -> Iterator[_Field]:
    for parameter in parameters:
        yield from _flat(_Field(parameter, (), parameter.json_schema(), parameter.required))


def _flat(field: _Field) -> Iterator[_Field]:
    """The field itself, or the fields inside an object whose properties are known."""
    properties = _known_properties(field)
    if not properties:
        yield field
        return
    listed = field.schema.get("required")
    needed = listed if isinstance(listed, list) else []
    for name, schema in properties.items():
        required = field.required and name in needed
        yield from _flat(_Field(field.parameter, (*field.path, name), single(schema), required))


def _known_properties(field: _Field) -> dict[str, Schema]:
    properties = field.schema.get("properties")
    if field.schema.get("type") != "object" or not isinstance(properties, dict) or len(field.path) >= MAX_LEVELS:
        return {}
    if len(properties) > MAX_FIELDS or not all(isinstance(schema, dict) for schema in properties.values()):
        return {}
    return {name: schema for name, schema in properties.items() if isinstance(schema, dict)}


def _property(field: _Field, default: JsonValue) -> dict[str, JsonValue]:
    """One property in the subset that elicitation allows."""
    entry = _typed(field)
    told = field.schema.get("description")
    description = told if isinstance(told, str) else ""
    if _is_json(field.schema):
        description = f"{description} (as JSON{_like(field)})".strip()
    elif not field.path and field.parameter.example is not None:
        description = _with_example(description, field.parameter.example)
    if wanted := file_wanted(field.schema, field.parameter.content_type):
        description = f"{description} {wanted}".strip()
    entry["title"] = field.title
    if description:
        entry["description"] = description
    if default is not None:
        entry["default"] = _in_form(default, field.schema)
    return entry


def _like(field: _Field) -> str:
    example = field.parameter.example if not field.path else None
    if isinstance(example, list | dict):
        return f", like {written(example)}"
    return ', like ["a", "b"]' if field.schema.get("type") == "array" else ""


def _with_example(description: str, example: JsonValue) -> str:
    if shown(example).strip("'") in description:
        return description
    return f"{description} For example {shown(example)}.".strip()


def _typed(field: _Field) -> dict[str, JsonValue]:
    """Type and rules, without words."""
    schema = field.schema
    if listed := _choices(schema):
        return {"type": "string", "enum": listed}
    if listed := _choices(_items(schema)):
        entry: dict[str, JsonValue] = {"type": "array", "items": {"type": "string", "enum": listed}}
        return entry | _rules(schema, "minItems", "maxItems")
    match schema.get("type"):
        case "boolean":
            return {"type": "boolean"}
        case "integer" | "number":
            return {"type": schema["type"]} | _rules(schema, "minimum", "maximum")
        case _ if _is_json(schema):
            return {"type": "string"}
    known = ["format"] if schema.get("format") in FORMATS else []
    return {"type": "string"} | _rules(schema, "minLength", "maxLength", "pattern", *known)


def _rules(schema: Schema, *names: str) -> dict[str, JsonValue]:
    return {name: schema[name] for name in names if name in schema}


def _items(schema: Schema) -> Schema:
    items = schema.get("items")
    return single(items) if schema.get("type") == "array" and isinstance(items, dict) else {}


def _choices(schema: Schema) -> list[JsonValue]:
    listed = schema.get("enum")
    return [choice_text(choice) for choice in listed] if isinstance(listed, list) else []


def _is_json(schema: Schema) -> bool:
    """Lists of free values and free objects: no form has a field for them."""
    said = alternatives(schema) if "type" not in schema else []
    if said:
        return all(_is_json(each) for each in said)
    return schema.get("type") in ("array", "object") and not _choices(schema) and not _choices(_items(schema))


def _in_form(value: JsonValue, schema: Schema) -> JsonValue:
    """A value as its field shows it; the counterpart of `converted`."""
    if _choices(schema):
        return choice_text(value)
    if _choices(_items(schema)):
        return [choice_text(item) for item in value] if isinstance(value, list) else [choice_text(value)]
    return written(value) if _is_json(schema) else value


def _read_one(
    content: Mapping[str, JsonValue], parameter: Parameter, confirm: Mapping[str, Value]
) -> tuple[JsonValue, list[FieldError]]:
    """The value of one parameter, put together from its fields; or what is wrong with them."""
    if parameter.name in content and not is_blank(content[parameter.name]):
        return _checked(_Field(parameter, (), parameter.json_schema(), parameter.required), content[parameter.name])
    fields = list(_fields([parameter]))
    given = [field for field in fields if not is_blank(content.get(field.name))]
    if not given:
        return _untouched(parameter, fields, confirm), []
    whole: dict[str, JsonValue] = {}
    errors: list[FieldError] = []
    for field in fields:
        value, wrong = _field_value(field, content, confirm)
        errors += wrong
        if not wrong and value is not _LEFT_OUT:
            _put(whole, field.path, value)
    return whole, errors or _lacking(parameter, whole)


def _untouched(parameter: Parameter, fields: Sequence[_Field], confirm: Mapping[str, Value]) -> JsonValue:
    """An accept without a word on a parameter: it confirms, or it leaves out."""
    if parameter.name in confirm:
        return confirm[parameter.name].value
    # An object that must be there, and of which nothing must be there: there is nothing more to ask.
    empty_will_do = parameter.required and bool(fields[0].path) and not any(field.required for field in fields)
    return {} if empty_will_do else _LEFT_OUT


def _field_value(
    field: _Field, content: Mapping[str, JsonValue], confirm: Mapping[str, Value]
) -> tuple[JsonValue, list[FieldError]]:
    """What stands in one field, or the value that it would confirm."""
    typed = content.get(field.name)
    if not is_blank(typed):
        return _checked(field, typed)
    default = field.default(confirm)
    return (_LEFT_OUT if default is None else default), []


def _lacking(parameter: Parameter, whole: JsonValue) -> list[FieldError]:
    """A half-filled object is told as a whole: its parts go out together."""
    error = fault(parameter.json_schema(), whole)
    if error is None:
        return []
    return [FieldError(f"/{parameter.name}", describe_problem(parameter, error), whole)]


def _checked(field: _Field, typed: JsonValue) -> tuple[JsonValue, list[FieldError]]:
    try:
        value = converted(typed, field.schema)
    except Misread as error:
        return None, [field.refuse(typed, str(error))]
    problem = fault(field.schema, value)
    if problem is None:
        return value, []
    hint = bool(field.schema.get("description") or field.parameter.example)
    # Of a list, the entry that does not fit is the one to be shown.
    culprit = broken(problem)[1] if problem.path else typed
    told = field.refuse(culprit, requirement(problem, has_hint=hint))
    return None, [FieldError(told.pointer, told.detail, typed)]


def _put(whole: dict[str, JsonValue], path: tuple[str, ...], value: JsonValue) -> None:
    """Set a value inside nested objects, making those on the way."""
    for step in path[:-1]:
        inner = whole.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        whole = inner
    whole[path[-1]] = value
