"""The graders at the end of the path: each yes, each no, and the no after it; the answer is marked in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from evals.oracle import Gold, Oracle
from evals.replies import Asked, Fault, Json, Reply
from evals.scripted_model import ScriptedModel
from graph.requests import QueryRequest, Response, ResumeRequest
from graph.services import Services

QUESTION = "Which item was ordered for 123456?"
ORDER = Gold("shop/orders/get_order", "shop/orders", "Shop", parameters={"order_id": "123456"})
CANCEL = Gold("shop/orders/cancel_order", "shop/orders", "Shop", parameters={"order_id": "123456"})
BOTH = "Which item was ordered for 123456, and how is the weather in Oslo?"
WEATHER = Gold("weather/meteo/current", "weather/meteo", "Weather", parameters={"place": "Oslo"})
ORACLE = Oracle(
    {
        QUESTION: [ORDER],
        BOTH: [ORDER, WEATHER],
        "Cancel order 123456": [CANCEL],
        "How is order 999 doing?": [ORDER],
    }
)

IN_OWN_WORDS: Json = {"answer": "Order 123456 will delight you: it brings a Herbal Handsoap.", "pointers": []}
MADE_UP: Json = {"answer": "Order 123456 has 88 soaps.", "pointers": []}
QUOTED: Json = {"answer": "The item is Herbal Handsoap.", "pointers": [{"step": "1", "pointer": "/items/0/name"}]}
YES: Json = {"verdict": "yes", "reason": "It does."}


def no(reason: str) -> Reply:
    return {"verdict": "no", "reason": reason}


def asks(asked: Asked) -> str:
    """The function; of the judge, what it is asked."""
    if asked.function_name != "judge":
        return asked.function_name
    return "grounded" if "does everything that the answer states" in asked.text else "answers"


def played(**replies: list[Reply]) -> Callable[[Asked], Reply]:
    """The oracle, but for what is given by function: each reply once, in order."""
    left = {name: list(given) for name, given in replies.items()}

    def behave(asked: Asked) -> Reply:
        mine = left.get(asks(asked))
        return mine.pop(0) if mine else ORACLE(asked)

    return behave


def chat(model: ScriptedModel) -> dict[str, str]:
    return {"reasoner": "chat", "model": "scripted", "openai_base_url": model.url, "openai_api_key": "sk-secret-key"}


async def ask(services: Services, query: str = QUESTION, **options: Any) -> tuple[Any, list[tuple[str, bool]]]:
    """The answer, and what each grader said, in order."""
    request = QueryRequest.model_validate({"query": query, "options": options})
    body: Any = await services.runs.ask(request, tenant="default")
    trace: Any = await services.runs.trace(body["thread_id"], tenant="default")
    return body, [(check["check"], check["passed"]) for check in trace["answer_checks"]]


def after_the_pool(model: ScriptedModel) -> list[str]:
    named = [asks(asked) for asked in model.requests]
    return named[named.index("give_answer") :]


async def test_an_answer_made_of_quotes_is_judged_once(start: Any) -> None:
    with ScriptedModel(played(give_answer=[QUOTED])) as model:
        async with start(**chat(model)) as services:
            body, checks = await ask(services)
            assert (body["status"], body["warnings"], body["stopped_by"]) == ("completed", [], None)
            assert checks == [("grounded", True), ("answers", True)]
            assert after_the_pool(model) == ["give_answer", "answers"], "comparing was enough to find it grounded"


async def test_an_answer_in_words_of_its_own_is_read_by_a_model(start: Any) -> None:
    with ScriptedModel(played(give_answer=[IN_OWN_WORDS])) as model:
        async with start(**chat(model)) as services:
            body, checks = await ask(services)
            assert "delight" in body["answer"] and body["warnings"] == []
            assert checks == [("grounded", True), ("answers", True)]
            assert after_the_pool(model) == ["give_answer", "grounded", "answers"]


async def test_a_number_that_no_response_holds_leads_to_one_new_try_that_is_told_what_was_wrong(start: Any) -> None:
    with ScriptedModel(played(give_answer=[MADE_UP, QUOTED])) as model:
        async with start(**chat(model)) as services:
            body, checks = await ask(services)
            assert (body["answer"], body["warnings"]) == (QUOTED["answer"], [])
            assert checks == [("grounded", False), ("grounded", True), ("answers", True)]
            first, second = [asked.text for asked in model.requests if asked.function_name == "give_answer"]
            assert "refused" not in first
            assert f'Your answer before:\n<data kind="former">\n{MADE_UP["answer"]}\n</data>' in second
            assert '<data kind="refused">\n88 (in: Order 123456 has 88 soaps.)\n</data>' in second


async def test_a_models_no_leads_to_one_new_try_too(start: Any) -> None:
    reason = "No result says that it delights anyone."
    with ScriptedModel(played(give_answer=[IN_OWN_WORDS, QUOTED], grounded=[no(reason)])) as model:
        async with start(**chat(model)) as services:
            body, checks = await ask(services)
            assert (body["answer"], body["warnings"]) == (QUOTED["answer"], [])
            assert checks == [("grounded", False), ("grounded", True), ("answers", True)]
            assert reason in [asked.text for asked in model.requests if asked.function_name == "give_answer"][1]


@pytest.mark.parametrize(
    ("replies", "warning"),
    [
        ({"give_answer": [MADE_UP, MADE_UP], "answers": [YES]}, "Not in any response, so do not rely on it: 88."),
        (
            {"give_answer": [IN_OWN_WORDS, IN_OWN_WORDS], "grounded": [no("Delight?"), no("Delight!")]},
            "It may say what no response says: Delight!",
        ),
    ],
)
async def test_a_second_no_marks_the_answer_and_no_third_try_is_made(
    start: Any, replies: dict[str, list[Reply]], warning: str
) -> None:
    with ScriptedModel(played(**replies)) as model:
        async with start(**chat(model)) as services:
            body, checks = await ask(services)
            assert (body["status"], body["warnings"]) == ("completed", [warning])
            assert checks == [("grounded", False), ("grounded", False), ("answers", True)]
            assert after_the_pool(model).count("give_answer") == 2


async def test_an_answer_that_does_not_answer_opens_another_round_that_is_told_why(start: Any, upstream: Any) -> None:
    reason = "It does not say which item."
    with ScriptedModel(played(answers=[no(reason)])) as model:
        async with start(**chat(model)) as services:
            body, checks = await ask(services, strategy="fan_out")
            assert (body["status"], body["rounds"], body["stopped_by"]) == ("completed", 2, None)
            assert body["warnings"] == [f"It may not answer the question: {reason}"]
            assert checks == [("grounded", True), ("answers", False)], "nothing new was found: nothing is judged anew"
            later = model.requests[[asks(a) for a in model.requests].index("answers") + 1 :]
            assert f"{reason} Called so far: shop/orders/get_order." in later[0].text


async def test_a_mark_goes_with_the_answer_that_it_is_of(start: Any, upstream: Any) -> None:
    upstream.answers["GET /weather/Oslo"] = (500, {"error": "No weather today."})
    quoted = {**QUOTED, "pointers": [{"step": "3", "pointer": "/items/0/name"}]}
    with ScriptedModel(played(give_answer=[MADE_UP, MADE_UP, quoted], answers=[no("88?")])) as model:
        async with start(**chat(model)) as services:
            body, checks = await ask(services, BOTH, strategy="fan_out")
            assert (body["answer"], body["rounds"], body["warnings"]) == (QUOTED["answer"], 2, [])
            assert [passed for _, passed in checks] == [False, False, False, True, True]


async def test_a_no_in_the_last_round_marks_the_answer(start: Any) -> None:
    with ScriptedModel(played(answers=[no("It does not say which item.")])) as model:
        async with start(**chat(model)) as services:
            body, checks = await ask(services, max_rounds=1)
            assert (body["status"], body["rounds"], body["stopped_by"]) == ("completed", 1, "max_rounds")
            assert body["warnings"] == ["It may not answer the question: It does not say which item."]
            assert checks == [("grounded", True), ("answers", False)]


async def test_what_changed_something_is_not_tried_by_other_means(start: Any, upstream: Any) -> None:
    with ScriptedModel(played(answers=[no("Nobody asked for that.")])) as model:
        async with start(**chat(model)) as services:
            asked, _ = await ask(services, "Cancel order 123456")
            responses = [Response(id=asked["input_requests"][0]["id"], action="accept")]
            body = await services.runs.resume(asked["thread_id"], ResumeRequest(responses=responses), tenant="default")
            assert (body["status"], body["rounds"], body["stopped_by"]) == ("completed", 1, None)
            assert body["warnings"] == ["It may not answer the question: Nobody asked for that."]
            assert upstream.sent("DELETE") == ["/orders/123456"]


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        ({"give_answer": [IN_OWN_WORDS], "grounded": [Fault(400)]}, "Whether the answer is grounded was not judged."),
        ({"answers": [Fault(400)]}, "The answer was not judged."),
    ],
)
async def test_a_grader_whose_model_fails_says_nothing(start: Any, replies: dict[str, list[Reply]], said: str) -> None:
    with ScriptedModel(played(**replies)) as model:
        async with start(**chat(model)) as services:
            body, _ = await ask(services)
            assert (body["status"], body["stopped_by"]) == ("completed", None)
            (warning,) = body["warnings"]
            assert warning.startswith(said)


async def test_an_answer_that_had_to_do_without_the_model_is_not_judged_by_it(start: Any) -> None:
    with ScriptedModel(played(give_answer=[Fault(400)])) as model:
        async with start(**chat(model)) as services:
            body, checks = await ask(services)
            assert "Herbal Handsoap" in body["answer"]
            assert body["warnings"][0].startswith("Composed without the model.")
            assert checks == [("grounded", True)] and after_the_pool(model) == ["give_answer"]


async def test_a_budget_that_ends_at_a_grader_leaves_the_answer_as_it_is(start: Any) -> None:
    with ScriptedModel(played(give_answer=[IN_OWN_WORDS])) as model:
        async with start(**chat(model)) as services:
            full, _ = await ask(services)
    for missing in (1, 2):
        with ScriptedModel(played(give_answer=[IN_OWN_WORDS])) as model:
            async with start(**chat(model), cache_seconds=0) as services:
                body, checks = await ask(services, max_llm_calls=full["usage"]["llm_calls"] - missing)
                assert (body["status"], body["stopped_by"]) == ("completed", "max_llm_calls")
                assert body["answer"] == IN_OWN_WORDS["answer"] and checks == [("grounded", True)]


async def test_without_a_model_both_graders_speak_and_no_try_is_repeated(services: Services) -> None:
    body, checks = await ask(services)
    assert (body["status"], checks) == ("completed", [("grounded", True), ("answers", True)])


@pytest.mark.parametrize("limits", [{}, {"max_llm_calls": 8}])
async def test_an_answer_that_was_refused_is_told_and_marked_where_the_next_round_cannot_be_had(
    start: Any, limits: dict[str, Any]
) -> None:
    refused = []

    def behave(asked: Asked) -> Reply:
        if asks(asked) == "answers":
            refused.append(asked)
            return no("Nothing is said of its price.")
        return Fault(500) if refused and asked.function_name.startswith("choose_") else ORACLE(asked)

    with ScriptedModel(behave) as model:
        async with start(**chat(model), cache_seconds=0) as services:
            body, _ = await ask(services, strategy="fan_out", **limits)
            assert (body["status"], body["rounds"]) == ("completed", 2) and "Herbal Handsoap" in body["answer"]
            marked, problem = body["warnings"]
            assert marked == "It may not answer the question: Nothing is said of its price."
            assert problem.startswith("The catalog was not searched further: ")
