"""Hotels: search, look at, book, cancel."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from demo.keys import TRAVEL
from demo.places import find
from demo.routes.travel import Agency, StoredBooking, StoredHotel, TheAgency
from demo.shelf import Body, Row, missing, unusable

router = APIRouter(prefix="/hotels", tags=["Travel"])
HotelId = Annotated[str, Path(pattern=r"^[A-Z]{3}[0-9]{2}$")]


class Hotel(Row):
    hotel_id: str
    name: str
    city: str
    stars: int
    price_per_night: float
    currency: str
    breakfast: bool
    rating: float


class Hotels(Row):
    city: str
    count: int
    hotels: list[Hotel]


class HotelDetails(Hotel):
    address: str
    amenities: list[str]


class NewBooking(Body):
    guest_name: str = Field(min_length=2)
    check_in: date
    check_out: date
    guests: Annotated[int, Field(strict=True, ge=1, le=8)] = 1


class Booking(Row):
    booking_id: str
    hotel_id: str
    hotel: str
    city: str
    guest_name: str
    check_in: date
    check_out: date
    nights: int
    guests: int
    total: float
    currency: str
    status: str


class Bookings(Row):
    count: int
    bookings: list[Booking]


class Cancelled(Row):
    booking_id: str
    status: str


def nights(check_in: date, check_out: date) -> int:
    if check_out <= check_in:
        unusable(f"check_out: {check_out} is not after check_in, {check_in}.")
    return (check_out - check_in).days


def details(hotel: StoredHotel) -> HotelDetails:
    return HotelDetails(currency="EUR", **hotel._asdict())


def shown(agency: Agency, booking: StoredBooking) -> Booking:
    hotel, stay = agency.hotel(booking.hotel_id), nights(booking.check_in, booking.check_out)
    total = round(hotel.price_per_night * stay, 2)
    return Booking(hotel=hotel.name, city=hotel.city, nights=stay, total=total, currency="EUR", **booking._asdict())


@router.get("")
async def search_hotels(
    agency: TheAgency,
    city: Annotated[str, Query(min_length=1)],
    check_in: Annotated[date | None, Query()] = None,
    check_out: Annotated[date | None, Query()] = None,
    guests: Annotated[int, Query(ge=1, le=8)] = 2,
    max_price: Annotated[float | None, Query(ge=0)] = None,
    stars: Annotated[int | None, Query(ge=1, le=5)] = None,
) -> Hotels:
    name, _ = find(city)
    if check_in and check_out:
        nights(check_in, check_out)
    fitting = [
        Hotel(**details(hotel).model_dump(exclude={"address", "amenities"}))
        for hotel in sorted(agency.hotels, key=lambda hotel: hotel.price_per_night)
        if hotel.city == name
        and (max_price is None or hotel.price_per_night <= max_price)
        and (stars is None or hotel.stars >= stars)
        and (guests <= 4 or hotel.stars >= 4)
    ]
    return Hotels(city=name, count=len(fitting), hotels=fitting)


@router.get("/bookings", dependencies=TRAVEL)
async def list_bookings(agency: TheAgency) -> Bookings:
    rows = [shown(agency, booking) for booking in agency.bookings]
    return Bookings(count=len(rows), bookings=rows)


@router.get("/{hotel_id}")
async def get_hotel(hotel_id: HotelId, agency: TheAgency) -> HotelDetails:
    return details(agency.hotel(hotel_id))


@router.post("/{hotel_id}/bookings", status_code=201, dependencies=TRAVEL)
async def book_hotel(hotel_id: HotelId, new: NewBooking, agency: TheAgency) -> Booking:
    agency.hotel(hotel_id)
    booking = StoredBooking(
        f"HB{2001 + len(agency.bookings)}", hotel_id, new.guest_name, new.check_in, new.check_out, new.guests
    )
    confirmed = shown(agency, booking)
    agency.bookings.append(booking)
    return confirmed


@router.delete("/bookings/{booking_id}", dependencies=TRAVEL)
async def cancel_booking(booking_id: Annotated[str, Path(pattern=r"^HB[0-9]{4}$")], agency: TheAgency) -> Cancelled:
    for index, booking in enumerate(agency.bookings):
        if booking.booking_id == booking_id:
            agency.bookings[index] = booking._replace(status="cancelled")
            return Cancelled(booking_id=booking_id, status="cancelled")
    return missing(f"No such booking: {booking_id}")
