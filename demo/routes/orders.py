"""Orders of the shop: look up, place, change, cancel."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, StrictBool

from demo.keys import SHOP
from demo.routes.shop import (
    CUSTOMER_ID,
    PRODUCT_ID,
    CustomerId,
    OrderId,
    RefundStatus,
    Shop,
    Status,
    StoredOrder,
    TheShop,
)
from demo.shelf import NOW, Body, Row, conflict

router = APIRouter(prefix="/shop", tags=["E-Commerce"], dependencies=SHOP)


class Line(Row):
    product_id: str
    name: str
    quantity: int
    unit_price: float


class Address(Row):
    street: str
    city: str
    postal_code: str
    country: str


class Order(Row):
    order_id: str
    customer_id: str
    status: Status
    ordered_on: date
    shipped_on: date | None
    delivered_on: date | None
    tracking_number: str | None
    items: list[Line]
    shipping: float
    total: float
    currency: str
    payment_status: str
    refund_status: RefundStatus
    returnable: bool
    return_policy: str
    delivery_address: Address


class OrderLine(Row):
    order_id: str
    status: Status
    ordered_on: date
    total: float
    currency: str


class OrderList(Row):
    customer_id: str
    count: int
    orders: list[OrderLine]


class NewOrder(Body):
    customer_id: str = Field(pattern=CUSTOMER_ID)
    product_id: str = Field(pattern=PRODUCT_ID)
    quantity: Annotated[int, Field(strict=True, ge=1, le=20)] = 1
    gift_wrap: StrictBool = False


class Cancelled(Row):
    order_id: str
    status: Status
    refund_status: RefundStatus
    refund_amount: float
    currency: str


class NewAddress(Body):
    street: str = Field(min_length=3)
    city: str = Field(min_length=1)
    postal_code: str = Field(min_length=3, max_length=10)
    country: str = Field("GB", pattern=r"^[A-Z]{2}$")


class AddressChanged(Row):
    order_id: str
    status: Status
    delivery_address: Address


def address(order: StoredOrder) -> Address:
    street, city, postal_code, country = order.address
    return Address(street=street, city=city, postal_code=postal_code, country=country)


def total(shop: Shop, order: StoredOrder) -> float:
    return round(shop.price(order.items) + order.shipping, 2)


def lines(shop: Shop, items: dict[str, int]) -> list[Line]:
    bought = [(shop.products[product_id], quantity) for product_id, quantity in items.items()]
    return [Line(product_id=p.product_id, name=p.name, quantity=n, unit_price=p.price) for p, n in bought]


def shown(shop: Shop, order_id: str) -> Order:
    order = shop.order(order_id)
    returnable, policy = shop.return_policy(order_id)
    return Order(
        order_id=order_id, customer_id=order.customer_id, status=order.status, ordered_on=order.ordered_on,
        shipped_on=order.shipped_on, delivered_on=order.delivered_on, tracking_number=order.tracking_number,
        items=lines(shop, order.items), shipping=order.shipping, total=total(shop, order), currency="GBP",
        payment_status="paid", refund_status=shop.refund_status(order_id), returnable=returnable,
        return_policy=policy, delivery_address=address(order),
    )  # fmt: skip


@router.get("/orders/{order_id}")
async def get_order(order_id: OrderId, shop: TheShop) -> Order:
    return shown(shop, order_id)


@router.get("/customers/{customer_id}/orders")
async def list_customer_orders(
    customer_id: CustomerId, shop: TheShop, status: Annotated[Status | None, Query()] = None
) -> OrderList:
    shop.customer(customer_id)
    rows = [
        OrderLine(order_id=i, status=o.status, ordered_on=o.ordered_on, total=total(shop, o), currency="GBP")
        for i, o in shop.orders.items()
        if o.customer_id == customer_id and status in (None, o.status)
    ]
    newest_first = sorted(rows, key=lambda row: row.ordered_on, reverse=True)
    return OrderList(customer_id=customer_id, count=len(rows), orders=newest_first)


@router.post("/orders", status_code=201)
async def place_order(new: NewOrder, shop: TheShop) -> Order:
    customer, product = shop.customer(new.customer_id), shop.product(new.product_id)
    if not product.in_stock:
        conflict(f"{product.name} is out of stock.")
    order_id = str(max(map(int, shop.orders)) + 1)
    earlier = [o for o in shop.orders.values() if o.customer_id == customer.customer_id]
    shop.orders[order_id] = StoredOrder(
        customer_id=customer.customer_id, status="processing", ordered_on=NOW.date(),
        items={product.product_id: new.quantity}, shipping=6.5 if new.gift_wrap else 3.5, address=earlier[0].address,
    )  # fmt: skip
    return shown(shop, order_id)


@router.delete("/orders/{order_id}")
async def cancel_order(order_id: OrderId, shop: TheShop) -> Cancelled:
    order = shop.order(order_id)
    if order.status != "processing":
        conflict(f"Order {order_id} is {order.status} and can no longer be cancelled.")
    order.status, order.refund_status = "cancelled", "pending"
    return Cancelled(
        order_id=order_id,
        status=order.status,
        refund_status="pending",
        refund_amount=total(shop, order),
        currency="GBP",
    )


@router.put("/orders/{order_id}/address")
async def change_delivery_address(order_id: OrderId, new: NewAddress, shop: TheShop) -> AddressChanged:
    order = shop.order(order_id)
    if order.status != "processing":
        conflict(f"Order {order_id} is {order.status}; its address can no longer be changed.")
    order.address = (new.street, new.city, new.postal_code, new.country)
    return AddressChanged(order_id=order_id, status=order.status, delivery_address=address(order))
