"""The personal e-mail box. Nothing leaves the demo."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from demo.keys import OFFICE
from demo.routes.customers import EMAIL
from demo.routes.work import StoredMessage, TheWork
from demo.shelf import NOW, Body, Row, missing

router = APIRouter(prefix="/mail", tags=["Office"], dependencies=OFFICE)
Sender = Annotated[str | None, Query(pattern=EMAIL, json_schema_extra={"format": "email"})]


class Listed(Row):
    message_id: str
    sender: str
    subject: str
    received_at: datetime
    unread: bool


class Inbox(Row):
    count: int
    messages: list[Listed]


class Message(Row):
    message_id: str
    sender: str
    subject: str
    received_at: datetime
    text: str


class NewMessage(Body):
    to: str = Field(pattern=EMAIL, json_schema_extra={"format": "email"})
    subject: str = Field(min_length=1, max_length=120)
    text: str = Field(min_length=1, max_length=5000)


class Sent(Row):
    message_id: str
    to: str
    subject: str
    sent_at: datetime
    status: str


def listed(message: StoredMessage) -> Listed:
    return Listed(**{field: getattr(message, field) for field in Listed.model_fields})


@router.get("/messages")
async def list_messages(
    work: TheWork,
    sender: Sender = None,
    unread: Annotated[bool | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
) -> Inbox:
    rows = [listed(m) for m in work.messages if sender in (None, m.sender) and unread in (None, m.unread)][:limit]
    return Inbox(count=len(rows), messages=rows)


@router.get("/messages/{message_id}")
async def read_message(message_id: Annotated[str, Path(pattern=r"^ML[0-9]{3}$")], work: TheWork) -> Message:
    same = (message for message in work.messages if message.message_id == message_id)
    message = next(same, None) or missing(f"No such e-mail: {message_id}")
    return Message(**{field: getattr(message, field) for field in Message.model_fields})


@router.post("/messages", status_code=201)
async def send_email(new: NewMessage, work: TheWork) -> Sent:
    work.sent += 1
    return Sent(message_id=f"ML{500 + work.sent}", to=new.to, subject=new.subject, sent_at=NOW, status="sent")
