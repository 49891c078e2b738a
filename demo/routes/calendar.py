"""The personal calendar: weekly meetings and single appointments."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from demo.keys import OFFICE
from demo.routes.customers import EMAIL
from demo.routes.work import Event, TheWork, Work
from demo.shelf import Body, Row, missing

router = APIRouter(prefix="/calendar", tags=["Office"], dependencies=OFFICE)
EventId = Annotated[str, Path(pattern=r"^E[0-9]{3}$")]
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
Attendee = Annotated[str, Field(pattern=EMAIL, json_schema_extra={"format": "email"})]


class Events(Row):
    date: date
    count: int
    events: list[Event]


class NewEvent(Body):
    title: str = Field(min_length=1, max_length=100)
    date: date
    start: str = Field(pattern=CLOCK)
    minutes: Annotated[int, Field(strict=True, ge=5, le=480)] = 30
    attendees: list[Attendee] = Field(default_factory=list)


class Move(Body):
    date: date
    start: str = Field(pattern=CLOCK)


class Deleted(Row):
    event_id: str
    status: str


def weekly(work: Work, day: date) -> list[Event]:
    return [
        Event(
            event_id=f"E0{number:02}", title=w.title, date=day, start=w.start, minutes=w.minutes, attendees=w.attendees
        )
        for number, w in enumerate(work.weekly_events, 1)
        if w.weekday == day.weekday()
    ]


def found(work: Work, event_id: str) -> Event:
    return work.events.get(event_id) or missing(f"No such appointment: {event_id}")


@router.get("/events")
async def list_events(work: TheWork, date: Annotated[date, Query()]) -> Events:
    single = [event for event in work.events.values() if event.date == date]
    rows = sorted([*weekly(work, date), *single], key=lambda event: event.start)
    return Events(date=date, count=len(rows), events=rows)


@router.post("/events", status_code=201)
async def create_event(new: NewEvent, work: TheWork) -> Event:
    work.created += 1
    event = Event(event_id=f"E{200 + work.created}", **new.model_dump())
    work.events[event.event_id] = event
    return event


@router.put("/events/{event_id}")
async def move_event(event_id: EventId, new: Move, work: TheWork) -> Event:
    moved = found(work, event_id).model_copy(update={"date": new.date, "start": new.start})
    work.events[event_id] = moved
    return moved


@router.delete("/events/{event_id}")
async def delete_event(event_id: EventId, work: TheWork) -> Deleted:
    found(work, event_id)
    del work.events[event_id]
    return Deleted(event_id=event_id, status="deleted")
