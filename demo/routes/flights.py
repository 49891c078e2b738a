"""Flights: connections, today's status, seats."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from demo.keys import TRAVEL
from demo.routes.travel import StoredFlight, TheAgency
from demo.shelf import Body, Row, conflict

router = APIRouter(prefix="/flights", tags=["Travel"])
FlightNumber = Annotated[str, Path(pattern=r"^[A-Z]{2}[0-9]{3,4}$")]
Airport = Annotated[str, Query(pattern=r"^[A-Z]{3}$")]
Cabin = Literal["economy", "premium", "first"]
FARE = {"economy": 1.0, "premium": 1.6, "first": 3.5}
BAG = 35.0
"""Euros per checked bag."""


class Flight(Row):
    flight_number: str
    airline: str
    origin: str
    destination: str
    departs: str
    arrives: str
    price: float
    currency: str
    seats_left: int


class Flights(Row):
    date: date
    cabin: Cabin
    count: int
    flights: list[Flight]


class FlightStatus(Row):
    flight_number: str
    status: str
    delay_minutes: int
    gate: str
    terminal: str
    departs: str


class NewTicket(Body):
    date: date
    passenger_name: str = Field(min_length=2)
    checked_bags: Annotated[int, Field(strict=True, ge=0, le=3)] = 0


class Ticket(Row):
    booking_id: str
    flight_number: str
    date: date
    passenger_name: str
    checked_bags: int
    price: float
    currency: str
    status: str


def shown(flight: StoredFlight, cabin: Cabin) -> Flight:
    return Flight(
        flight_number=flight.flight_number, airline=flight.airline, origin=flight.origin,
        destination=flight.destination, departs=flight.departs, arrives=flight.arrives,
        price=round(flight.price * FARE[cabin], 2), currency="EUR", seats_left=flight.seats_left,
    )  # fmt: skip


@router.get("")
async def search_flights(
    agency: TheAgency,
    origin: Airport,
    destination: Airport,
    date: Annotated[date, Query()],
    cabin: Annotated[Cabin, Query()] = "economy",
) -> Flights:
    legs = [f for f in agency.flights if (f.origin, f.destination) == (origin, destination)]
    return Flights(date=date, cabin=cabin, count=len(legs), flights=[shown(leg, cabin) for leg in legs])


@router.get("/{flight_number}/status")
async def get_flight_status(flight_number: FlightNumber, agency: TheAgency) -> FlightStatus:
    flight = agency.flight(flight_number)
    return FlightStatus(
        flight_number=flight_number, status=flight.status, delay_minutes=flight.delay_minutes,
        gate=flight.gate, terminal=flight.terminal, departs=flight.departs,
    )  # fmt: skip


@router.post("/{flight_number}/bookings", status_code=201, dependencies=TRAVEL)
async def book_flight(flight_number: FlightNumber, new: NewTicket, agency: TheAgency) -> Ticket:
    flight = agency.flight(flight_number)
    if flight.status == "cancelled":
        conflict(f"Flight {flight_number} is cancelled.")
    agency.tickets += 1
    return Ticket(
        booking_id=f"FB{agency.tickets:04}", flight_number=flight_number, status="confirmed",
        price=flight.price + BAG * new.checked_bags, currency="EUR", **new.model_dump(),
    )  # fmt: skip
