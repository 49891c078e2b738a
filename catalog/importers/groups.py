"""The level above categories: CATEGORY_MAPPING, as the LangGraph write-up of AnyTool has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.importers.record import key_form, kind
from catalog.models import Category, Tool
from catalog.store import Document

Groups = Mapping[str, str]
"""Category, in a form that forgives case and punctuation, to its group."""


def read_groups(value: JsonValue) -> Groups:
    """From {group: [categories]}, alone or under CATEGORY_MAPPING. Raises UnreadableDocument."""
    mapping = value.get("CATEGORY_MAPPING", value) if isinstance(value, dict) else value
    if not isinstance(mapping, dict):
        raise UnreadableDocument("CATEGORY_MAPPING", f"must be an object of groups, not {kind(mapping)}")
    groups: dict[str, str] = {}
    for group, categories in mapping.items():
        if not isinstance(categories, list):
            raise UnreadableDocument(f"CATEGORY_MAPPING.{group}", f"must be a list, not {kind(categories)}")
        for category in categories:
            if not isinstance(category, str):
                raise UnreadableDocument(f"CATEGORY_MAPPING.{group}", f"holds {kind(category)}, not a name")
            # A category stands in one group: the first that names it.
            groups.setdefault(_loose(category), group)
    return groups


def grouped(document: Document, groups: Groups) -> Document:
    """The same document, its categories put into groups; a group that it says itself stays."""
    categories: list[Category] = []

    def tools() -> Iterator[Tool]:
        names: dict[str, None] = {}
        for tool in document.tools:
            names[tool.category] = None
            yield tool
        said = {category.name: category for category in document.categories}
        for name in {**dict.fromkeys(said), **names}:
            category = said.get(name, Category(name=name))
            categories.append(category.model_copy(update={"group": category.group or groups.get(_loose(name))}))

    return replace(document, tools=tools(), categories=categories)


def _loose(name: str) -> str:
    return key_form(name).casefold()
