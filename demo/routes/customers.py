"""Customer records of the shop."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import StrictBool

from demo.keys import SHOP
from demo.routes.shop import Customer, CustomerId, TheShop
from demo.shelf import Body, Row, missing

router = APIRouter(prefix="/shop/customers", tags=["E-Commerce"], dependencies=SHOP)

EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
Email = Annotated[str, Query(pattern=EMAIL, json_schema_extra={"format": "email"})]


class Subscription(Body):
    subscribed: StrictBool


class Newsletter(Row):
    customer_id: str
    newsletter: bool


@router.get("")
async def find_customer(email: Email, shop: TheShop) -> Customer:
    same = (customer for customer in shop.customers.values() if customer.email == email.casefold())
    return next(same, None) or missing(f"No customer has the e-mail address {email}")


@router.get("/{customer_id}")
async def get_customer(customer_id: CustomerId, shop: TheShop) -> Customer:
    return shop.customer(customer_id)


@router.put("/{customer_id}/newsletter")
async def set_newsletter(customer_id: CustomerId, new: Subscription, shop: TheShop) -> Newsletter:
    shop.customer(customer_id).newsletter = new.subscribed
    return Newsletter(customer_id=customer_id, newsletter=new.subscribed)
