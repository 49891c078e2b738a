"""The verb `choose` as a function: an array whose `enum` holds what is offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from reasoners.chat.asking import Checked, Task
from reasoners.chat.driver import Arguments, Function
from reasoners.chat.prompts import Prompt
from reasoners.chat.reading import Names, distinct, dropped, names_in, not_offered, text_in, truth
from reasoners.chat.showing import data, layout, option_lines, question, tried
from reasoners.protocol import NOTHING_MORE, ChoiceLevel, Chosen, Look, More, Option

_FOUND = 20  # of what was found before: enough to see what is lacking
PLURAL: Mapping[ChoiceLevel, str] = {
    "group": "groups",
    "category": "categories",
    "tool": "tools",
    "api": "apis",
}


def choosing(
    prompts: Mapping[str, Prompt],
    query: str,
    options: Sequence[Option],
    *,
    level: ChoiceLevel,
    limit: int,
    avoid: str,
    more: More = NOTHING_MORE,
    found: Sequence[str] = (),
) -> Task[Chosen]:
    key = PLURAL[level]
    names = Names.of((o.id, o.title) for o in options)

    def check(arguments: Arguments) -> Checked[Chosen]:
        given = names_in(arguments, key)
        if given is None:
            return Checked(None, f"`{key}` must be an array of names; it may be empty.")
        known, made_up = names.sort_out(given)
        described, unknown = names.sort_out(names_in(arguments, "describe") or () if more.describe else ())
        reason, look = dropped(text_in(arguments, "reason"), made_up), _look(arguments, described, more)
        chosen = Chosen(distinct(known)[:limit], reason, look, len(made_up) + len(unknown))
        # Who looks at nothing and chooses nothing has not decided yet.
        undecided = "" if known or look else not_offered(unknown, "describe")
        return Checked(chosen, not_offered(made_up, key) or undecided)

    already = f"Found already; choose for what is still lacking:\n{data('found', found[:_FOUND])}" if found else ""
    shown = layout(_listed(key, options), already, tried(avoid), question(query))
    return Task(prompts[f"choose_{key}"], _function(key, names.ids, limit, more), shown, check)


def _listed(key: str, options: Sequence[Option]) -> str:
    """What is known of the options; where it is no more than their names, these stand in the function."""
    lines = option_lines(options)
    return f"{key.capitalize()}:\n{data(key, lines)}" if lines else ""


def _look(arguments: Arguments, described: Sequence[str], more: More) -> Look | None:
    """What the model asks to see, as far as there is anything to see."""
    wanted = Look(
        more.hidden > 0 and truth(arguments.get("next_page")),
        text_in(arguments, "search") if more.search else "",
        distinct(described),
    )
    return wanted if wanted != Look() else None


def _function(key: str, ids: Sequence[str], limit: int, more: More) -> Function:
    return Function(
        f"choose_{key}",
        f"Names the {key} that help{f', at most {limit}' if limit < len(ids) else ''}.",
        {
            "reason": {"type": "string"},
            key: {"type": "array", "items": {"type": "string", "enum": list(ids)}},
            **_looks(key, more),
        },
        (key,),
        rationale="reason",
    )


def _looks(key: str, more: More) -> dict[str, JsonValue]:
    """Ways to look further, each only where there is something to see. None is needed, and each costs a turn."""
    looks: dict[str, JsonValue] = {}
    if more.hidden:
        about = f"Only if a part that belongs here has nothing here: see more of {more.hidden} others. Costs a turn."
        looks["next_page"] = {"type": "boolean", "description": about}
    if more.search:
        looks["search"] = {"type": "string", "description": "Instead of next_page: other words to look for."}
    if more.describe:
        about = "Only if names do not tell: ids to read about before you decide. Costs a turn."
        looks["describe"] = {"type": "array", "items": {"type": "string"}, "description": about}
    return looks
