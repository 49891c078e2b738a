"""What every vault promises."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callers.vault import PassingVault, SqliteVault, Vault
from catalog.errors import StoreUnavailable


@pytest.fixture(params=["passing", "sqlite", "postgres"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    if request.param == "passing":
        return PassingVault()
    if request.param == "sqlite":
        return SqliteVault(tmp_path / "vault.db")
    url: str = request.getfixturevalue("database_url")
    from callers.postgres_vault import PostgresVault
    from catalog.postgres_pool import AsyncPool

    return PostgresVault(AsyncPool(url, 8))


async def test_what_was_put_is_there_until_it_is_forgotten(vault: Vault) -> None:
    await vault.put("a", "1")
    await vault.put("a", "2")
    found = [await vault.get("a"), await vault.get("b")]
    await vault.forget("a")
    await vault.forget("a")
    gone = await vault.get("a")
    await vault.close()
    assert (found, gone) == (["2", None], None)


async def test_of_many_that_are_first_one_wins(vault: Vault) -> None:
    stands = await asyncio.gather(*(vault.first("origin", str(n)) for n in range(20)))
    kept = await vault.get("origin")
    await vault.close()
    assert set(stands) == {kept}


async def test_two_processes_see_the_same(tmp_path: Path) -> None:
    one, other = SqliteVault(tmp_path / "vault.db"), SqliteVault(tmp_path / "vault.db")
    await one.put("a", "1")
    found = [await other.first("a", "2"), await other.get("a")]
    await one.close()
    await other.close()
    assert found == ["1", "1"]
    assert (tmp_path / "vault.db").stat().st_mode & 0o777 == 0o600


async def test_a_file_that_is_no_vault_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "vault.db").write_text("something else entirely, and longer than a header of SQLite")
    with pytest.raises(StoreUnavailable):
        await SqliteVault(tmp_path / "vault.db").get("a")
    assert (tmp_path / "vault.db").read_text().startswith("something else")
