"""The tables of the SQLite catalog, and its connections: a file that is not ours is never touched."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from catalog.errors import StoreUnavailable
from catalog.stored import content_hash, version_of

SCHEMA_VERSION = 3
SUMMED = 3  # the schema from which on the catalog's version is a sum over its tools
APPLICATION_ID = 0x53574254  # "SWBT": tells our file from someone else's database
BUSY_SECONDS = 10.0  # an import of 16,000 APIs holds the write lock for 2 to 5

# `*_parts` hold what each source says; `tools` and `categories` are derived from them, so that the result
# does not depend on the order in which the sources came.
TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sources (name TEXT PRIMARY KEY, format TEXT NOT NULL, imported_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE category_parts (
    name TEXT NOT NULL, source TEXT NOT NULL, description TEXT NOT NULL, "group" TEXT,
    PRIMARY KEY (name, source)) WITHOUT ROWID;
CREATE TABLE tool_parts (
    id TEXT NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
    category TEXT NOT NULL, PRIMARY KEY (id, source)) WITHOUT ROWID;
CREATE TABLE categories (name TEXT PRIMARY KEY, description TEXT NOT NULL, "group" TEXT) WITHOUT ROWID;
CREATE TABLE tools (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, category TEXT NOT NULL,
    apis INTEGER NOT NULL, fingerprint TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE apis (
    id TEXT PRIMARY KEY, tool_id TEXT NOT NULL, name TEXT NOT NULL, source TEXT NOT NULL,
    etag TEXT NOT NULL, entry TEXT NOT NULL);
CREATE INDEX apis_by_tool ON apis (tool_id);
CREATE INDEX apis_by_source ON apis (source);
CREATE INDEX tools_by_category ON tools (category);
CREATE INDEX tool_parts_by_source ON tool_parts (source);
"""

# By the version that they lead away from. A new file goes through all of them too, so that there is one truth.
UPGRADES = {
    1: """
CREATE TABLE corrections (api_id TEXT PRIMARY KEY, changes TEXT NOT NULL, imported TEXT NOT NULL) WITHOUT ROWID;
""",
    2: """
CREATE TABLE changes (number INTEGER PRIMARY KEY, version TEXT NOT NULL, tool_id TEXT NOT NULL);
CREATE INDEX changes_by_version ON changes (version);
""",
}


class Connections:
    """Connections to one catalog file: any number of readers, one writer at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._writing = threading.Lock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection whose reads all see the same state of the catalog."""
        with self._borrowed() as db:
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.rollback()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is committed at the end, or rolled back if anything is raised."""
        with self._writing, self._borrowed() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.commit()
            finally:
                db.rollback()

    @contextlib.contextmanager
    def watching(self, db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        """A connection of the caller's own, its failures told as ours."""
        with self._told():
            yield db

    def connect(self) -> sqlite3.Connection:
        """A connection that the caller keeps and closes."""
        # Transactions are begun by hand (isolation_level=None): the module's own would begin them too late.
        db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA temp_store = MEMORY")
        return db

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        if self._closed:
            raise StoreUnavailable(str(self.path), "the catalog was closed")
        with self._told():
            db = self._idle.pop() if self._idle else self.connect()
            try:
                yield db
            finally:
                self._give_back(db)

    def _give_back(self, db: sqlite3.Connection) -> None:
        if self._closed:
            db.close()
        else:
            self._idle.append(db)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreUnavailable(str(self.path), reason_of(error)) from error


def reason_of(error: sqlite3.Error) -> str:
    """What went wrong with the file, and what to do."""
    text = str(error)
    if "not a database" in text:
        return "the file is not a SQLite database; move it away, or choose another data folder"
    if "malformed" in text:
        return "the catalog file is damaged; restore it from a backup, or move it away and import again"
    if "locked" in text:
        return "another process has been writing for too long; wait until it ends, or stop it, and try again"
    if "unable to open" in text or "readonly" in text:
        return f"{text}; check that the folder and the file can be read and written, or choose another data folder"
    if "full" in text:
        return "the disk is full; free some space and try again"
    return text


def open_connections(path: Path) -> Connections:
    """Open the catalog at `path`, or create it. Raises StoreUnavailable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"the folder cannot be made ({error.strerror}); choose another data folder"
        raise StoreUnavailable(str(path.parent), reason) from error
    connections = Connections(path)
    with connections._told():
        db = connections.connect()
        try:
            _prepare(db, path)
        finally:
            db.close()
    return connections


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    if _version_of(db, path) == SCHEMA_VERSION:
        return
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    # Another process may have made or upgraded the tables while this one waited for the lock.
    version = _version_of(db, path)
    if version == 0:
        _run(db, TABLES)
        db.execute("INSERT INTO meta VALUES ('version', ?)", (content_hash(),))
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for left in range(max(version, 1), SCHEMA_VERSION):
        _run(db, UPGRADES[left])
    if 0 < version < SUMMED:
        rows = db.execute("SELECT id, fingerprint FROM tools")
        db.execute("UPDATE meta SET value = ? WHERE key = 'version'", (version_of(rows),))
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.commit()


def _run(db: sqlite3.Connection, statements: str) -> None:
    """Within the transaction, which `executescript` would end."""
    for statement in statements.split(";"):
        db.execute(statement)


def _version_of(db: sqlite3.Connection, path: Path) -> int:
    """The schema of the catalog in the file; 0: the file is empty. Raises StoreUnavailable for anything else."""
    empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    application: int = db.execute("PRAGMA application_id").fetchone()[0]
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if empty and application == 0 and version == 0:
        return 0
    if application != APPLICATION_ID:
        raise StoreUnavailable(str(path), "it is a database of another program; choose another data folder")
    if version > SCHEMA_VERSION:
        reason = f"its schema {version} is newer than {SCHEMA_VERSION}, the newest known here; update switchboard"
        raise StoreUnavailable(str(path), reason)
    db.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
    return version
