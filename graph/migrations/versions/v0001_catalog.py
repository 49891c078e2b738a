"""The catalog."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

# Ids and names are compared byte by byte, so that lists and hashes come out as they do in SQLite.
TABLES = """
CREATE TABLE catalog_version (version TEXT NOT NULL);
INSERT INTO catalog_version VALUES ('e3b0c44298fc1c14');
CREATE TABLE sources (
    name TEXT COLLATE "C" PRIMARY KEY, format TEXT NOT NULL, imported_at TEXT NOT NULL);
CREATE TABLE category_parts (
    name TEXT COLLATE "C" NOT NULL, source TEXT COLLATE "C" NOT NULL, description TEXT NOT NULL, "group" TEXT,
    PRIMARY KEY (name, source));
CREATE TABLE tool_parts (
    id TEXT COLLATE "C" NOT NULL, source TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL,
    description TEXT NOT NULL, category TEXT COLLATE "C" NOT NULL, PRIMARY KEY (id, source));
CREATE INDEX tool_parts_by_source ON tool_parts (source);
CREATE TABLE categories (name TEXT COLLATE "C" PRIMARY KEY, description TEXT NOT NULL, "group" TEXT);
CREATE TABLE tools (
    id TEXT COLLATE "C" PRIMARY KEY, name TEXT COLLATE "C" NOT NULL, description TEXT NOT NULL,
    category TEXT COLLATE "C" NOT NULL, apis INTEGER NOT NULL, fingerprint TEXT NOT NULL);
CREATE INDEX tools_by_category ON tools (category);
CREATE TABLE apis (
    id TEXT COLLATE "C" PRIMARY KEY, tool_id TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL, etag TEXT NOT NULL, entry TEXT NOT NULL);
CREATE INDEX apis_by_tool ON apis (tool_id);
CREATE INDEX apis_by_source ON apis (source);
CREATE TABLE corrections (api_id TEXT COLLATE "C" PRIMARY KEY, changes TEXT NOT NULL, imported TEXT NOT NULL);
"""


def upgrade() -> None:
    op.execute(TABLES)
