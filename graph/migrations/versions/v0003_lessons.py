"""Questions that were answered, which teach the search."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE lessons (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant TEXT COLLATE "C" NOT NULL,
    asked TEXT COLLATE "C" NOT NULL, thread_id TEXT COLLATE "C" NOT NULL, query TEXT NOT NULL, words TEXT NOT NULL,
    api_ids TEXT NOT NULL, learned_at TEXT COLLATE "C" NOT NULL, UNIQUE (tenant, asked));
CREATE INDEX lessons_of_threads ON lessons (thread_id);
CREATE INDEX lessons_by_age ON lessons (tenant, learned_at, id);
CREATE TABLE lesson_words (
    tenant TEXT COLLATE "C" NOT NULL, word TEXT COLLATE "C" NOT NULL,
    lesson BIGINT NOT NULL REFERENCES lessons ON DELETE CASCADE, PRIMARY KEY (tenant, word, lesson));
CREATE INDEX lesson_words_of_lessons ON lesson_words (lesson);
"""


def upgrade() -> None:
    op.execute(TABLES)
