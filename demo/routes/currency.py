"""Exchange rates."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from demo.places import dice
from demo.routes.work import TheWork, Work
from demo.shelf import NOW, Row, missing, unusable

router = APIRouter(prefix="/currency", tags=["Finance"])
Code = Annotated[str, Query(pattern=r"^[A-Z]{3}$")]


class Conversion(Row):
    amount: float
    from_currency: str
    to_currency: str
    rate: float
    result: float
    date: date


class Currency(Row):
    code: str
    name: str
    country: str


class Currencies(Row):
    count: int
    currencies: list[Currency]


class PastRate(Row):
    from_currency: str
    to_currency: str
    date: date
    rate: float


def per_euro(work: Work, code: str) -> float:
    same = (currency.per_euro for currency in work.currencies if currency.code == code)
    return next(same, None) or missing(f"No such currency: {code}")


def rate(work: Work, source: str, target: str) -> float:
    return round(per_euro(work, target) / per_euro(work, source), 4)


@router.get("/convert")
async def convert_currency(
    work: TheWork, amount: Annotated[float, Query(ge=0, allow_inf_nan=False)], from_currency: Code, to_currency: Code
) -> Conversion:
    today = rate(work, from_currency, to_currency)
    return Conversion(
        amount=amount, from_currency=from_currency, to_currency=to_currency, rate=today,
        result=round(amount * today, 2), date=NOW.date(),
    )  # fmt: skip


@router.get("/list")
async def list_currencies(work: TheWork) -> Currencies:
    rows = [Currency(code=c.code, name=c.name, country=c.country) for c in work.currencies]
    return Currencies(count=len(rows), currencies=rows)


@router.get("/history")
async def rate_history(
    work: TheWork, from_currency: Code, to_currency: Code, date: Annotated[date, Query()]
) -> PastRate:
    if date > NOW.date():
        unusable(f"date: {date} is in the future; today is {NOW.date()}.")
    drift = 1 + (dice(*sorted((from_currency, to_currency)), date, sides=81) - 40) / 1000
    past = round(rate(work, from_currency, to_currency) * drift, 4)
    return PastRate(from_currency=from_currency, to_currency=to_currency, date=date, rate=past)
