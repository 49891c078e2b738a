"""The online shop: its stock of customers, products, orders and returns, and how they hang together."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Depends, Path
from pydantic import Field

from demo.shelf import NOW, Row, missing, read, stock

Status = Literal["processing", "shipped", "delivered", "cancelled"]
RefundStatus = Literal["none", "pending", "refunded"]
Reason = Literal["damaged", "wrong_item", "too_late", "not_needed", "other"]
ORDER_ID = r"^[0-9]{5,6}$"
CUSTOMER_ID = r"^C[0-9]{4}$"
PRODUCT_ID = r"^P[0-9]{3}$"
RETURN_DAYS = 30
"""How long after delivery goods may be sent back."""

OrderId = Annotated[str, Path(pattern=ORDER_ID)]
ReturnId = Annotated[str, Path(pattern=r"^[a-z]{3}[0-9]{3}$")]
CustomerId = Annotated[str, Path(pattern=CUSTOMER_ID)]
ProductId = Annotated[str, Path(pattern=PRODUCT_ID)]


class Customer(Row):
    customer_id: str
    name: str
    email: str
    city: str
    country: str
    member_since: date
    newsletter: bool


class Product(Row):
    product_id: str
    name: str
    department: str
    price: float
    currency: str
    in_stock: bool
    rating: float
    description: str


class Review(Row):
    stars: int
    comment: str
    author: str


class StoredOrder(Row):
    customer_id: str
    status: Status
    ordered_on: date
    shipped_on: date | None = None
    delivered_on: date | None = None
    tracking_number: str | None = None
    items: dict[str, int]
    """Pieces by product number."""
    shipping: float
    refund_status: RefundStatus = "none"
    address: tuple[str, str, str, str]


class StoredReturn(Row):
    order_id: str
    status: str
    items: dict[str, int]
    reason: Reason
    requested_on: date
    processing_date: date
    refund_status: RefundStatus


class Shop(Row):
    """Everything of the shop that can change while the server runs."""

    customers: dict[str, Customer]
    products: dict[str, Product]
    reviews: dict[str, list[Review]]
    orders: dict[str, StoredOrder]
    returns: dict[str, StoredReturn]

    def order(self, order_id: str) -> StoredOrder:
        return self.orders.get(order_id) or missing(f"No such order: {order_id}")

    def customer(self, customer_id: str) -> Customer:
        return self.customers.get(customer_id) or missing(f"No such customer: {customer_id}")

    def product(self, product_id: str) -> Product:
        return self.products.get(product_id) or missing(f"No such product: {product_id}")

    def price(self, items: dict[str, int]) -> float:
        return round(sum(self.products[product].price * count for product, count in items.items()), 2)

    def returns_of(self, order_id: str) -> list[StoredReturn]:
        return [r for r in self.returns.values() if r.order_id == order_id]

    def refund_status(self, order_id: str) -> RefundStatus:
        for returned in self.returns_of(order_id):
            return returned.refund_status
        return self.orders[order_id].refund_status

    def return_policy(self, order_id: str) -> tuple[bool, str]:
        """Whether the order may be sent back, and why."""
        order = self.orders[order_id]
        if order.delivered_on is None:
            return False, f"Goods can be sent back within {RETURN_DAYS} days after delivery; this is {order.status}."
        if self.returns_of(order_id):
            return False, "A return of this order is registered already."
        if (NOW.date() - order.delivered_on).days > RETURN_DAYS:
            return False, f"It was delivered more than {RETURN_DAYS} days ago."
        return True, f"Goods can be sent back within {RETURN_DAYS} days after delivery."


def opened() -> Shop:
    return read(Shop, "shop")


TheShop = Annotated[Shop, Depends(stock(opened))]
Department = Literal["bath", "kitchen", "garden", "office", "outdoor"]
Stars = Annotated[int, Field(strict=True, ge=1, le=5)]
