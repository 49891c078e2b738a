"""A response in plain words: what it is about, its facts, its lists with counts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from reasoners.offline.facts import MAIN, Fact, Words, facts, interest, matches, opened, readable, shown
from reasoners.protocol import Result
from reasoners.words import name_words

FACTS_SHOWN = 6
"""More reads as a dump; the response itself is always beside the answer."""
CONTEXT_SHOWN = 3
"""Facts beside those that were asked for."""
ASKED_SCORE = 2.0
ITEMS_SHOWN = 5
ITEMS_READ = 60
"""A nearer item beyond these is not looked for: a response's first page is in its own order."""
ITEM_FACTS = 3
PART_LIMIT = 1_200
CURRENCIES = ("to_currency", "target_currency", "currency", "currency_code")
COUNTS = frozenset({"count", "total", "total_count", "total_results"})
LABELS = frozenset({"name", "title", "label", "headline", "subject", "word"})
MONEY = frozenset({"total", "price", "amount", "cost", "fee", "sum", "balance", "subtotal", "result", "converted"})


@dataclass
class Said:
    """A text that grows, and the pointers of what it quotes."""

    text: str = ""
    pointers: list[str] = field(default_factory=list)
    whole: Mapping[str, int] = field(default_factory=dict)
    """How many there are in truth, where the response was cut."""


def tell(question: str, result: Result, words: Words) -> Said:
    """The response of a result that worked, in words."""
    said = Said(whole=result.omitted)
    pointer, node = opened(result.response)
    if isinstance(node, Mapping) and node:
        said.text = f"{subject(result, node)}: {_object(node, pointer, question, words, said, result)}"
    elif isinstance(node, list):
        said.text = _list(node, pointer, question, words, said, subject(result, None))
    elif node is None or node == "" or node == {}:
        said.text = _nothing(result)
    else:
        said.text = f"{subject(result, None)}: {shown(node)}"
        said.pointers.append(pointer)
    return Said(_ended(_shortened(said.text)), said.pointers)


def subject(result: Result, node: Mapping[str, JsonValue] | None) -> str:
    """What the facts are about: "Order 123456", "Berlin", or what was called."""
    sent = [(name, value) for name, value in result.parameters.items() if isinstance(value, str | int) and value != ""]
    for name, value in sent:
        words = name_words(name)
        if words and words[-1] in ("id", "number", "no", "code") and len(words) > 1 and not isinstance(value, bool):
            return f"{' '.join(words[:-1]).capitalize()} {value}"
    required = [parameter.name for parameter in result.api.required]
    named = [value for name, value in sent if name in required and isinstance(value, str)]
    if len(required) == 1 and len(named) == 1 and len(named[0]) <= 60:
        return f"{_matter(result.api.label)} ({named[0]})"
    return _matter(result.api.label)


def _matter(label: str) -> str:
    """The label without the verb of looking: "Get current weather" is about current weather."""
    bare = LOOKING.sub("", readable(label) if "_" in label else label)
    return _sentence(bare or label)


LOOKING = re.compile(
    r"^(?:get|show|list|fetch|look up|find|retrieve|search(?: for)?)\s+(?:(?:all|an?|the|my)\s+)?", re.I
)


def _sentence(label: str) -> str:
    text = readable(label) if "_" in label or label.islower() else label.strip().rstrip(".")
    return text[:1].upper() + text[1:]


def _object(
    node: Mapping[str, JsonValue], pointer: str, question: str, words: Words, said: Said, result: Result
) -> str:
    """What was asked for first, then what identifies the thing, then the rest in the response's order."""
    money = next((str(node[key]) for key in CURRENCIES if isinstance(node.get(key), str)), "")
    counts = {len(child) for child in node.values() if isinstance(child, list)}
    ranked = facts(node, pointer, interest(question, words, " ".join(name_words(result.api.tool_name))))
    ranked = [fact for fact in ranked if not _needless(fact, result, counts, money)]
    asked = [fact for fact in ranked if fact.score >= ASKED_SCORE][:FACTS_SHOWN]
    others = [fact for fact in ranked if fact not in asked][: CONTEXT_SHOWN if asked else FACTS_SHOWN]
    chosen = [*asked, *sorted(others, key=lambda fact: (fact.key not in LABELS, fact.at))]
    lists = [fact for fact in ranked if isinstance(fact.value, list)]
    if lists and not any(isinstance(fact.value, list) for fact in chosen):
        chosen.append(lists[0])
    return "; ".join(_fact(fact, question, words, said, money) for fact in chosen) or "no details"


def _needless(fact: Fact, result: Result, counts: set[int], money: str) -> bool:
    """A value that was sent under this name, a count of what is listed, a currency that stands behind its amount."""
    key = fact.key.replace(" ", "_")
    if key in CURRENCIES and money:
        return True
    if key in COUNTS and fact.value in counts:
        return True
    sent = result.parameters.get(key)
    return sent is not None and (sent == fact.value or str(sent).casefold() == str(fact.value).casefold())


def _fact(fact: Fact, question: str, words: Words, said: Said, money: str = "") -> str:
    if isinstance(fact.value, list):
        return _values(fact, question, words, said)
    said.pointers.append(fact.pointer)
    unit = f" {money}" if money and set(fact.key.split()) & MONEY and isinstance(fact.value, int | float) else ""
    text = shown(fact.value)
    return f"{fact.key}: {text}" if " " in text or isinstance(fact.value, bool) else f"{fact.key} {text}{unit}"


def _values(fact: Fact, question: str, words: Words, said: Said) -> str:
    values = fact.value if isinstance(fact.value, list) else []
    if not values:
        said.pointers.append(fact.pointer)
        return f"{fact.key}: none"
    return f"{fact.key}: {_items(values, fact.pointer, question, words, said, ', ')}"


def _list(node: list[JsonValue], pointer: str, question: str, words: Words, said: Said, about: str) -> str:
    if not node:
        said.pointers.append(pointer)
        return f"{about}: nothing was found, the list is empty"
    return f"{about}: {_items(node, pointer, question, words, said, '; ')}"


def _items(values: Sequence[JsonValue], pointer: str, question: str, words: Words, said: Said, mark: str) -> str:
    """The items nearest to the question first, else in their order; how many of how many where some are left out."""
    asked = frozenset(words(question))
    order = sorted(range(min(len(values), ITEMS_READ)), key=lambda at: -matches(values[at], asked, words))
    picked = order[:ITEMS_SHOWN]
    parts = [_item(values[at], f"{pointer}/{at}", question, words, said) for at in picked]
    total = max(len(values), said.whole.get(pointer, 0))
    left_out = f" ({len(picked)} of {total} shown)" if total > len(picked) else ""
    return (mark.join(part for part in parts if part) or "no details") + left_out


def _item(value: JsonValue, pointer: str, question: str, words: Words, said: Said) -> str:
    if isinstance(value, list):
        said.pointers.append(pointer)
        return f"{len(value)} {'entry' if len(value) == 1 else 'entries'}"
    if value is None:
        return ""
    if not isinstance(value, Mapping):
        said.pointers.append(pointer)
        return shown(value)
    ranked = [fact for fact in facts(value, pointer, interest(question, words)) if not isinstance(fact.value, list)]
    label = next((fact for word in MAIN for fact in ranked if fact.key.split()[-1:] == [word] and word in LABELS), None)
    label = label or (ranked[0] if ranked else None)
    if label is None:
        return ""
    others = sorted((fact for fact in ranked if fact is not label), key=_identifying)[:ITEM_FACTS]
    said.pointers.append(label.pointer)
    details = ", ".join(_fact(fact, question, words, said) for fact in others)
    name = shown(label.value) if label.key.split()[-1] in LABELS else f"{label.key} {shown(label.value)}"
    return f"{name} ({details})" if details else name


def _identifying(fact: Fact) -> tuple[float, int]:
    """Asked first; then ids and counts, by which a person can go on."""
    last = fact.key.split()[-1] if fact.key else ""
    return -(fact.score + (0.5 if last in ("id", "quantity", "status") else 0)), fact.at


def _nothing(result: Result) -> str:
    if result.api.risk == "mutating":
        return f"{_sentence(result.api.label)}: done. The API gave no further details"
    return f"{_sentence(result.api.label)}: the API answered, but with nothing in it"


def _shortened(text: str) -> str:
    return text if len(text) <= PART_LIMIT else text[: PART_LIMIT - 1].rsplit(" ", 1)[0] + "…"


def _ended(text: str) -> str:
    return text if text.endswith((".", "…", "!", "?")) else f"{text}."
