"""Which words of the catalog go into the index, for each level. The weights are repetitions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from pydantic import JsonValue

from catalog.index_entries import Leaf
from catalog.models import Api, CategorySummary, Tool, ToolSummary
from catalog.tokens import described_as, outer_forms, outer_forms_of_both, words

NAME_WEIGHT = 3
SHORT = 500  # characters; few longer texts stand in a catalog twice
TEXTS_KEPT = 8192
PATH = re.compile(r"(?:[^:/?#]+:)?(?://[^/?#]*)?([^?#]*)")  # as RFC 3986 has it; a tenth of urlsplit's time
LONGEST_VALUE = 200  # characters; longer ones are documents


def api_leaf(api: Api, tool: Tool) -> Leaf:
    """All that can be said of an API: the only level whose own text finds it alone."""
    texts = [
        *[api.name] * NAME_WEIGHT,
        api.title,
        api.description,
        api.tool_name,
        tool.description,
        api.category.replace("_", " "),
        *_parameter_texts(api),
        *_values(api),
        _path(api),
        *api.examples,
        *_keys(api.response_shape),
    ]
    exact = {*_forms(api.name, api.title), *_with_tool(api), *described_as(api.description)}
    names = (_words([api.name]), _words([api.tool_name]))
    return Leaf(
        id=api.id,
        tool=tool.id,
        category=api.category,
        words=_words(texts),
        exact=exact,
        names=names,
        siblings=len(tool.apis),
    )


def texts_by_field(api: Api, tool_description: str = "") -> dict[str, list[str]]:
    """What each field of an API adds to the words that find it."""
    return {
        "name": [api.name],
        "title": [api.title],
        "description": [api.description],
        "parameters": [*_parameter_texts(api), *_values(api)],
        "category": [api.category.replace("_", " ")],
        "tool": [api.tool_name, tool_description],
        "address": [_path(api)],
        "examples": list(api.examples),
        "response": list(_keys(api.response_shape)),
    }


def example_leaves(api: Api) -> Iterator[Leaf]:
    """One entry for each example question, under the API's id."""
    for question in api.examples:
        spoken = words(question)
        yield Leaf(id=api.id, tool=api.tool_id, category=api.category, words=spoken, keep=True)


def tool_leaf(tool: Tool) -> Leaf:
    """A tool's own texts and the names of its APIs: their descriptions would drown it."""
    texts = [tool.name, tool.description, tool.category.replace("_", " "), *(api.name for api in tool.apis)]
    exact = set(_forms(tool.name))
    return Leaf(id=tool.id, tool=tool.id, category=tool.category, words=_words(texts), exact=exact)


def category_leaf(category: CategorySummary, tools: Sequence[ToolSummary]) -> Leaf:
    texts = [category.name.replace("_", " "), category.description, *(tool.name for tool in tools)]
    exact = set(_forms(category.name))
    return Leaf(id=category.name, tool="", category=category.name, words=_words(texts), exact=exact)


def _words(texts: Iterable[str]) -> list[str]:
    """The words of texts; those of each in one string, as they are only joined again."""
    return [_said_often(text) if len(text) <= SHORT else " ".join(words(text)) for text in texts if text]


@lru_cache(TEXTS_KEPT)
def _said_often(text: str) -> str:
    """The words of names, and of what is said alike of many parameters."""
    return " ".join(words(text))


def _forms(*names: str) -> Iterator[str]:
    for name in filter(None, names):
        yield from outer_forms(name)


def _with_tool(api: Api) -> Iterator[str]:
    """Its names as one who knows its tool says them."""
    for name in filter(None, dict.fromkeys((api.name, api.title))):
        yield from outer_forms_of_both(api.tool_name, name)
        yield from list(outer_forms_of_both(name, api.tool_name))[-1:]


def _parameter_texts(api: Api) -> Iterator[str]:
    for parameter in api.parameters:
        yield from (parameter.name, parameter.title, parameter.description)


def _values(api: Api) -> Iterator[str]:
    """What its parameters may be: who asks often says one of these, or something of their kind."""
    for parameter in api.parameters:
        for value in (parameter.example, parameter.default, *parameter.enum):
            if isinstance(value, str):
                yield value[:LONGEST_VALUE]


def _path(api: Api) -> str:
    """The words of the address below its host: often those that no text has."""
    found = PATH.match(api.url)
    return found[1] if found else ""


def _keys(shape: JsonValue) -> Iterator[str]:
    if isinstance(shape, dict):
        for key, value in shape.items():
            yield key
            yield from _keys(value)
    elif isinstance(shape, list):
        for value in shape:
            yield from _keys(value)
