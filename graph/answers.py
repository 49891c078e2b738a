"""Checks the form of a person's answers at the door: which questions, which fields. Values are checked by the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from catalog.errors import InvalidAnswer, QuestionClosed, ThreadBusy
from graph.requests import ResumeRequest
from graph.runs import ThreadRecord
from nodes.forms import unknown_fields
from nodes.steps import pointer_to

Answer = Mapping[str, JsonValue]
FILLED_IN = ("missing_parameters", "choose_api", "outcome_unknown")
"""Reasons for which the shorthand `params` is an answer; an approval wants an explicit action."""


def checked_answers(request: ResumeRequest, thread: ThreadRecord) -> Sequence[Answer]:
    """The answers, each for an open question and with fields of its form only.

    Raises ThreadBusy; InvalidAnswer; QuestionClosed where a question is not open.
    """
    if thread.status == "running":
        raise ThreadBusy(thread.thread_id)
    asked = open_requests(thread)
    if (request.responses is None) == (request.params is None):
        raise InvalidAnswer([("", 'Give either "responses" or "params".')])
    if request.params is not None:
        return [_shorthand(request.params, asked, thread)]
    answers = [response.model_dump() for response in request.responses or []]
    _refuse_closed(answers, asked, thread)
    _refuse_twice(answers)
    problems = [problem for i, a in enumerate(answers) for problem in _problems(a, asked, f"/responses/{i}/content")]
    if problems:
        raise InvalidAnswer(problems)
    return answers


def open_requests(thread: ThreadRecord) -> dict[str, Mapping[str, JsonValue]]:
    """The thread's open questions by id."""
    requests = (thread.body or {}).get("input_requests")
    if thread.status != "input_required" or not isinstance(requests, list):
        return {}
    return {str(request["id"]): request for request in requests if isinstance(request, dict)}


def _shorthand(
    params: Mapping[str, JsonValue], asked: Mapping[str, Mapping[str, JsonValue]], thread: ThreadRecord
) -> Answer:
    if not asked:
        raise QuestionClosed(thread.thread_id, [], [])
    if len(asked) > 1:
        raise InvalidAnswer([("/params", f'{len(asked)} questions are open: use "responses", with their ids.')])
    request_id, request = next(iter(asked.items()))
    if request["reason"] not in FILLED_IN:
        raise InvalidAnswer([("/params", 'This question wants an action: use "responses" with accept or decline.')])
    answer: Answer = {"id": request_id, "action": "accept", "content": dict(params)}
    if problems := _problems(answer, asked, "/params"):
        raise InvalidAnswer(problems)
    return answer


def _refuse_closed(
    answers: Sequence[Answer], asked: Mapping[str, Mapping[str, JsonValue]], thread: ThreadRecord
) -> None:
    closed = [str(answer["id"]) for answer in answers if answer["id"] not in asked]
    if closed:
        raise QuestionClosed(thread.thread_id, closed, list(asked))


def _refuse_twice(answers: Sequence[Answer]) -> None:
    ids = [answer["id"] for answer in answers]
    twice = [(f"/responses/{i}/id", "This question is answered twice.") for i, x in enumerate(ids) if x in ids[:i]]
    if twice:
        raise InvalidAnswer(twice)


def _problems(answer: Answer, asked: Mapping[str, Mapping[str, JsonValue]], pointer: str) -> list[tuple[str, str]]:
    """Fields that the question's form does not have."""
    schema, content = asked[str(answer["id"])]["schema"], answer["content"]
    if answer["action"] != "accept" or not isinstance(schema, dict) or not isinstance(content, dict):
        return []
    fields = schema.get("properties")
    known = ", ".join(fields) if isinstance(fields, dict) and fields else "none"
    unknown = unknown_fields(content, schema)
    return [(f"{pointer}{pointer_to(name)}", f"The question has no such field; it has: {known}.") for name in unknown]
