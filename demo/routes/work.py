"""What money, jobs and the office share: their data file."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, NamedTuple

from fastapi import Depends
from pydantic import ConfigDict

from demo.shelf import Row, read, stock


class StoredCurrency(NamedTuple):
    code: str
    name: str
    country: str
    per_euro: float


class StoredStock(NamedTuple):
    symbol: str
    company: str
    exchange: str
    price: float
    change_percent: float
    volume: int


class StoredJob(NamedTuple):
    job_id: str
    title: str
    employer: str
    city: str
    salary: int
    currency: str
    remote: bool
    posted_on: date
    tasks: str
    requirements: list[str]


class WeeklyEvent(NamedTuple):
    weekday: int
    """Monday is 0."""
    title: str
    start: str
    minutes: int
    attendees: list[str]


class Event(Row):
    event_id: str
    title: str
    date: date
    start: str
    minutes: int
    attendees: list[str]


class StoredMessage(NamedTuple):
    message_id: str
    sender: str
    subject: str
    received_at: datetime
    unread: bool
    text: str


class Work(Row):
    model_config = ConfigDict(extra="ignore")

    currencies: list[StoredCurrency]
    stocks: list[StoredStock]
    jobs: list[StoredJob]
    weekly_events: list[WeeklyEvent]
    events: dict[str, Event]
    messages: list[StoredMessage]
    holidays: dict[str, list[tuple[str, str]]]
    """By country: "12-25" is a day of the year, "E+1" the day after Easter Sunday."""
    applications: int = 0
    sent: int = 0
    created: int = 0


def opened() -> Work:
    return read(Work, "work")


TheWork = Annotated[Work, Depends(stock(opened))]
