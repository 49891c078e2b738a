"""Catalogs of any size, to measure speed with: the texts of another one, with half of their words drawn anew."""

from __future__ import annotations

import gzip
import json
import math
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pydantic import JsonValue

from catalog.models import Api, Parameter, Tool
from evals.synthetic_words import patterns

SEED = 0  # the same size from the same texts is the same catalog
DRAWN = 0.5
"""Share of words that are drawn anew, each as often as it stands in the texts: so lengths and frequencies stay."""
COINED = 0.02
"""Of these, how many stand nowhere yet: the larger a catalog, the more words it has."""
SYLLABLES = re.findall("..", "bacedifoguhakilomunapequrasotavexiyozubricledroflagrestovelmaren")
WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass
class _Mixer:
    """Draws words."""

    words: Sequence[str]
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - no secret

    def mixed(self, text: str) -> str:
        return WORD.sub(self._other, text)

    def coined(self) -> str:
        return "".join(self.chance.choices(SYLLABLES, k=3))

    def _other(self, found: re.Match[str]) -> str:
        drawn = self.chance.random()
        if drawn >= DRAWN:
            return found[0]
        return self.coined() if drawn < DRAWN * COINED else self.chance.choice(self.words)


def records(apis: int, tools: Iterable[Tool] = ()) -> Iterator[dict[str, JsonValue]]:
    """So many APIs, one by one, as `catalog import` takes them. Their texts vary those of `tools`, or our own."""
    kept = list(tools) or list(patterns())
    mixer = _Mixer([word for tool in kept for word in _words(tool)])
    # Categories grow more slowly than what is in them, by the root.
    spread = max(1, round(math.sqrt(apis / sum(len(tool.apis) for tool in kept))))
    return islice(_endless(kept, mixer, spread), apis)


def _endless(tools: Sequence[Tool], mixer: _Mixer, spread: int) -> Iterator[dict[str, JsonValue]]:
    number = 0
    while True:
        number += 1
        tool = mixer.chance.choice(tools)
        share = mixer.chance.randrange(spread)
        category = f"{tool.category} {share + 1}" if spread > 1 else tool.category
        about: dict[str, JsonValue] = {
            "category_name": category,
            "tool_name": f"{mixer.coined().capitalize()} {mixer.mixed(tool.name)}",
            "tool_description": mixer.mixed(tool.description),
        }
        for place, api in enumerate(tool.apis):
            yield {"id": f"{category}/tool{number}/api{place}", **about, **_api(api, number, place, mixer)}


def _api(api: Api, number: int, place: int, mixer: _Mixer) -> dict[str, JsonValue]:
    return {
        "api_name": mixer.mixed(api.name),
        "api_description": mixer.mixed(api.description),
        "required_parameters": [_parameter(one, mixer) for one in api.parameters if one.required],
        "optional_parameters": [_parameter(one, mixer) for one in api.parameters if not one.required],
        "method": "GET",
        "api_url": f"https://t{number}.example.com/a{place}",
    }


def _parameter(parameter: Parameter, mixer: _Mixer) -> JsonValue:
    description = mixer.mixed(parameter.description)
    return {"name": parameter.name, "type": parameter.type.upper(), "description": description, "in": "query"}


def _words(tool: Tool) -> Iterator[str]:
    texts = [tool.name, tool.description]
    for api in tool.apis:
        texts += [api.name, api.description, *(parameter.description for parameter in api.parameters)]
    return (found[0] for text in texts for found in WORD.finditer(text))


def write(path: Path, apis: int, tools: Iterable[Tool] = ()) -> None:
    """As JSON lines; gzip, where the name ends so."""
    zipped = path.suffix == ".gz"
    with gzip.open(path, "wt", 1, encoding="utf-8") if zipped else path.open("w", encoding="utf-8") as file:
        for record in records(apis, tools):
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
