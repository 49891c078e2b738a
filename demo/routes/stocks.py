"""Share prices."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query

from demo.keys import MARKET
from demo.places import dice
from demo.routes.work import StoredStock, TheWork, Work
from demo.shelf import NOW, Row, missing

router = APIRouter(prefix="/stocks", tags=["Finance"], dependencies=MARKET)
Symbol = Annotated[str, Path(pattern=r"^[A-Z]{1,5}$")]


class StockQuote(Row):
    symbol: str
    company: str
    price: float
    change_percent: float
    volume: int
    currency: str
    time: datetime


class Close(Row):
    date: date
    close: float


class History(Row):
    symbol: str
    currency: str
    prices: list[Close]


class Listing(Row):
    symbol: str
    company: str
    exchange: str


class Listings(Row):
    count: int
    matches: list[Listing]


def found(work: Work, symbol: str) -> StoredStock:
    same = (stock for stock in work.stocks if stock.symbol == symbol)
    return next(same, None) or missing(f"No such symbol: {symbol}")


@router.get("/search")
async def find_symbol(work: TheWork, company: Annotated[str, Query(min_length=2)]) -> Listings:
    rows = [
        Listing(symbol=stock.symbol, company=stock.company, exchange=stock.exchange)
        for stock in work.stocks
        if company.casefold() in stock.company.casefold()
    ]
    return Listings(count=len(rows), matches=rows)


@router.get("/{symbol}/quote")
async def stock_quote(symbol: Symbol, work: TheWork) -> StockQuote:
    stock = found(work, symbol)
    return StockQuote(
        symbol=symbol, company=stock.company, price=stock.price, change_percent=stock.change_percent,
        volume=stock.volume, currency="USD", time=NOW,
    )  # fmt: skip


@router.get("/{symbol}/history")
async def stock_history(symbol: Symbol, work: TheWork, days: Annotated[int, Query(ge=1, le=30)] = 5) -> History:
    stock = found(work, symbol)
    back = (NOW.date() - timedelta(days=number) for number in range(1, 3 * days + 3))
    trading = [day for day in back if day.weekday() < 5][:days]
    prices = [
        Close(date=day, close=round(stock.price * (1 + (dice(symbol, day, sides=101) - 50) / 1000), 2))
        for day in trading
    ]
    return History(symbol=symbol, currency="USD", prices=prices)
