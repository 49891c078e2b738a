"""What hotels and flights share: the traveller's stock of rooms, connections and bookings."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from fastapi import Depends

from demo.shelf import Row, missing, read, stock


class StoredHotel(NamedTuple):
    hotel_id: str
    name: str
    city: str
    stars: int
    price_per_night: float
    breakfast: bool
    rating: float
    address: str
    amenities: list[str]


class StoredBooking(NamedTuple):
    booking_id: str
    hotel_id: str
    guest_name: str
    check_in: date
    check_out: date
    guests: int
    status: str = "confirmed"


class StoredFlight(NamedTuple):
    flight_number: str
    airline: str
    origin: str
    destination: str
    departs: str
    arrives: str
    price: float
    seats_left: int
    status: str
    delay_minutes: int
    gate: str
    terminal: str


class Agency(Row):
    hotels: list[StoredHotel]
    bookings: list[StoredBooking]
    flights: list[StoredFlight]
    tickets: int = 0

    def hotel(self, hotel_id: str) -> StoredHotel:
        same = (hotel for hotel in self.hotels if hotel.hotel_id == hotel_id)
        return next(same, None) or missing(f"No such hotel: {hotel_id}")

    def flight(self, flight_number: str) -> StoredFlight:
        same = (flight for flight in self.flights if flight.flight_number == flight_number)
        return next(same, None) or missing(f"No such flight: {flight_number}")


def opened() -> Agency:
    return read(Agency, "travel")


TheAgency = Annotated[Agency, Depends(stock(opened))]
