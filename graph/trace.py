"""The explanation of a thread, read from its event log: what was considered, chosen, why, sent, received, spent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from graph.runs import Body, LoggedEvent, ThreadRecord

AGENT_FACTS = ("parent", "offered", "chosen", "reason", "looked", "made_up", "unopened", "enough")
Facts = dict[str, Any]  # events are JSON; their keys are those of `Run.emit` in the nodes


def trace_of(thread: ThreadRecord, events: Sequence[LoggedEvent], prompts: Mapping[str, str]) -> Body:
    """`prompts`: version by name, of the prompts in use."""
    body = thread.body or {}
    plans = [event for event in events if event.name == "plan.made"]
    last = _facts(plans[-1]) if plans else {}
    return {
        "thread_id": thread.thread_id,
        "query": thread.request.get("query"),
        "status": thread.status,
        "rounds": _rounds(events),
        "plan": [{"round": _facts(plan)["round"], **step} for plan in plans for step in _facts(plan)["steps"]],
        "plan_reason": last.get("reason"),
        "runners_up": last.get("runners_up", []),
        "parameters": [_facts(e) for e in events if e.name == "parameters.extracted"],
        "requests": list(_requests(events)),
        "answer_checks": [_facts(e) for e in events if e.name == "answer.checked"],
        "inputs": [_facts(e) for e in events if e.name == "input.received"],
        "spent": body.get("usage"),
        "stopped_by": body.get("stopped_by"),
        "catalog_version": body.get("catalog_version"),
        "prompt_versions": dict(prompts),
    }


def _facts(event: LoggedEvent) -> Facts:
    return {name: value for name, value in event.facts.items() if name != "at"}


def _rounds(events: Sequence[LoggedEvent]) -> list[JsonValue]:
    """Each round with its route and its agents; model calls stand with the agent that made them."""
    rounds: list[Facts] = []
    for event in events:
        if event.name == "round.started":
            if rounds and rounds[-1]["round"] == event.facts["round"]:
                continue  # begun again after a pause
            rounds.append({"round": event.facts["round"], "route": None, "reason": None, "index": None, "agents": []})
        elif rounds:
            _into(rounds[-1], event)
    return rounds  # type: ignore[return-value]  # facts are JSON


def _into(current: Facts, event: LoggedEvent) -> None:
    facts = _facts(event)
    if event.name == "route.chosen":
        current.update(facts)
    elif event.name == "pool.ranked":
        current["index"] = facts
    elif event.name == "groups.chosen":
        current["groups"] = facts
    elif event.name == "agent.finished":
        _agent(current, facts["agent"], facts.get("parent")).update(
            {name: facts[name] for name in AGENT_FACTS if name in facts}
        )
    elif event.name == "model.called":
        call = {name: value for name, value in facts.items() if name != "agent"}
        _agent(current, facts["agent"], None)["llm_calls"].append(call)
    elif event.name == "model.cached":
        _agent(current, facts["agent"], None)["cached"].append(facts["prompt"])


def _agent(current: Facts, name: str, parent: str | None) -> Facts:
    for agent in current["agents"]:
        if agent["agent"] == name:
            return agent  # type: ignore[no-any-return]
    agent = {"agent": name, "parent": parent, "offered": [], "chosen": [], "reason": "", "llm_calls": [], "cached": []}
    current["agents"].append(agent)
    return agent


def _requests(events: Sequence[LoggedEvent]) -> Iterator[JsonValue]:
    """What was sent with what came back, in the order of sending."""
    finished = [_facts(e) for e in events if e.name == "request.finished"]
    for event in events:
        if event.name == "request.rehearsed":
            yield {**_facts(event), "http_status": None, "response": None}
        if event.name == "request.started":
            sent = _facts(event)
            match = next((f for f in finished if f["step"] == sent["step"]), None)
            if match is not None:
                finished.remove(match)
            yield {**sent, **(match or {"http_status": None, "response": None})}
