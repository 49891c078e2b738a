"""Rows of threads as the records of the protocol, and the questions that a claim must find open, for every store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from catalog.errors import QuestionClosed, ThreadBusy
from graph import thread_cursors as cursors
from graph.runs import Body, ThreadPage, ThreadRecord, ThreadSummary

COLUMNS = "thread_id, tenant, status, run_id, request, body, accepted, plan, created_at, updated_at"


def record(row: Sequence[Any]) -> ThreadRecord:
    """Of a row with `COLUMNS`."""
    thread_id, tenant, status, run_id, request, body, accepted, plan, created_at, updated_at = row
    return ThreadRecord(
        thread_id=thread_id,
        tenant=tenant,
        status=status,
        run_id=run_id,
        request=json.loads(request),
        body=json.loads(body) if body else None,
        accepted=json.loads(accepted) if accepted else None,
        plan=json.loads(plan) if plan else None,
        created_at=created_at,
        updated_at=updated_at,
    )


def page_of(rows: Sequence[Sequence[Any]], limit: int) -> ThreadPage:
    """Of rows with the fields of a summary and whether the thread waits; one beyond `limit` tells of a next page."""
    summaries = tuple(ThreadSummary(*row[:6]) for row in rows[:limit])
    if len(rows) <= limit:
        return ThreadPage(summaries, None)
    last, waits = summaries[-1], bool(rows[limit - 1][6])
    return ThreadPage(summaries, cursors.write((waits, last.created_at, last.thread_id)))


def questions_of(body: Body) -> list[str]:
    """The ids of what an answer asks."""
    requests = body.get("input_requests")
    if body.get("status") != "input_required" or not isinstance(requests, list):
        return []
    return [str(request["id"]) for request in requests if isinstance(request, dict)]


def refuse_closed(thread: ThreadRecord, still_open: Sequence[str], asked: Sequence[str]) -> None:
    """Raises ThreadBusy, QuestionClosed."""
    closed = [question_id for question_id in asked if question_id not in still_open]
    if thread.status == "running" and not still_open:
        # A rival's answer is being worked on: to this caller its question is closed, whatever comes next.
        if thread.accepted is None:
            raise ThreadBusy(thread.thread_id)
        raise QuestionClosed(thread.thread_id, asked, [])
    if closed or not asked or thread.status != "input_required":
        raise QuestionClosed(thread.thread_id, closed or asked, still_open)
