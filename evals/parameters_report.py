"""The report of filled parameters: what was counted, as shares of what there was to be right."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from evals.extraction_figures import Figures, Tally
from evals.function_calls import Item as Asked
from evals.report import ALL, Item, Report, report_of

SHARES: Mapping[str, tuple[str, str]] = {
    "values right": ("sent_right", "sent"),
    "confirm right": ("shown_right", "shown"),
    "required found": ("required_right", "required"),
    "calls right": ("calls_right", "calls"),
    "false asks": ("false_asks", "calls"),
    "invented": ("invented", "tried"),
    "nothing fits": ("idle_ready", "idle"),
    "failed": ("failed", "tried"),
}
"""By measure: the count, and that of which it is a share."""
WRONG = ("failed", "sent_wrong", "false_asks", "invented", "right_dropped")
"""Kinds of notes that say what is wrong with an item."""


def tallied(tally: Tally, about: Mapping[str, JsonValue], stopped: str) -> Report:
    """The report of what was counted."""
    counts = {ALL: tally.overall.told(), **{name: figures.told() for name, figures in tally.sets.items()}}
    items = [_item(asked, figures) for asked, figures in tally.items.values()]
    told = {**about, **_spent(tally.overall)}
    return report_of("parameters", items, about=told, shown=tuple(SHARES), counts=counts, stopped=stopped)


def _item(asked: Asked, figures: Figures) -> Item:
    counts = figures.counts
    kept = {measure: pair for measure, pair in SHARES.items() if counts[pair[1]]}
    wrong = [(kind, note) for kind in WRONG for note in figures.examples.get(kind, [])]
    right = (f"{name}: {list(right.values)}" for call in asked.calls for name, right in (call.arguments or {}).items())
    return Item(
        id=asked.id,
        set=asked.set,
        query=asked.query,
        scores={measure: float(counts[part]) for measure, (part, _) in kept.items()},
        of={measure: float(counts[whole]) for measure, (_, whole) in kept.items() if counts[whole] != 1},
        expected=tuple(right) if wrong else (),
        found=tuple(f"{kind.replace('_', ' ')}: {note.removeprefix(f'{asked.id}: ')}" for kind, note in wrong),
    )


def _spent(figures: Figures) -> dict[str, JsonValue]:
    """What the model took; nothing where none was asked."""
    if not figures.counts["model_calls"]:
        return {}
    cost = "unknown" if figures.cost_usd is None else round(figures.cost_usd, 4)
    return {
        "model calls": figures.counts["model_calls"],
        "tokens in": "unknown" if figures.input_tokens is None else figures.input_tokens,
        "tokens out": "unknown" if figures.output_tokens is None else figures.output_tokens,
        "cost in USD": cost,
        "answers that could not be read": figures.counts["malformed"],
    }
