"""How PostgreSQL is reached: which connections are still good, and what its failures mean, told as ours."""

from __future__ import annotations

import select
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg

from catalog.errors import StoreUnavailable

WAIT_SECONDS = 3.0
"""For a connection; a server that restarts is back by then, or the caller is told to come again."""
LINK: Mapping[str, str | int | bool] = {
    "autocommit": True,  # transactions are begun by hand, where more than one statement belongs together
    "connect_timeout": round(WAIT_SECONDS),
    "application_name": "switchboard",
    # A server that vanished without a word is noticed in half a minute, not in two hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 20_000,
}


def place_of(url: str) -> str:
    """The database in words, without the password."""
    parts = urlsplit(url)
    host = parts.hostname or "the local socket"
    return f"PostgreSQL at {host}{f':{parts.port}' if parts.port else ''}{parts.path}"


def gone(connection: psycopg.Connection[object] | psycopg.AsyncConnection[object]) -> bool:
    """Whether the server has ended this idle connection: it has something to say though nobody asked. Never waits."""
    if connection.closed:
        return True
    look = select.poll()
    look.register(connection.pgconn.socket, select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(look.poll(0))


def storable(text: str) -> str:
    """Without NUL, which no column of text takes."""
    return text.replace("\0", "")


@contextmanager
def told(where: str) -> Iterator[None]:
    """What the driver and the pool report, as our own error."""
    try:
        yield
    except (psycopg.Error, TimeoutError) as error:
        raise StoreUnavailable(where, reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """What went wrong, in one line, and what to do."""
    match error:
        case TimeoutError():
            return "it gave no answer in time"
        case psycopg.errors.LockNotAvailable():
            return "another process has been writing for too long; wait until it ends, or stop it, and try again"
        case psycopg.errors.DiskFull():
            return "its disk is full; free some space and try again"
        case psycopg.errors.ReadOnlySqlTransaction():
            return "it is read-only; is this a standby?"
        case _:
            return str(error).strip().split("\n")[0] or type(error).__name__
