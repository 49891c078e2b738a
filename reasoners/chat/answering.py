"""The verb `answer` as a function: what the results mean, and which places in them that rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pydantic import JsonValue

from catalog.tokens import words
from reasoners.chat.asking import Checked, Task
from reasoners.chat.driver import Arguments, Function
from reasoners.chat.prompts import Prompt
from reasoners.chat.reading import distinct, names_in, objects_in, text_in, words_of
from reasoners.chat.showing import data, day_line, layout, question, result_lines
from reasoners.grounding import Sources
from reasoners.protocol import Answer, Result


def answering(
    prompts: Mapping[str, Prompt], query: str, results: Sequence[Result], *, wrong: Sequence[str], today: date
) -> Task[Answer]:
    responses = {r.step.id: r.response for r in results}

    def check(arguments: Arguments) -> Checked[Answer]:
        text = text_in(arguments, "answer")
        if not text:
            return Checked(None, "`answer` must be a text and may not be empty.")
        if "pointers" not in arguments and _speaks_of_nothing(text, query, results):
            return Checked(None, "These words speak neither of the question nor of a result.")
        uncovered = words_of(query, names_in(arguments, "uncovered") or ())
        return Checked(Answer(_naming(text, uncovered), _pointers(arguments, responses), uncovered))

    listed = data("results", result_lines(results))
    shown = layout(f"Results:\n{listed}", day_line(today), _corrected(wrong), question(query))
    return Task(prompts["answer"], _FUNCTION, shown, check)


def _speaks_of_nothing(text: str, query: str, results: Sequence[Result]) -> bool:
    """Plain words that share none with the question, the APIs or what they said: talk, and no answer."""
    return not set(words(text)) & set(words(f"{query} {Sources(query, results).said}"))


def _corrected(wrong: Sequence[str]) -> str:
    """What the try before got wrong."""
    if not wrong:
        return ""
    refused = data("refused", wrong)  # as data: the words may be those of a response that instructs
    return (
        f"Your answer before was refused, as it said what stands in no result:\n{refused}\nSay only what stands there."
    )


def _pointers(arguments: Arguments, responses: Mapping[str, JsonValue]) -> tuple[tuple[str, str], ...]:
    cited = [(_step(c), text_in(c, "pointer")) for c in objects_in(arguments, "pointers")]
    return distinct((s, p) for s, p in cited if s in responses and found_at(responses[s], p) is not None)


def _step(cited: Arguments) -> str:
    given = cited.get("step")
    return str(given) if isinstance(given, int) else text_in(cited, "step")


def found_at(document: JsonValue, pointer: str) -> JsonValue:
    """What stands in the document at a JSON pointer; None: nothing."""
    if pointer and not pointer.startswith("/"):
        return None
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and name in document:
            document = document[name]
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return None
    return document


def _naming(text: str, uncovered: Sequence[str]) -> str:
    """What was not covered is said, also where the model only listed it."""
    unsaid = [w for w in uncovered if w.casefold() not in text.casefold()]
    listed = ", ".join(f"“{w}”" for w in unsaid)
    return f"{text} Nothing that was found speaks of {listed}." if unsaid else text


_FUNCTION = Function(
    "give_answer",
    "Answer the question from the results.",
    {
        "answer": {"type": "string"},
        "pointers": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "step": {"type": "string"},
                    "pointer": {"type": "string", "description": "JSON pointer into that step's response."},
                },
                "required": ["step", "pointer"],
            },
        },
        "uncovered": {"type": "array", "items": {"type": "string"}},
    },
    ("answer", "pointers"),
    prose="answer",
)
