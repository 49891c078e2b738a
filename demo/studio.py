"""`make studio`: LangGraph Studio's server on the demo's catalog, with the stand-in world to answer the calls."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from importlib.util import find_spec

from pydantic import SecretStr

from api.cli.opening import opened_catalog, read_settings
from callers.credential_setting import CredentialSetting
from catalog.errors import SwitchboardError
from catalog.importing import import_document
from demo.child import ROOT
from demo.world import World, running
from graph.settings import Settings


class StudioMissing(SwitchboardError):
    """LangGraph's development server is not installed."""

    code = "not_installed"
    cure = 'Install it with: pip install "switchboard[studio]"'

    def __init__(self) -> None:
        super().__init__("LangGraph's development server is not installed here.")


async def take_in(world: World) -> None:
    async with opened_catalog() as catalog:
        await import_document(catalog.store, world.document, format="switchboard", source=world.source)
        await catalog.index.sync()


def credentials(settings: Settings, world: World) -> str:
    """As the variable wants them; what the operator set wins."""
    brought = {name: {"secret": secret, "origins": [world.url]} for name, secret in world.credentials.items()}
    return json.dumps({**brought, **settings.credentials}, default=_plain)


def _plain(said: object) -> object:
    """What a setting says, for a process of ours."""
    if isinstance(said, SecretStr):
        return said.get_secret_value()
    assert isinstance(said, CredentialSetting)  # noqa: S101  (there is nothing else among the credentials)
    return {**said.model_dump(exclude_defaults=True)}


def serve(arguments: list[str]) -> None:
    """Until Ctrl-C. In this process, so that the world ends with it, however it ends. Raises SwitchboardError."""
    if find_spec("langgraph_api") is None:
        raise StudioMissing
    from langgraph_cli.cli import cli

    with running() as world:
        asyncio.run(take_in(world))
        settings = read_settings()
        os.environ["SWITCHBOARD_CREDENTIALS"] = credentials(settings, world)
        os.environ["SWITCHBOARD_ALLOW_HOSTS"] = json.dumps([*settings.allow_hosts, world.url.removeprefix("http://")])
        os.environ.setdefault("LANGGRAPH_CLI_NO_ANALYTICS", "1")
        # Without reloading there is one process; to work on the code, run `langgraph dev` itself.
        cli(["dev", "--no-reload", "--config", str(ROOT / "langgraph.json"), *arguments], standalone_mode=False)


def main() -> None:
    try:
        serve(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except SwitchboardError as error:
        sys.exit(f"{error} {error.cure}".strip())


if __name__ == "__main__":
    main()
