"""Returns of the shop: look up, start, withdraw."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter
from pydantic import Field

from demo.keys import SHOP
from demo.routes.shop import ORDER_ID, Reason, RefundStatus, ReturnId, Shop, StoredReturn, TheShop
from demo.shelf import NOW, Body, Row, conflict, missing

router = APIRouter(prefix="/shop", tags=["E-Commerce"], dependencies=SHOP)
PROCESSING = timedelta(days=9)


class ReturnedItem(Row):
    product_id: str
    name: str
    quantity: int


class Return(Row):
    return_id: str
    order_id: str
    status: str
    items: list[ReturnedItem]
    reason: Reason
    requested_on: date
    processing_date: date
    refund_amount: float
    currency: str
    refund_status: RefundStatus


class NewReturn(Body):
    order_id: str = Field(pattern=ORDER_ID)
    reason: Reason
    comment: str | None = Field(None, max_length=300)


class Withdrawn(Row):
    return_id: str
    order_id: str
    status: str


def found(shop: Shop, return_id: str) -> StoredReturn:
    return shop.returns.get(return_id) or missing(f"No such return: {return_id}")


def shown(shop: Shop, return_id: str) -> Return:
    stored = found(shop, return_id)
    items = [
        ReturnedItem(product_id=product_id, name=shop.products[product_id].name, quantity=quantity)
        for product_id, quantity in stored.items.items()
    ]
    return Return(
        return_id=return_id, order_id=stored.order_id, status=stored.status, items=items, reason=stored.reason,
        requested_on=stored.requested_on, processing_date=stored.processing_date,
        refund_amount=shop.price(stored.items), currency="GBP", refund_status=stored.refund_status,
    )  # fmt: skip


@router.get("/returns/{return_id}")
async def get_return(return_id: ReturnId, shop: TheShop) -> Return:
    return shown(shop, return_id)


@router.post("/returns", status_code=201)
async def create_return(new: NewReturn, shop: TheShop) -> Return:
    order = shop.order(new.order_id)
    allowed, why = shop.return_policy(new.order_id)
    if not allowed:
        conflict(why)
    return_id = f"rtn{max(int(known[3:]) for known in shop.returns) + 1:03}"
    shop.returns[return_id] = StoredReturn(
        order_id=new.order_id, status="registered", items=dict(order.items), reason=new.reason,
        requested_on=NOW.date(), processing_date=NOW.date() + PROCESSING, refund_status="pending",
    )  # fmt: skip
    return shown(shop, return_id)


@router.delete("/returns/{return_id}")
async def cancel_return(return_id: ReturnId, shop: TheShop) -> Withdrawn:
    stored = found(shop, return_id)
    if stored.status == "processed":
        conflict(f"Return {return_id} is processed already.")
    stored.status, stored.refund_status = "withdrawn", "none"
    return Withdrawn(return_id=return_id, order_id=stored.order_id, status=stored.status)
