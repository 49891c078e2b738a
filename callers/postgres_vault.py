"""What is kept of credentials between two starts, in PostgreSQL: the twin of `callers/vault.py`."""

from __future__ import annotations

from catalog.postgres_pool import AsyncPool

PUT = "INSERT INTO vault VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
FIRST = "INSERT INTO vault VALUES (%s, %s) ON CONFLICT (key) DO NOTHING"


class PostgresVault:
    """Keeps `Vault`, for any number of replicas."""

    def __init__(self, pool: AsyncPool) -> None:
        self._pool = pool

    async def get(self, key: str) -> str | None:
        async with self._pool.connection() as db:
            row = await (await db.execute("SELECT value FROM vault WHERE key = %s", (key,))).fetchone()
        return None if row is None else str(row[0])

    async def put(self, key: str, value: str) -> None:
        async with self._pool.connection() as db:
            await db.execute(PUT, (key, value))

    async def first(self, key: str, value: str) -> str:
        async with self._pool.connection() as db:
            await db.execute(FIRST, (key, value))
        return await self.get(key) or value

    async def forget(self, key: str) -> None:
        async with self._pool.connection() as db:
            await db.execute("DELETE FROM vault WHERE key = %s", (key,))

    async def close(self) -> None:
        await self._pool.close()
