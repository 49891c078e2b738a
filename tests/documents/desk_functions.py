"""A desk's functions and tools: what a module may hold, good and bad."""

from __future__ import annotations

import asyncio
import datetime
import enum
import functools
import time
from collections.abc import Iterator
from typing import Annotated, Any

from langchain_core.tools import BaseTool, InjectedToolArg, tool
from pydantic import BaseModel, Field

switchboard_category = "Desk"
BOOKED: list[str] = []
RELEASE: list[bool] = []


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    street: str
    city: str | None = None


class Ticket(BaseModel):
    ticket_id: str
    status: str
    watchers: list[str]


def get_ticket(ticket_id: Annotated[str, Field(pattern=r"^T-\d+$")], *extra: str, verbose: bool = False) -> Ticket:
    """Get the status of a support ticket.

    Args:
        ticket_id: The ticket's number, like T-12.
        verbose: Whether to tell
            everything.
    """
    return Ticket(ticket_id=ticket_id, status="open", watchers=["ada"])


get_ticket.switchboard_risk = "safe"  # type: ignore[attr-defined]


def book_room(room: str, day: datetime.date, color: Color = Color.RED, address: Address | None = None) -> str:
    """Book a meeting room for a day."""
    assert isinstance(day, datetime.date) and isinstance(color, Color)
    assert address is None or isinstance(address, Address)
    BOOKED.append(f"{room} {day.isoformat()} {color.value}")
    return f'{{"booked": "{room}", "day": "{day.isoformat()}"}}'


async def count_desks(floor: int = 1) -> int:
    """Count the free desks of a floor."""
    await asyncio.sleep(0)
    return floor * 10


@functools.cache
def rate(currency: str = "EUR") -> float:
    """Tell the desk's rate for a currency."""
    return 1.5


def _logged(function: Any) -> Any:
    @functools.wraps(function)
    def around(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return around


@_logged
async def count_chairs(floor: int) -> int:
    """Count the chairs of a floor."""
    await asyncio.sleep(0)
    return floor * 4


def fail(reason: str) -> None:
    """Fail for a reason."""
    raise ValueError(f"no such thing:\n  {reason}")


def hang() -> None:
    """Hang until told otherwise."""
    while not RELEASE:
        time.sleep(0.01)


async def hang_softly() -> None:
    """Wait for ever."""
    await asyncio.Event().wait()


def many() -> Iterator[int]:
    """Count without end."""
    return iter(int, 1)


def large() -> str:
    """Give a large text."""
    return "x" * 100_000


def piecewise() -> Iterator[int]:
    """Count piece by piece."""
    yield 1


def by_position(one: int, /) -> int:
    """Take a value by position only."""
    return one


def anything(*args: Any, **kwargs: Any) -> None:
    """Take anything."""


def needs_socket(connection: asyncio.StreamWriter) -> None:
    """Write to a connection."""


def wrong_mark() -> None:
    """Be marked wrongly."""


wrong_mark.switchboard_risk = "harmless"  # type: ignore[attr-defined]


def _hidden() -> None:
    """Stay hidden."""


@tool(parse_docstring=True)
def lookup_holiday(country: str, year: int = 2026) -> dict[str, str]:
    """Look up the next public holiday of a country.

    Args:
        country: Two letters, like DE.
        year: The year.
    """
    return {"country": country, "holiday": "New Year", "year": str(year)}


lookup_holiday.metadata = {"switchboard_risk": "safe"}


@tool
async def order_lunch(dish: str, user: Annotated[str, InjectedToolArg] = "nobody") -> str:
    """Order lunch for today."""
    BOOKED.append(dish)
    return f"ordered {dish} for {user}"


@tool
def needs_state(question: str, state: Annotated[dict[str, str], InjectedToolArg]) -> str:
    """Need what only an agent has."""
    return question


class Echo(BaseTool):
    """A tool as a class."""

    name: str = "echo"
    description: str = "Say a text again."

    def _run(self, text: str) -> str:
        return text


echo = Echo()
