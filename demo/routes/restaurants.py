"""Restaurants: search, menu, table."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from demo.places import find
from demo.routes.recipes import StoredRecipe
from demo.shelf import Body, Row, missing, read, stock

router = APIRouter(prefix="/restaurants", tags=["Food"])
RestaurantId = Annotated[str, Path(pattern=r"^R[0-9]{3}$")]
Cuisine = Literal["italian", "french", "indian", "japanese", "vegan", "german"]
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class StoredDish(NamedTuple):
    name: str
    price: float
    vegetarian: bool


class StoredRestaurant(NamedTuple):
    restaurant_id: str
    name: str
    city: str
    cuisine: str
    price_level: int
    rating: float
    dishes: list[StoredDish]


class Guide(Row):
    restaurants: list[StoredRestaurant]
    recipes: list[StoredRecipe]
    reservations: int = 0

    def restaurant(self, restaurant_id: str) -> StoredRestaurant:
        same = (r for r in self.restaurants if r.restaurant_id == restaurant_id)
        return next(same, None) or missing(f"No such restaurant: {restaurant_id}")


def opened() -> Guide:
    return read(Guide, "food")


TheGuide = Annotated[Guide, Depends(stock(opened))]


class Restaurant(Row):
    restaurant_id: str
    name: str
    city: str
    cuisine: str
    price_level: int
    rating: float


class Restaurants(Row):
    city: str
    count: int
    restaurants: list[Restaurant]


class Dish(Row):
    name: str
    price: float
    vegetarian: bool


class Menu(Row):
    restaurant_id: str
    name: str
    dishes: list[Dish]
    currency: str


class NewReservation(Body):
    date: date
    time: str = Field(pattern=CLOCK)
    party_size: Annotated[int, Field(strict=True, ge=1, le=12)]
    name: str = Field(min_length=1)


class Reservation(Row):
    reservation_id: str
    restaurant: str
    date: date
    time: str
    party_size: int
    status: str


@router.get("")
async def search_restaurants(
    guide: TheGuide,
    city: Annotated[str, Query(min_length=1)],
    cuisine: Annotated[Cuisine | None, Query()] = None,
    price_level: Annotated[int | None, Query(ge=1, le=4)] = None,
) -> Restaurants:
    name, _ = find(city)
    fitting = [
        Restaurant(**{field: getattr(r, field) for field in Restaurant.model_fields})
        for r in sorted(guide.restaurants, key=lambda r: -r.rating)
        if r.city == name and cuisine in (None, r.cuisine) and price_level in (None, r.price_level)
    ]
    return Restaurants(city=name, count=len(fitting), restaurants=fitting)


@router.get("/{restaurant_id}/menu")
async def get_menu(restaurant_id: RestaurantId, guide: TheGuide) -> Menu:
    found = guide.restaurant(restaurant_id)
    dishes = [Dish(**dish._asdict()) for dish in found.dishes]
    return Menu(restaurant_id=restaurant_id, name=found.name, dishes=dishes, currency="EUR")


@router.post("/{restaurant_id}/reservations", status_code=201)
async def reserve_table(restaurant_id: RestaurantId, new: NewReservation, guide: TheGuide) -> Reservation:
    found = guide.restaurant(restaurant_id)
    guide.reservations += 1
    return Reservation(
        reservation_id=f"RV{guide.reservations:03}", restaurant=found.name, date=new.date, time=new.time,
        party_size=new.party_size, status="confirmed",
    )  # fmt: skip
