"""Seals for the rows that nothing else implies; `climb` fills them in. Frozen: it says what was."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE seals (kind TEXT NOT NULL, which TEXT NOT NULL, "
        "seal BLOB NOT NULL CHECK (length(seal) = 16), PRIMARY KEY (kind, which)) WITHOUT ROWID, STRICT"
    )
