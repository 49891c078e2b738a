"""What a route may ask for: the open services, and who is asking."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from api.failures import NotReady
from api.tenant import tenant
from graph.services import Services


async def services(request: Request) -> Services:
    """Those that the app's lifespan opened."""
    opened: Services | None = getattr(request.app.state, "services", None)
    if opened is None:
        raise NotReady
    return opened


Opened = Annotated[Services, Depends(services)]
Tenant = Annotated[str, Depends(tenant)]
