"""Public holidays of countries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query

from demo.routes.work import TheWork, Work
from demo.shelf import NOW, Row, unusable

router = APIRouter(prefix="/holidays", tags=["Office"])
Country = Annotated[Literal["GB", "DE", "FR", "US", "JP"], Query()]
Language = Annotated[Literal["en", "de", "fr"], Header()]
EASTER = {
    2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2027: (3, 28),
    2028: (4, 16), 2029: (4, 1), 2030: (4, 21), 2031: (4, 13),
}  # fmt: skip


class Holiday(Row):
    date: date
    name: str
    weekday: str


class Holidays(Row):
    country: str
    year: int
    holidays: list[Holiday]


class NextHoliday(Row):
    country: str
    date: date
    name: str
    weekday: str
    days_away: int


def day_of(rule: str, year: int) -> date:
    if rule.startswith("E"):
        return date(year, *EASTER[year]) + timedelta(days=int(rule[1:]))
    return date.fromisoformat(f"{year}-{rule}")


def of_year(work: Work, country: str, year: int) -> list[Holiday]:
    days = [(day_of(rule, year), name) for rule, name in work.holidays[country]]
    return [Holiday(date=day, name=name, weekday=day.strftime("%A")) for day, name in sorted(days)]


@router.get("")
async def list_holidays(
    work: TheWork, country: Country, year: Annotated[int, Query(ge=2024, le=2030)], accept_language: Language = "en"
) -> Holidays:
    return Holidays(country=country, year=year, holidays=of_year(work, country, year))


@router.get("/next")
async def next_holiday(work: TheWork, country: Country, after: Annotated[date | None, Query()] = None) -> NextHoliday:
    start = after or NOW.date()
    if not 2024 <= start.year <= 2030:
        unusable(f"after: {start} lies outside the years 2024 to 2030.")
    coming = [h for year in (start.year, start.year + 1) for h in of_year(work, country, year) if h.date > start]
    holiday = coming[0]
    return NextHoliday(country=country, days_away=(holiday.date - start).days, **holiday.model_dump())
