"""Which tools changed when, for indexes that follow; and the version as a sum over all tools."""

from __future__ import annotations

import sqlalchemy
from alembic import op

from catalog.stored import version_of

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE catalog_changes (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, version TEXT COLLATE "C" NOT NULL,
    tool_id TEXT COLLATE "C" NOT NULL);
CREATE INDEX catalog_changes_by_version ON catalog_changes (version);
"""


def upgrade() -> None:
    op.execute(TABLES)
    connection = op.get_bind()
    rows = connection.execute(sqlalchemy.text("SELECT id, fingerprint FROM tools"))
    version = version_of((tool_id, fingerprint) for tool_id, fingerprint in rows)
    connection.execute(sqlalchemy.text("UPDATE catalog_version SET version = :version"), {"version": version})
