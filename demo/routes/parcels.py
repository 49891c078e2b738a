"""Parcels on their way, and what sending one costs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Path, Query

from demo.places import find
from demo.shelf import NOW, Body, Row, conflict, missing, read, stock, unusable

router = APIRouter(prefix="/parcels", tags=["Parcels"])
TrackingNumber = Annotated[str, Path(pattern=r"^[A-Z]{2}[0-9]{9}[A-Z]{2}$")]


class StoredScan(NamedTuple):
    time: str
    location: str
    event: str


class StoredPoint(NamedTuple):
    name: str
    address: str
    kind: str


class Rate(NamedTuple):
    base: float
    per_kg: float
    days: int


class StoredParcel(Row):
    carrier: str
    status: str
    expected_on: date
    scans: list[StoredScan]


class Depot(Row):
    parcels: dict[str, StoredParcel]
    pickup_points: dict[str, list[StoredPoint]]
    rates: dict[str, Rate]

    def parcel(self, tracking_number: str) -> StoredParcel:
        return self.parcels.get(tracking_number) or missing(f"No parcel has the tracking number {tracking_number}")


def opened() -> Depot:
    return read(Depot, "parcels")


TheDepot = Annotated[Depot, Depends(stock(opened))]


class Scan(Row):
    time: str
    location: str
    event: str


class Parcel(Row):
    tracking_number: str
    carrier: str
    status: str
    last_location: str
    expected_on: date
    scans: list[Scan]


class NewDay(Body):
    delivery_date: date


class Rescheduled(Row):
    tracking_number: str
    status: str
    expected_on: date


class Quote(Row):
    weight_kg: float
    destination: str
    service: str
    price: float
    currency: str
    days: int


class Point(Row):
    name: str
    address: str
    kind: str


class Points(Row):
    city: str
    points: list[Point]


@router.get("/quote")
async def quote_shipping(
    depot: TheDepot,
    weight_kg: Annotated[float, Query(gt=0, le=31.5)],
    destination: Annotated[str, Query(pattern=r"^[A-Z]{2}$")],
    express: Annotated[bool, Query()] = False,
) -> Quote:
    rate = depot.rates.get(destination) or missing(f"Parcels cannot be sent to {destination}")
    price = (rate.base + rate.per_kg * weight_kg) * (2 if express else 1)
    service, days = ("express", 1) if express else ("standard", rate.days)
    return Quote(
        weight_kg=weight_kg, destination=destination, service=service, price=round(price, 2), currency="GBP", days=days
    )


@router.get("/pickup-points")
async def find_pickup_points(
    depot: TheDepot, city: Annotated[str, Query(min_length=1)], limit: Annotated[int, Query(ge=1, le=10)] = 5
) -> Points:
    name, _ = find(city)
    near = depot.pickup_points.get(name, [])[:limit]
    return Points(city=name, points=[Point(**point._asdict()) for point in near])


@router.get("/{tracking_number}")
async def track_parcel(tracking_number: TrackingNumber, depot: TheDepot) -> Parcel:
    parcel = depot.parcel(tracking_number)
    scans = [Scan(**scan._asdict()) for scan in parcel.scans]
    return Parcel(
        tracking_number=tracking_number, carrier=parcel.carrier, status=parcel.status,
        last_location=scans[-1].location, expected_on=parcel.expected_on, scans=scans,
    )  # fmt: skip


@router.put("/{tracking_number}/delivery-date")
async def reschedule_delivery(tracking_number: TrackingNumber, new: NewDay, depot: TheDepot) -> Rescheduled:
    parcel = depot.parcel(tracking_number)
    if parcel.status == "delivered":
        conflict(f"Parcel {tracking_number} is delivered already.")
    if new.delivery_date < NOW.date():
        unusable(f"delivery_date: {new.delivery_date} is in the past; today is {NOW.date()}.")
    parcel.expected_on = new.delivery_date
    return Rescheduled(tracking_number=tracking_number, status=parcel.status, expected_on=parcel.expected_on)
