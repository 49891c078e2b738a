"""What earlier questions of this tenant teach: read where a round begins, written where a question was answered."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from catalog.asked_before import LONGEST, Recalled, counted_in, recall, telling
from catalog.errors import StoreUnavailable
from catalog.lessons import Lesson, Lessons
from catalog.models import Api
from catalog.store import CatalogIndex, CatalogStore, Hit
from nodes.pool import INDEX, pooled
from nodes.run import Run
from nodes.state import PooledState, State
from nodes.steps import answered

log = logging.getLogger(__name__)
ASKED_BEFORE = "answered a question like this before"


async def indexed_pool(
    query: str,
    hits: Sequence[Hit],
    wanted: Sequence[str],
    *,
    run: Run,
    catalog: CatalogStore,
    index: CatalogIndex,
    lessons: Lessons | None,
    most: int,
) -> tuple[list[PooledState], Mapping[str, Api]]:
    """What the index found, as entries of the pool, with what the tenant's earlier questions say counted in.

    `wanted`: the categories that alone are searched, if any. What cannot be remembered now is left out.
    """
    found = await _recalled(query, run, index, lessons) if lessons else Recalled()
    counted, apis = await counted_in(
        query, hits, found, categories=wanted, index=index, catalog=catalog, exhausted=len(hits) < most
    )
    if found.weights:
        run.emit("questions.recalled", apis=[api_id for api_id in found.weights if api_id in apis])
    return [_remembered(entry, found) for entry in pooled(counted[:most], agent=INDEX)], apis


def _remembered(entry: PooledState, found: Recalled) -> PooledState:
    if entry["api_id"] not in found.weights:
        return entry
    why = f"{ASKED_BEFORE}; {entry['why']}" if entry["matched"] else ASKED_BEFORE
    return {**entry, "why": why, "asked": found.examples.get(entry["api_id"], [])}


async def _recalled(query: str, run: Run, index: CatalogIndex, lessons: Lessons) -> Recalled:
    try:
        return await recall(query, run.tenant, index, lessons)
    except StoreUnavailable as error:
        log.warning("%s The search goes on without it.", error)
        return Recalled()


async def teach(state: State, *, run: Run, index: CatalogIndex, lessons: Lessons | None) -> None:
    """Remember which APIs answered the question: those whose calls worked, where no grader doubts the answer."""
    if lessons is None or state.get("preset") or state["options"].get("dry_run") or _doubted(state):
        return
    api_ids = tuple(dict.fromkeys(step["api_id"] for step in answered(state) if step["status"] == "done"))
    words = telling(state["query"], index)
    if not api_ids or not words:
        return
    lesson = Lesson(run.thread_id, state["query"][:LONGEST], tuple(words), api_ids, datetime.now(UTC))
    try:
        await lessons.learn(run.tenant, lesson)
    except StoreUnavailable as error:
        log.warning("%s Nothing was learned from this question.", error)
        return
    run.emit("question.learned", apis=list(api_ids))


def _doubted(state: State) -> bool:
    if state.get("stopped_by") or state.get("error") or state.get("cancelled"):
        return True
    lost = any(step["status"] in ("failed", "declined", "skipped") for step in state.get("steps", {}).values())
    return lost or bool(state.get("draft") and state["draft"]["marks"])
