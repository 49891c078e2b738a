"""What a Python module offers to be called: its public functions and LangChain tools."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

import docstring_parser
from pydantic import BaseModel, JsonValue, PydanticUserError, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic_core import ArgsKwargs, PydanticOmit

from catalog.errors import EgressDenied, SettingsError

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

SETTING = "SWITCHBOARD_PYTHON_MODULES"
RISK = "switchboard_risk"
"""Attribute of a function, or key of a tool's metadata: `safe` or `mutating`."""
UNNAMED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
NOT_JSON = (
    *(PydanticUserError, PydanticInvalidForJsonSchema, PydanticOmit),
    *(NameError, AttributeError, SyntaxError, TypeError, ValueError),
)
"""What pydantic raises for annotations that it cannot resolve, validate, or write as a JSON Schema."""

Prepared = Callable[[], object]
"""A call with its values in it; gives the result, or something to await."""


class NotOffered(Exception):
    """Why a function or tool cannot be called from outside."""


@dataclass(frozen=True)
class Offer:
    """One function or tool."""

    description: str
    parameters: dict[str, JsonValue]
    """JSON Schema of the arguments."""
    returns: JsonValue
    """JSON Schema of the result; None: not said."""
    risk: Literal["safe", "mutating"]
    is_async: bool
    prepare: Callable[[Mapping[str, JsonValue]], Prepared]
    """Binds values, turned into the types that the annotations name. Raises pydantic.ValidationError."""


def load(name: str, allowed: Collection[str]) -> ModuleType:
    """Import a module that the operator names. Runs its code: not for the event loop. Raises EgressDenied."""
    if name not in allowed:
        raise EgressDenied(f"python:{name}", f"{SETTING} does not name this module")
    try:
        return importlib.import_module(name)
    except Exception as error:  # a module may raise anything while it is imported
        why = f"the module {name!r} cannot be imported ({type(error).__name__}: {error}"[:300]
        cure = "it must be installed where switchboard runs, or stand in a folder of PYTHONPATH"
        raise SettingsError(SETTING, f"{why}); {cure}") from error


def public(module: ModuleType) -> dict[str, object]:
    """By name: what `__all__` names; without it, functions written in the module, and tools, without a leading `_`."""
    named = getattr(module, "__all__", None)
    if named is not None:
        held = {str(name): getattr(module, str(name), None) for name in named}
        return {name: value for name, value in held.items() if _is_function(value) or is_tool(value)}
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (is_tool(value) or (_is_function(value) and value.__module__ == module.__name__))
    }


def _is_function(value: object) -> TypeGuard[FunctionType]:
    """One that is written, or one in a wrapper that says what it wraps (`functools.cache`)."""
    if isinstance(value, FunctionType):
        return True
    return (
        callable(value)
        and not isinstance(value, type)
        and isinstance(getattr(value, "__wrapped__", None), FunctionType)
    )


def offer(value: object) -> Offer:
    """Raises NotOffered."""
    return _of_tool(value) if is_tool(value) else _of_function(value)  # type: ignore[arg-type]  # one or the other


def is_tool(value: object) -> bool:
    # Whoever made a tool has imported this; to import it here takes a third of a second.
    tools = sys.modules.get("langchain_core.tools")
    return tools is not None and isinstance(value, tools.BaseTool)


def _of_function(function: FunctionType) -> Offer:
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise NotOffered("gives its result piece by piece (yield)")
    signature = _signature(function)
    # The same signature over nothing: values are bound and converted, and the function itself does not run.
    bound = functools.update_wrapper(lambda *args, **kwargs: (args, kwargs), function)
    bound.__signature__ = signature  # type: ignore[attr-defined]
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(bound)  # type: ignore[arg-type]  # pydantic takes functions too
        schema: dict[str, JsonValue] = adapter.json_schema() if signature.parameters else {"type": "object"}
    except NOT_JSON as error:
        raise NotOffered(f"has parameters that JSON cannot carry: {_first_line(error)}") from error

    def prepare(values: Mapping[str, JsonValue]) -> Prepared:
        args, kwargs = adapter.validate_python(ArgsKwargs((), dict(values)))
        return functools.partial(function, *args, **kwargs)

    return Offer(
        description=_described(inspect.getdoc(function) or "", schema),
        parameters=schema,
        returns=_returns(function),
        risk=_risk(getattr(function, RISK, None)),
        is_async=inspect.iscoroutinefunction(function),
        prepare=prepare,
    )


def _signature(function: FunctionType) -> inspect.Signature:
    """Its named parameters. Raises NotOffered."""
    whole = inspect.signature(function)
    named = [parameter for parameter in whole.parameters.values() if parameter.kind not in UNNAMED]
    if any(parameter.kind is inspect.Parameter.POSITIONAL_ONLY for parameter in named):
        raise NotOffered("has parameters that cannot be given by name (/)")
    if whole.parameters and not named:
        raise NotOffered("takes *args or **kwargs only, so that its parameters are not known")
    return whole.replace(parameters=named)


def _returns(function: FunctionType) -> JsonValue:
    try:
        annotation = inspect.get_annotations(function, eval_str=True).get("return")
        return TypeAdapter(annotation).json_schema(mode="serialization") if annotation is not None else None
    except NOT_JSON:
        return None  # only a help: the result itself is turned into JSON whatever it is


def _of_tool(tool: BaseTool) -> Offer:
    try:
        called = tool.tool_call_schema  # without what LangChain injects
        schema = called if isinstance(called, dict) else called.model_json_schema()  # type: ignore[union-attr]
    except NOT_JSON as error:
        raise NotOffered(f"has parameters that JSON cannot carry: {_first_line(error)}") from error
    if needed := _injected(tool, schema):
        raise NotOffered(f"needs {needed!r}, which only LangChain's own agents give")
    parameters: dict[str, JsonValue] = {**schema}
    is_async = _has_own_coroutine(tool)
    run = tool.arun if is_async else tool.run
    return Offer(
        description=_described(tool.description, parameters),
        parameters=parameters,
        returns=None,
        risk=_risk((tool.metadata or {}).get(RISK)),
        is_async=is_async,
        prepare=lambda values: functools.partial(run, dict(values)),
    )


def _injected(tool: BaseTool, schema: Mapping[str, Any]) -> str:
    """A required argument that no caller may give; empty: there is none."""
    whole = tool.args_schema
    if not (isinstance(whole, type) and issubclass(whole, BaseModel)):
        return ""
    given = schema.get("properties", {})
    lacking = (name for name, field in whole.model_fields.items() if field.is_required() and name not in given)
    return next((name for name in lacking if (whole.model_fields[name].alias or name) not in given), "")


def _has_own_coroutine(tool: BaseTool) -> bool:
    from langchain_core.tools import BaseTool, StructuredTool, Tool

    if isinstance(tool, StructuredTool | Tool) and type(tool)._arun in (StructuredTool._arun, Tool._arun):
        return tool.coroutine is not None
    return type(tool)._arun is not BaseTool._arun


def _described(text: str, schema: dict[str, JsonValue]) -> str:
    """The text without its list of parameters, which goes to the parameters themselves."""
    try:
        parsed = docstring_parser.parse(text)
    except docstring_parser.ParseError:
        return text.strip()
    properties = schema.get("properties")
    for told in parsed.params:
        said = properties.get(told.arg_name) if isinstance(properties, dict) else None
        if isinstance(said, dict) and told.description and not said.get("description"):
            said["description"] = " ".join(told.description.split())
    return (parsed.description or "").strip() if parsed.params else text.strip()


def _risk(said: object) -> Literal["safe", "mutating"]:
    """What nothing is said of may change something: a name that sounds harmless proves nothing."""
    if said is None or said == "mutating":
        return "mutating"
    if said == "safe":
        return "safe"
    raise NotOffered(f"{RISK} must be 'safe' or 'mutating', not {said!r}")


def _first_line(error: Exception) -> str:
    said = str(error).strip().splitlines() or [type(error).__name__]
    return said[0].partition(". ")[0][:200]
