"""What calls cost by an operator's own table."""

from pathlib import Path

import pytest

from catalog.errors import SettingsError
from reasoners.chat import open_chat
from reasoners.chat.prices import Price, bundled_prices, own_prices


def own(tmp_path: Path, text: str) -> Path:
    (tmp_path / "prices.json").write_text(text, "utf-8")
    return tmp_path / "prices.json"


def test_an_own_price_goes_before_the_bundled_one_and_the_rest_stays(tmp_path: Path) -> None:
    table = own_prices(own(tmp_path, '{"gpt-4o-mini": {"input": 1, "output": 2.5}, "ours": {"input": 0, "output": 0}}'))

    assert open_chat(model="gpt-4o-mini", prices=table).endpoint.price == Price(1, 2.5)
    assert open_chat(model="ours", prices=table).endpoint.price == Price(0, 0)
    assert open_chat(model="gpt-4o", prices=table).endpoint.price == bundled_prices()["gpt-4o"]


def test_a_price_can_be_taken_back(tmp_path: Path) -> None:
    table = own_prices(own(tmp_path, '{"gpt-4o-mini": null}'))

    assert open_chat(model="gpt-4o-mini", prices=table).endpoint.price is None


def test_a_model_in_no_table_has_no_known_price() -> None:
    assert open_chat(model="our-own").endpoint.price is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file: Invalid JSON"),
        ("[]", "the file"),
        ('{"m": {"input": -1, "output": 2}}', "m, input"),
        ('{"m": {"input": 1}}', "m, output"),
        ('{"m": {"input": 1, "output": "much"}}', "m, output"),
        ('{"m": {"input": 1, "output": 1e999}}', "m, output"),
        ('{"m": {"input": 1, "output": 2, "cached": 1}}', "m, cached"),
        ('{"m": 3}', "m"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_place_and_the_form_it_should_have(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        own_prices(own(tmp_path, text))

    assert raised.value.name == "SWITCHBOARD_PRICES_FILE"
    assert f"{tmp_path / 'prices.json'}: {told}" in raised.value.reason
    assert '{"model": {"input"' in raised.value.reason


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        own_prices(tmp_path / "prices.json")
