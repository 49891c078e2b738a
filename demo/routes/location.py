"""Where internet addresses are, and what time it is there."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from ipaddress import IPv4Address
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict

from demo.places import Place, find
from demo.shelf import NOW, Row, missing, read

router = APIRouter(tags=["Location"])
Where = Annotated[str, Query(min_length=1)]


class Network(NamedTuple):
    country: str
    city: str
    latitude: float
    longitude: float
    network: str


class Networks(Row):
    model_config = ConfigDict(extra="ignore")

    networks: dict[str, Network]
    """By the first three numbers of the address, dot included."""


class Located(Row):
    ip: str
    country: str
    city: str
    latitude: float
    longitude: float
    network: str


class LocalTime(Row):
    place: str
    time_zone: str
    utc_offset: str
    local_time: datetime


class Converted(Row):
    time: str
    from_place: str
    to_place: str
    converted: str
    day_shift: int


@cache
def networks() -> dict[str, Network]:
    return read(Networks, "work").networks


def offset(place: Place) -> str:
    hours, half = divmod(abs(place.utc_offset), 1)
    return f"{'-' if place.utc_offset < 0 else '+'}{int(hours):02}:{'30' if half else '00'}"


@router.get("/ip/{ip}")
async def locate_ip(ip: Annotated[IPv4Address, Path()]) -> Located:
    known = networks().get(str(ip).rpartition(".")[0] + ".")
    if known is None:
        missing(f"Nothing is known about the address {ip}")
    return Located(ip=str(ip), **known._asdict())


@router.get("/time/now")
async def local_time(place: Where) -> LocalTime:
    name, where = find(place)
    here = NOW.replace(tzinfo=None) + timedelta(hours=where.utc_offset)
    return LocalTime(place=name, time_zone=f"UTC{offset(where)}", utc_offset=offset(where), local_time=here)


@router.get("/time/convert")
async def convert_time(
    time: Annotated[str, Query(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")], from_place: Where, to_place: Where
) -> Converted:
    (from_name, from_where), (to_name, to_where) = find(from_place), find(to_place)
    given = NOW.replace(hour=int(time[:2]), minute=int(time[3:]))
    there = given + timedelta(hours=to_where.utc_offset - from_where.utc_offset)
    return Converted(
        time=time, from_place=from_name, to_place=to_name, converted=there.strftime("%H:%M"),
        day_shift=(there.date() - given.date()).days,
    )  # fmt: skip
