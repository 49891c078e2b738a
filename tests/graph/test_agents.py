"""The agents on a catalog of 800 APIs: what each is shown, how far they look, and which way a question takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalog.importing import import_document
from evals.gold import Gold
from evals.oracle import Oracle
from evals.replies import Asked, Fault, Reply
from evals.scenarios import Scenario, scenario_named
from evals.scripted_model import ScriptedModel
from graph.requests import QueryRequest, Response, ResumeRequest
from graph.services import open_services
from graph.settings import Settings

PLACES = ("Garden", "Kitchen", "Harbour", "Theatre", "Library", "Workshop", "Stadium", "Bakery")
DEEDS = ("open", "close", "clean", "paint", "lend", "count", "move", "repair", "measure", "sell")
THINGS = ("ladder", "curtain", "lamp", "bench", "carpet", "bucket", "mirror", "clock", "basket", "drawer")


def gold(place: str, thing: str, deed: str) -> Gold:
    tool = f"{place.lower()}/{place.lower()}_{thing}"
    return Gold(f"{tool}/{deed}_{thing}", tool, place)


LENT, REPAIRED = gold("Garden", "ladder", "lend"), gold("Theatre", "lamp", "repair")
QUESTION = "Who can lend me something to climb up, and mend what gives light on the stage?"
VAGUE = "Something to climb, and light on the stage: lend, repair, paint, count, sell?"
PLAIN = "Lend a ladder of the garden"
CLOSE = "Paint or lend a ladder?"
ANSWERS = {QUESTION: [LENT, REPAIRED], VAGUE: [LENT, REPAIRED], PLAIN: [LENT], CLOSE: [LENT]}
LONG = "what it holds, who looks after it, when it is open, and what may be borrowed there, by whom and for how long"
Ask = Callable[..., Any]


def house() -> dict[str, Any]:
    return {
        "format": "switchboard",
        "version": 1,
        "categories": [{"name": place, "description": f"All of the {place.lower()}: {LONG}"} for place in PLACES],
        "tools": [tool(place, thing) for place in PLACES for thing in THINGS],
    }


def tool(place: str, thing: str) -> dict[str, Any]:
    name = f"{place.lower()}_{thing}"
    apis = [
        {
            "name": f"{deed}_{thing}",
            "method": "GET",
            "path": f"/{name}/{deed}",
            "description": f"{deed.capitalize()} a {thing} of the {place.lower()}.",
        }
        for deed in DEEDS
    ]
    return {"name": name, "category": place, "url": "http://127.0.0.1:9", "apis": apis}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house")


@pytest.fixture
async def ask(data: Path) -> Any:
    """Asks a question of the service whose model behaves as told; gives the answer, its trace and what was asked."""

    async def asked(
        query: str, behaviour: Any, *, soft_llm_calls: int | None = None, **options: Any
    ) -> tuple[Any, Any, list[Asked]]:
        with ScriptedModel(behaviour) as model:
            settings = Settings(
                _env_file=None,  # type: ignore[call-arg]
                data_dir=data,
                reasoner="chat",
                model="scripted",
                openai_base_url=model.url,
                openai_api_key="none",  # type: ignore[arg-type]
                cache_seconds=0,
                soft_llm_calls=soft_llm_calls,
            )
            async with open_services(settings) as services:
                if not (await services.catalog.stats()).apis:
                    await import_document(services.catalog, house(), format="switchboard", source="house")
                    await services.index.sync()
                request = QueryRequest.model_validate({"query": query, "options": {"dry_run": True, **options}})
                body: Any = await services.runs.ask(request, tenant="default")
                while body["status"] == "input_required":
                    yes = [Response(id=asked["id"], action="accept") for asked in body["input_requests"]]
                    body = await services.runs.resume(body["thread_id"], ResumeRequest(responses=yes), tenant="default")
                trace: Any = await services.runs.trace(body["thread_id"], tenant="default")
                return body, trace, list(model.requests)

    return asked


def oracle(scenario: str = "perfect") -> Oracle:
    return Oracle(ANSWERS, scenario=scenario_named(scenario))


def functions(requests: list[Asked]) -> list[str]:
    return [asked.function_name for asked in requests]


def agents(trace: Any, number: int = 0) -> dict[str, Any]:
    return {agent["agent"]: agent for agent in trace["rounds"][number]["agents"]}


def planned(trace: Any) -> set[str]:
    return {step["api_id"] for step in trace["plan"]}


def key_of(asked: Asked) -> str:
    return asked.function_name.removeprefix("choose_")


def enum(asked: Asked) -> list[str]:
    argument: Any = asked.properties[key_of(asked)]
    return list(argument["items"]["enum"])


async def test_every_level_is_asked_with_the_catalogs_own_names_and_the_question_as_it_was_put(ask: Ask) -> None:
    body, trace, requests = await ask(QUESTION, oracle(), strategy="fan_out")
    assert body["strategy"] == "fan_out"
    assert functions(requests)[:5] == ["choose_categories", *["choose_tools"] * 2, *["choose_apis"] * 2]
    categories, *tools = [enum(asked) for asked in requests[:3]]
    assert sorted(categories) == sorted(PLACES)
    assert {name.partition("/")[0] for names in tools for name in names} == {"garden", "theatre"}
    assert all(QUESTION in asked.text for asked in requests)
    assert planned(trace) == {LENT.api_id, REPAIRED.api_id}


async def test_a_sure_index_needs_no_model_to_find(ask: Ask) -> None:
    body, trace, requests = await ask(PLAIN, oracle())
    assert body["strategy"] == "index"
    assert functions(requests)[0] == "plan_calls"
    assert trace["rounds"][0]["reason"]


async def test_where_the_index_is_close_its_best_are_read_in_one_turn(ask: Ask) -> None:
    body, trace, requests = await ask(CLOSE, oracle())
    assert body["strategy"] == "rerank"
    assert functions(requests)[:2] == ["choose_apis", "plan_calls"]
    assert agents(trace)["rerank"]["chosen"] == [LENT.api_id]
    assert body["pool"][0]["api_id"] == LENT.api_id, "what was read stands above what was matched"
    assert planned(trace) == {LENT.api_id}


async def test_what_the_index_did_not_find_is_searched_by_the_agents_in_the_same_round(ask: Ask) -> None:
    behave = oracle()

    def unsatisfied(asked: Asked) -> Reply:
        if asked.function_name == "choose_apis" and len(enum(asked)) > 10 and "next_page" in asked.properties:
            return {"apis": [], "reason": "Nothing to climb.", "next_page": True}
        return behave(asked)

    body, trace, requests = await ask(CLOSE, unsatisfied)
    assert body["strategy"] == "fan_out" and body["rounds"] == 1
    assert functions(requests)[:2] == ["choose_apis", "choose_categories"]
    assert agents(trace)["rerank"]["enough"] is False
    assert "Nothing to climb." in trace["rounds"][0]["reason"]
    assert planned(trace) == {LENT.api_id}


async def test_where_the_index_tells_nothing_apart_no_turn_is_lost_on_its_best(ask: Ask) -> None:
    body, trace, requests = await ask(VAGUE, oracle())
    assert body["strategy"] == "fan_out"
    assert functions(requests)[0] == "choose_categories"
    assert "nearly alike" in trace["rounds"][0]["reason"]


async def test_index_and_fan_out_force_either_end(ask: Ask) -> None:
    body, _, requests = await ask(VAGUE, oracle(), strategy="index")
    assert body["strategy"] == "index" and functions(requests)[0] == "plan_calls"
    body, _, requests = await ask(PLAIN, oracle(), strategy="fan_out")
    assert body["strategy"] == "fan_out" and functions(requests)[0] == "choose_categories"


@pytest.mark.parametrize("level", ["categories", "tools", "apis"])
async def test_what_was_missed_on_a_level_is_found_in_the_second_round(ask: Ask, level: str) -> None:
    behave = Oracle(ANSWERS, scenario=Scenario(misses=level, miss_rate=1.0))  # type: ignore[arg-type]
    body, trace, _ = await ask(QUESTION, behave, strategy="fan_out")
    assert body["rounds"] == 2
    assert {LENT.api_id, REPAIRED.api_id} <= {entry["api_id"] for entry in body["pool"]}
    assert {step["api_id"] for step in trace["plan"] if step["round"] == 2} == {LENT.api_id, REPAIRED.api_id}


async def test_a_second_round_opens_in_one_go_all_that_may_help(ask: Ask) -> None:
    behave = Oracle(ANSWERS, scenario=Scenario(misses="apis", miss_rate=1.0))
    _, trace, _ = await ask(QUESTION, behave, strategy="fan_out")
    first, second = agents(trace, 0), agents(trace, 1)
    assert not {LENT.api_id, REPAIRED.api_id} & {name for agent in first.values() for name in agent["chosen"]}
    assert {"tool:garden/garden_ladder", "tool:theatre/theatre_lamp"} <= set(second), "the same tools again"
    assert {"category:Garden", "category:Theatre"} <= set(second), "other tools of the same categories"
    assert LENT.tool_id not in second["category:Garden"]["offered"]
    assert not {"Garden", "Theatre"} & set(second["meta"]["offered"]), "and other categories"


async def test_a_pause_in_the_second_round_offers_no_tool_again_that_the_first_looked_into(ask: Ask) -> None:
    behave = Oracle(ANSWERS, scenario=Scenario(misses="apis", miss_rate=1.0))
    _, trace, _ = await ask(QUESTION, behave, strategy="fan_out", dry_run=False, soft_llm_calls=2)
    second = agents(trace, 1)
    assert LENT.tool_id not in second["category:Garden"]["offered"]
    assert REPAIRED.tool_id not in second["category:Theatre"]["offered"]


async def test_a_plan_of_the_first_round_stands_where_the_second_cannot_be_had(ask: Ask) -> None:
    behave, seen = oracle(), []

    def half(asked: Asked) -> Reply:
        seen.append(asked.function_name)
        if asked.function_name == "plan_calls" and seen.count("plan_calls") == 1:
            return {"apis": [LENT.api_id], "reason": "One of two.", "enough": "no"}
        return Fault(400) if "plan_calls" in seen and asked.function_name.startswith("choose_") else behave(asked)

    body, _, _ = await ask(QUESTION, half, strategy="fan_out")
    assert body["status"] == "completed"
    assert [call["api_id"] for call in body["calls"]] == [LENT.api_id]
    assert any("not searched further" in warning for warning in body["warnings"])


async def test_no_prompt_of_an_agent_outgrows_its_page(ask: Ask) -> None:
    _, _, requests = await ask(QUESTION, oracle("wrong-tools"), strategy="fan_out")
    chosen = [asked for asked in requests if asked.function_name.startswith("choose_")]
    assert max(asked.characters for asked in chosen) < 4_000
    assert any(len(enum(asked)) < len(DEEDS) * 5 for asked in chosen if key_of(asked) == "apis")


async def test_at_most_five_tools_go_to_an_agent(ask: Ask) -> None:
    _, trace, _ = await ask(QUESTION, oracle("wrong_tools=6"), strategy="fan_out")
    opened = [name for name in agents(trace) if name.startswith("tool:")]
    assert len(opened) == 4 and max(name.count(",") for name in opened) == 4


async def test_who_looks_first_loses_a_turn_and_nothing_else(ask: Ask) -> None:
    _, trace, requests = await ask(QUESTION, oracle("looks"), strategy="fan_out")
    assert agents(trace)["meta"]["looked"] and len(agents(trace)["meta"]["llm_calls"]) == 2
    assert functions(requests)[:3] == ["choose_categories", "choose_categories", "choose_tools"]
    assert planned(trace) == {LENT.api_id, REPAIRED.api_id}


async def test_what_the_budget_leaves_unopened_is_named_and_the_likely_ones_come_first(ask: Ask) -> None:
    body, trace, _ = await ask(
        "Lend a garden ladder or an old one",
        Oracle({"Lend a garden ladder or an old one": [LENT]}, scenario=ALL),
        **TEN,
    )
    meta = agents(trace)["meta"]
    assert len(meta["chosen"]) == len(PLACES) and meta["chosen"][-1] == "Garden", "the model names it last"
    assert "category:Garden" in agents(trace), "the index ranks it first"
    assert len(meta["unopened"]) == 6
    [warning] = [said for said in body["warnings"] if "want of budget" in said]
    assert all(name in warning for name in meta["unopened"])


ALL = Scenario(wrong_categories=7, wrong_first=True)
TEN: dict[str, Any] = {"strategy": "fan_out", "max_llm_calls": 11}


async def test_a_made_up_name_is_told_back_once_then_dropped_and_counted(ask: Ask) -> None:
    behave = oracle()

    def inventive(asked: Asked) -> Reply:
        reply = behave(asked)
        if asked.function_name != "choose_tools" or not isinstance(reply, dict):
            return reply
        return {**reply, "tools": ["garden/garden_helicopter", *reply["tools"]]}

    _, trace, requests = await ask(PLAIN, inventive, strategy="fan_out")
    asked = [request for request in requests if request.function_name == "choose_tools"]
    assert len(asked) == 2 and "garden_helicopter" in asked[1].text and "garden_helicopter" not in asked[0].text
    assert agents(trace)["category:Garden"]["made_up"] == 1
    assert "helicopter" not in json.dumps(trace["plan"])
    assert planned(trace) == {LENT.api_id}


async def test_the_second_round_is_told_what_the_first_lacked(ask: Ask) -> None:
    behave = Oracle(ANSWERS, scenario=Scenario(misses="categories", miss_rate=1.0))
    _, _, requests = await ask(QUESTION, behave, strategy="fan_out")
    first, second = [asked for asked in requests if asked.function_name == "choose_categories"]
    assert "Tried before" not in first.text and "Tried before" in second.text


async def test_a_name_that_is_made_up_where_the_best_are_read_is_counted_too(ask: Ask) -> None:
    behave = oracle()

    def inventive(asked: Asked) -> Reply:
        reply = behave(asked)
        if asked.function_name != "choose_apis" or not isinstance(reply, dict):
            return reply
        return {**reply, "apis": ["helicopter", *reply["apis"]]}

    _, trace, requests = await ask(CLOSE, inventive)
    assert functions(requests).count("choose_apis") == 2 and "helicopter" in requests[1].text
    assert agents(trace)["rerank"]["made_up"] == 1


async def test_the_trace_tells_of_an_agent_that_gave_up(ask: Ask) -> None:
    behave = oracle()

    def failing(asked: Asked) -> Reply:
        return Fault(400) if asked.function_name == "choose_apis" else behave(asked)

    _, trace, _ = await ask(PLAIN, failing, strategy="fan_out")
    lost = agents(trace)["tool:garden/garden_ladder"]
    assert lost["parent"] == "category:Garden" and lost["reason"].startswith("Gave up: ")


@pytest.mark.parametrize("times", [1, 5])
async def test_groups_of_many_categories_are_chosen_from_pages_that_do_not_grow(tmp_path: Path, times: int) -> None:
    many = [f"{place} {number}" for place in PLACES for number in range(9 * times)]
    document = {
        **house(),
        "categories": [{"name": name, "group": f"All the {name.split()[0]} rooms"} for name in many],
        "tools": [{**tool("Garden", "ladder"), "category": name} for name in many],
    }
    right = Gold("theatre_3/garden_ladder/lend_ladder", "theatre_3/garden_ladder", "Theatre 3", "All the Theatre rooms")
    with ScriptedModel(Oracle({PLAIN: [right]})) as model:
        given: dict[str, Any] = {"openai_base_url": model.url, "openai_api_key": "none", "model": "scripted"}
        settings = Settings(_env_file=None, data_dir=tmp_path, **given)  # type: ignore[call-arg]
        async with open_services(settings) as services:
            await import_document(services.catalog, document, format="switchboard", source="rooms")
            request = QueryRequest.model_validate({"query": PLAIN, "options": {"dry_run": True, "strategy": "fan_out"}})
            body: Any = await services.runs.ask(request, tenant="default")
            trace: Any = await services.runs.trace(body["thread_id"], tenant="default")
        asked = model.requests[0]
        assert asked.function_name == "choose_groups" and len(enum(asked)) == len(PLACES)
        assert asked.characters < 4_000
        assert trace["rounds"][0]["groups"]["chosen"] == [right.group]
        assert planned(trace) == {right.api_id}


async def test_a_limit_that_ends_the_search_is_named_also_where_a_plan_was_made(ask: Ask) -> None:
    behave, calls = oracle(), 4

    def half(asked: Asked) -> Reply:
        if asked.function_name == "plan_calls":
            return {"apis": [LENT.api_id], "reason": "One of two.", "enough": "no"}
        return behave(asked)

    body, _, requests = await ask(PLAIN, half, strategy="fan_out", max_llm_calls=calls)
    assert (body["status"], body["stopped_by"], len(requests)) == ("completed", "max_llm_calls", calls)
    assert any("not searched further" in warning for warning in body["warnings"])


async def test_a_rehearsal_that_a_limit_ended_says_so(ask: Ask) -> None:
    body, _, _ = await ask(QUESTION, oracle(), strategy="fan_out", max_llm_calls=1)
    assert (body["status"], body["answer"]) == ("failed", body["error"]["detail"])
