"""Weather, air and sun of real places: made up, but always the same for the same place and day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from demo.places import Place, dice, find
from demo.shelf import NOW, Row

router = APIRouter(tags=["Weather"])
Where = Annotated[str, Query(min_length=1)]
Units = Annotated[Literal["metric", "imperial"], Query()]
SKIES = ("sunny", "partly cloudy", "cloudy", "overcast")


class Current(Row):
    place: str
    country: str
    observed_at: datetime
    condition: str
    temperature: float
    feels_like: float
    humidity: int
    wind_speed: float
    raining: bool
    units: str


class Day(Row):
    date: date
    condition: str
    high: float
    low: float
    rain_chance: int


class Forecast(Row):
    place: str
    country: str
    units: str
    days: list[Day]


class Air(Row):
    place: str
    index: int
    level: str
    pm2_5: float
    pm10: float


class Sun(Row):
    place: str
    uv_index: int
    level: str
    minutes_to_sunburn: int


def degrees(celsius: float, units: str) -> float:
    return round(celsius * 9 / 5 + 32 if units == "imperial" else celsius, 1)


def sky(name: str, place: Place, day: date) -> tuple[str, int]:
    """Condition and chance of rain."""
    chance = max(0, min(95, place.wetness + dice(name, day, "rain", sides=31) - 15))
    if chance >= 55:
        return "rain showers" if chance < 75 else "rain", chance
    return SKIES[min(3, chance // 14)], chance


def high(name: str, place: Place, day: date) -> float:
    return place.warmth + dice(name, day, "warm", sides=61) / 10 - 3


def level(value: int, bounds: tuple[int, int, int]) -> str:
    return ("low", "moderate", "high", "very high")[sum(value >= bound for bound in bounds)]


@router.get("/weather/current")
async def current_weather(place: Where, units: Units = "metric") -> Current:
    name, where = find(place)
    condition, _ = sky(name, where, NOW.date())
    celsius = high(name, where, NOW.date()) - 1.5
    wind = 6 + dice(name, "wind", sides=240) / 10
    return Current(
        place=name, country=where.country, observed_at=NOW, condition=condition,
        temperature=degrees(celsius, units), feels_like=degrees(celsius - wind / 15, units),
        humidity=40 + where.wetness // 2, wind_speed=round(wind * (0.6214 if units == "imperial" else 1), 1),
        raining="rain" in condition, units=units,
    )  # fmt: skip


@router.get("/weather/forecast")
async def weather_forecast(
    place: Where, days: Annotated[int, Query(ge=1, le=7)] = 3, units: Units = "metric"
) -> Forecast:
    name, where = find(place)
    ahead = [NOW.date() + timedelta(days=number) for number in range(1, days + 1)]
    return Forecast(
        place=name, country=where.country, units=units, days=[forecast(name, where, day, units) for day in ahead]
    )


def forecast(name: str, where: Place, day: date, units: str) -> Day:
    condition, chance = sky(name, where, day)
    warmest = high(name, where, day)
    coldest = warmest - 7 - dice(name, day, "cold", sides=30) / 10
    return Day(
        date=day, condition=condition, high=degrees(warmest, units), low=degrees(coldest, units), rain_chance=chance
    )


@router.get("/air/quality")
async def air_quality(place: Where) -> Air:
    name, where = find(place)
    index = max(8, where.warmth * 3 - where.wetness // 2 + dice(name, "air", sides=30))
    return Air(
        place=name,
        index=index,
        level=level(index, (50, 100, 150)),
        pm2_5=round(index / 3.8, 1),
        pm10=round(index / 2.1, 1),
    )


@router.get("/air/uv")
async def uv_index(place: Where) -> Sun:
    name, where = find(place)
    index = max(1, round(12 - abs(where.latitude - 20) / 6))
    return Sun(place=name, uv_index=index, level=level(index, (3, 6, 8)), minutes_to_sunburn=round(180 / index))
