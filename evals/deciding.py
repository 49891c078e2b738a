"""Who decides in an eval: the offline reasoner, or the model of the settings or of the options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer
from pydantic import JsonValue, ValidationError

from api.cli.opening import WrongSettings, read_settings
from evals.delivery import Repeat
from graph.settings import Settings

ModelName = Annotated[str | None, typer.Option("--model", help="Name of a model; else SWITCHBOARD_MODEL.")]
BaseUrl = Annotated[str | None, typer.Option(help="Address of its endpoint; else OPENAI_BASE_URL.")]
FormOfAsking = Annotated[str | None, typer.Option("--driver", help="Form of asking; else SWITCHBOARD_DRIVER.")]
Offline = Annotated[bool, typer.Option("--offline", help="Without a model, whatever is set.")]
AtOnce = Annotated[int, typer.Option(min=1, help="Calls under way at once, at an endpoint.")]


@dataclass(frozen=True)
class Deciding:
    """The options of who decides, and how often."""

    model: ModelName = None
    base_url: BaseUrl = None
    driver: FormOfAsking = None
    offline: Offline = False
    at_once: AtOnce = 8
    repeat: Repeat = 1

    def settings(self) -> Settings:
        """The environment's settings, with these in their place. Raises WrongSettings."""
        return _chosen(self)


def _chosen(wish: Deciding) -> Settings:
    wished = {"model": wish.model, "openai_base_url": wish.base_url, "driver": wish.driver}
    given: dict[str, object] = {name: value for name, value in wished.items() if value is not None}
    if wish.offline or wish.model or wish.base_url:
        given["reasoner"] = "offline" if wish.offline else "chat"
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
