"""One model turn over the best that the index found, where its scores are too close to decide."""

from __future__ import annotations

from catalog.errors import BudgetExhausted, ReasonerError
from catalog.store import CatalogStore
from nodes.browse import Offer, page
from nodes.category import APIS_CHOSEN, api_option
from nodes.failing import failed, stopped
from nodes.pool import avoidance, ranked
from nodes.run import Run
from nodes.state import PooledState, State
from reasoners.confidence import READ
from reasoners.protocol import Chosen, More, Reasoner

AGENT = "rerank"
ROOM = 4_800  # characters, so that texts are cut before entries are left out


async def rerank(state: State, *, run: Run, reasoner: Reasoner, catalog: CatalogStore) -> State:
    run.emit("agent.started", agent=AGENT, parent=None, label="Which of the index's best?")
    try:
        chosen, offered = await _read(state, reasoner, catalog)
    except BudgetExhausted as error:
        return stopped(error)
    except ReasonerError as error:
        return failed(error)
    enough = bool(chosen.ids) and not (chosen.look and chosen.look.next_page)
    for api_id in chosen.ids:
        run.emit("candidate.added", agent=AGENT, api_id=api_id)
    facts = {"offered": offered, "chosen": list(chosen.ids), "found": len(chosen.ids), "enough": enough}
    facts |= {"made_up": chosen.made_up} if chosen.made_up else {}
    run.emit("agent.finished", agent=AGENT, parent=None, reason=chosen.reason, **facts)
    update: State = {"pool": _pool(state, chosen)}
    return update if enough else {**update, **_widened(run, chosen)}


async def _read(state: State, reasoner: Reasoner, catalog: CatalogStore) -> tuple[Chosen, list[str]]:
    best = [entry["api_id"] for entry, _ in ranked(state.get("pool", []))[:READ]]
    apis = await catalog.get(best)
    shown = page(Offer("api", ()), [api_option(api, 0.0) for api in apis.values()], ROOM)
    more = More(hidden=state.get("searched", 0) - len(shown))
    avoid = avoidance(state.get("failures", []))
    chosen = await reasoner.choose(state["query"], shown, level="api", limit=APIS_CHOSEN, avoid=avoid, more=more)
    return chosen, [option.id for option in shown]


def _widened(run: Run, chosen: Chosen) -> State:
    reason = f"What the index found does not suffice. {chosen.reason}".strip()
    run.emit("route.chosen", route="fan_out", reason=reason)
    return {"route": "fan_out", "route_reason": reason, "widen": True}


def _pool(state: State, chosen: Chosen) -> list[PooledState]:
    known = {entry["api_id"]: entry for entry in state.get("pool", [])}
    return [{**known[i], "agent": AGENT, "why": chosen.reason or known[i]["why"]} for i in chosen.ids]
