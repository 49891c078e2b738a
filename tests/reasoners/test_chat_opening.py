"""What it takes to open a chat reasoner, and which differences between providers are known."""

import subprocess
import sys
from pathlib import Path

import pytest

from evals.scripted_model import ScriptedModel
from reasoners.chat import open_chat
from reasoners.chat.prices import bundled_prices
from reasoners.protocol import Option
from reasoners.providers import PROVIDERS, provider_at

OPTIONS = [Option("a", "a"), Option("b", "b")]


def test_importing_it_does_not_import_the_heavy_client() -> None:
    code = "import sys, reasoners.chat; sys.exit('openai' in sys.modules or 'langchain_openai' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0


def test_opening_contacts_nobody_and_shows_no_key() -> None:
    chat = open_chat(model="m", base_url="http://127.0.0.1:1/v1", api_key="sk-never-shown")

    assert "sk-never-shown" not in f"{chat!r}{chat.endpoint.model!r}{chat.endpoint.model.model_dump()!r}"


def test_providers_are_found_by_their_address() -> None:
    assert {provider_at(p.base_url).name for p in PROVIDERS} == {p.name for p in PROVIDERS}
    assert provider_at("http://127.0.0.1:1234/v1/").tool_choice == "required"
    assert provider_at("https://models.example.com/v1").tool_choice == "named"


@pytest.mark.parametrize("model", ["o3", "o4-mini", "gpt-5-nano"])
def test_a_temperature_is_not_given_to_models_that_refuse_it(model: str) -> None:
    assert open_chat(model=model).endpoint.model.temperature is None
    assert open_chat(model="gpt-4.1").endpoint.model.temperature == 0


async def test_without_a_key_local_servers_are_asked_all_the_same() -> None:
    async with ScriptedModel({"apis": ["b"]}) as model:
        chat = open_chat(model="m", base_url=model.url)
        assert (await chat.choose("?", OPTIONS, level="api", limit=1)).ids == ("b",)
        await chat.close()


def test_every_price_is_of_one_unit_and_none_is_free() -> None:
    assert all(0 < p.input < p.output < 1000 for p in bundled_prices().values())
