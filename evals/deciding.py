"""Who decides in an eval: the offline reasoner, or the model of the settings or of the options."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import JsonValue, ValidationError

from api.cli.opening import WrongSettings, read_settings
from graph.settings import Settings

ModelName = Annotated[str | None, typer.Option("--model", help="Name of a model; else SWITCHBOARD_MODEL.")]
BaseUrl = Annotated[str | None, typer.Option(help="Address of its endpoint; else OPENAI_BASE_URL.")]
FormOfAsking = Annotated[str | None, typer.Option("--driver", help="Form of asking; else SWITCHBOARD_DRIVER.")]
Offline = Annotated[bool, typer.Option("--offline", help="Without a model, whatever is set.")]
AtOnce = Annotated[int, typer.Option(min=1, help="Calls under way at once, at an endpoint.")]


def chosen_settings(*, model: str | None, base_url: str | None, driver: str | None, offline: bool) -> Settings:
    """The environment's settings, with these in their place. Raises WrongSettings."""
    wished = {"model": model, "openai_base_url": base_url, "driver": driver}
    given: dict[str, object] = {name: value for name, value in wished.items() if value is not None}
    if offline or model or base_url:
        given["reasoner"] = "offline" if offline else "chat"
    read_settings()  # what is wrong in the environment is told by the variable's name
    try:
        return Settings.model_validate(given)
    except ValidationError as invalid:
        problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in invalid.errors(include_url=False)]
        raise WrongSettings(problems) from None


def decider(settings: Settings) -> dict[str, JsonValue]:
    """What a report says of who decided."""
    model = settings.model if settings.chosen_reasoner == "chat" else None
    return {"reasoner": settings.chosen_reasoner, "model": model}
