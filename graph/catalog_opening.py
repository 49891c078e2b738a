"""Opens the catalog alone, from the settings: for commands that run nothing, as the graph takes a second to import."""

from __future__ import annotations

from importlib.util import find_spec

from catalog.errors import SettingsError
from catalog.sqlite import SqliteCatalog
from catalog.store import CatalogStore
from graph.settings import Settings

PACKAGES = ("psycopg", "langgraph.checkpoint.postgres", "alembic", "sqlalchemy")


def open_catalog(settings: Settings, *, never_block: bool = False) -> CatalogStore:
    """Blocking. In PostgreSQL it makes or upgrades the tables, where needed. Raises StoreUnavailable, SettingsError."""
    url = postgres_url(settings)
    if url is None:
        return SqliteCatalog.open(settings.folder / "catalog.db", never_block=never_block)
    from catalog.postgres import PostgresCatalog
    from graph.postgres_schema import prepare

    prepare(url)
    return PostgresCatalog(url)


def postgres_url(settings: Settings) -> str | None:
    """Where PostgreSQL is; None: SQLite is used. Raises SettingsError where packages for it are missing."""
    if settings.database_url is None:
        return None
    missing = [name for name in PACKAGES if not _is_installed(name)]
    if missing:
        why = f"needs packages that are not installed ({', '.join(missing)}): pip install 'switchboard[postgres]'"
        raise SettingsError("SWITCHBOARD_DATABASE_URL", why)
    return settings.database_url.get_secret_value()


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):  # nor is what it is a part of; or it was barred
        return False
