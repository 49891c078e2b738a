"""The verb `choose` as a function: an array whose `enum` holds what is offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reasoners.chat.asking import Checked, Task
from reasoners.chat.driver import Arguments, Function
from reasoners.chat.prompts import Prompt
from reasoners.chat.reading import Names, distinct, dropped, names_in, not_offered, text_in
from reasoners.chat.showing import data, layout, option_line, question, tried
from reasoners.protocol import ChoiceLevel, Chosen, Option

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
) -> Task[Chosen]:
    key = PLURAL[level]
    names = Names.of((o.id, o.title) for o in options)
    listed = data(key, (option_line(o) for o in options))

    def check(arguments: Arguments) -> Checked[Chosen]:
        given = names_in(arguments, key)
        if given is None:
            return Checked(None, f"`{key}` must be an array of names; it may be empty.")
        found, made_up = names.sort_out(given)
        chosen = Chosen(distinct(found)[:limit], dropped(text_in(arguments, "reason"), made_up))
        return Checked(chosen, not_offered(made_up, key))

    shown = layout(f"{key.capitalize()}:\n{listed}", tried(avoid), question(query))
    return Task(prompts[f"choose_{key}"], _function(key, names.ids, limit), shown, check)


def _function(key: str, ids: Sequence[str], limit: int) -> Function:
    return Function(
        f"choose_{key}",
        f"Name the {key} that help, best first, at most {limit}; none if none does.",
        {
            "reason": {"type": "string", "description": "One short sentence."},
            key: {"type": "array", "items": {"type": "string", "enum": list(ids)}},
        },
        (key,),
        rationale="reason",
    )
