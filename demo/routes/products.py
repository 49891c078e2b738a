"""What the shop sells, and what buyers think of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from demo.keys import SHOP
from demo.matching import best
from demo.routes.shop import Department, Product, ProductId, Review, Stars, TheShop
from demo.shelf import Body, Row

router = APIRouter(prefix="/shop/products", tags=["E-Commerce"])


class Listed(Row):
    product_id: str
    name: str
    department: str
    price: float
    currency: str
    in_stock: bool
    rating: float


class Products(Row):
    count: int
    products: list[Listed]


class Reviews(Row):
    product_id: str
    average: float | None
    reviews: list[Review]


class NewReview(Body):
    stars: Stars
    comment: str | None = Field(None, max_length=500)


class Rated(Row):
    product_id: str
    stars: int
    comment: str
    average: float


def average(reviews: list[Review]) -> float:
    return round(sum(review.stars for review in reviews) / len(reviews), 1)


@router.get("")
async def search_products(
    shop: TheShop,
    keywords: Annotated[str | None, Query()] = None,
    department: Annotated[Department | None, Query()] = None,
    max_price: Annotated[float | None, Query(ge=0)] = None,
    in_stock: Annotated[bool | None, Query()] = None,
) -> Products:
    rows = list(shop.products.values())
    if keywords:
        rows = best(keywords, rows, lambda p: f"{p.name} {p.description} {p.department}")
    kept = [
        Listed(**product.model_dump(exclude={"description"}))
        for product in rows
        if department in (None, product.department)
        and (max_price is None or product.price <= max_price)
        and in_stock in (None, product.in_stock)
    ]
    return Products(count=len(kept), products=kept)


@router.get("/{product_id}")
async def get_product(product_id: ProductId, shop: TheShop) -> Product:
    return shop.product(product_id)


@router.get("/{product_id}/reviews")
async def list_reviews(product_id: ProductId, shop: TheShop) -> Reviews:
    shop.product(product_id)
    written = shop.reviews.get(product_id, [])
    return Reviews(product_id=product_id, average=average(written) if written else None, reviews=written)


@router.post("/{product_id}/reviews", status_code=201, dependencies=SHOP)
async def add_review(product_id: ProductId, new: NewReview, shop: TheShop) -> Rated:
    shop.product(product_id)
    written = shop.reviews.setdefault(product_id, [])
    review = Review(stars=new.stars, comment=new.comment or "", author="You")
    written.append(review)
    return Rated(product_id=product_id, stars=review.stars, comment=review.comment, average=average(written))
