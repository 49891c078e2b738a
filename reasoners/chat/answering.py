"""The verb `answer` as a function: what the results mean, and which places in them that rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import JsonValue

from catalog.tokens import words
from reasoners.chat.asking import Checked, Task
from reasoners.chat.driver import Arguments, Function
from reasoners.chat.prompts import Prompt
from reasoners.chat.reading import distinct, names_in, objects_in, text_in, words_of
from reasoners.chat.showing import cut, data, day_line, layout, question, result_lines
from reasoners.grounding import Sources
from reasoners.projection import CUT
from reasoners.protocol import Answer, Result

_FORMER = 3_000  # characters of an answer that was refused
_REFUSED = 20  # of its words; those after them would mostly be more of the same
_AROUND = 40  # characters to either side of each


@dataclass(frozen=True)
class Refused:
    """What a former answer said though it stands in no result, and that answer."""

    words: tuple[str, ...] = ()
    former: str = ""


NOTHING_REFUSED = Refused()


def answering(
    prompts: Mapping[str, Prompt],
    query: str,
    results: Sequence[Result],
    *,
    refused: Refused = NOTHING_REFUSED,
    today: date,
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

    listed = data("results", result_lines(query, results))
    shown = layout(f"Results:\n{listed}", day_line(today), _corrected(refused), question(query))
    return Task(prompts["answer"], _FUNCTION, shown, check)


def _speaks_of_nothing(text: str, query: str, results: Sequence[Result]) -> bool:
    """Plain words that share none with the question, the APIs or what they said: talk, and no answer."""
    return not set(words(text)) & set(words(f"{query} {Sources(query, results).said}"))


def _corrected(refused: Refused) -> str:
    """What the try before got wrong. As data: the words may be those of a response that instructs."""
    if not refused.words:
        return ""
    former = f"Your answer before:\n{data('former', [cut(refused.former, _FORMER)])}\n" if refused.former else ""
    words = data("refused", [_in_place(words, refused.former) for words in refused.words[:_REFUSED]])
    return (
        f"{former}It was refused, as this stands in no result:\n{words}\n"
        "Write these as they stand in the results, or leave them out."
    )


def _in_place(words: str, former: str) -> str:
    """Refused words with those around them: a bare "21" says little."""
    at = former.find(words)
    if at < 0 or len(words) > _AROUND:
        return words
    start, end = max(0, at - _AROUND), at + len(words) + _AROUND
    around = " ".join(former[start:end].split())
    return f"{words} (in: {CUT if start else ''}{around}{CUT if end < len(former) else ''})"


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
