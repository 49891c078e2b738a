"""The verb `judge` as a function: yes or no, and a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from reasoners.chat.asking import Checked, Task
from reasoners.chat.driver import Arguments, Function
from reasoners.chat.prompts import Prompt
from reasoners.chat.reading import text_in
from reasoners.chat.showing import data, day_line, layout, pool_lines, question, result_lines
from reasoners.protocol import Candidate, JudgeQuestion, Result, Verdict

_ASKED: Mapping[JudgeQuestion, str] = {
    "grounded": "Judge: does everything that the answer states stand in the results?",
    "answers": "Judge: does the answer answer the question?",
    "pool_enough": "Judge: do the APIs listed suffice to answer the question?",
}


def judging(
    prompts: Mapping[str, Prompt],
    asked: JudgeQuestion,
    query: str,
    *,
    answer: str,
    results: Sequence[Result],
    pool: Sequence[Candidate],
    today: date,
) -> Task[Verdict]:
    shown = layout(
        f"APIs:\n{data('apis', pool_lines(pool))}" if pool else "",
        f"Results:\n{data('results', result_lines(query, results))}" if results else "",
        f"Answer:\n{data('answer', [answer])}" if answer else "",
        day_line(today),
        question(query),
        _ASKED[asked],
    )
    return Task(prompts["judge"], _FUNCTION, shown, _check)


def _check(arguments: Arguments) -> Checked[Verdict]:
    given = arguments.get("verdict")
    said = text_in(arguments, "verdict").strip(".!").casefold()
    yes = given if isinstance(given, bool) else {"yes": True, "true": True, "no": False, "false": False}.get(said)
    if yes is None:
        return Checked(None, '`verdict` must be "yes" or "no".')
    return Checked(Verdict(yes, text_in(arguments, "reason")))


_FUNCTION = Function(
    "judge",
    "Say yes or no, and why.",
    {
        "reason": {"type": "string", "description": "One sentence."},
        "verdict": {"type": "string", "enum": ["yes", "no"]},
    },
    ("verdict", "reason"),
    prose="verdict",
    rationale="reason",
)
