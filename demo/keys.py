"""The demo's keys: harmless constants that open nothing but the demo's own server."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Depends, HTTPException, Security
from fastapi.security import (
    APIKeyHeader,
    APIKeyQuery,
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
)

CREDENTIALS = {
    "shop_key": "demo-shop-key",
    "travel_token": "demo-travel-token",
    "music_token": "demo-music-token",
    "market_key": "demo-market-key",
    "office_login": "demo:demo-office",
}
"""By the name that the catalog gives them; `office_login` as user and password."""

_shop = APIKeyHeader(name="X-Api-Key", scheme_name="shop_key", auto_error=False)
_market = APIKeyQuery(name="apikey", scheme_name="market_key", auto_error=False)
_travel = HTTPBearer(scheme_name="travel_token", auto_error=False)
_music = HTTPBearer(scheme_name="music_token", auto_error=False)
_office = HTTPBasic(scheme_name="office_login", auto_error=False)

Bearer = HTTPAuthorizationCredentials | None


def check(name: str, received: str | None) -> None:
    if received is None:
        raise HTTPException(401, f"This needs the credential {name}, and none came with the request.")
    if not secrets.compare_digest(received.encode(), CREDENTIALS[name].encode()):
        raise HTTPException(401, f"The credential {name} is wrong.")


async def shop_key(key: Annotated[str | None, Security(_shop)]) -> None:
    check("shop_key", key)


async def market_key(key: Annotated[str | None, Security(_market)]) -> None:
    check("market_key", key)


async def travel_token(token: Annotated[Bearer, Security(_travel)]) -> None:
    check("travel_token", token.credentials if token else None)


async def music_token(token: Annotated[Bearer, Security(_music)]) -> None:
    check("music_token", token.credentials if token else None)


async def office_login(login: Annotated[HTTPBasicCredentials | None, Security(_office)]) -> None:
    check("office_login", f"{login.username}:{login.password}" if login else None)


SHOP, MARKET, TRAVEL, MUSIC, OFFICE = (
    [Depends(guard)] for guard in (shop_key, market_key, travel_token, music_token, office_login)
)
