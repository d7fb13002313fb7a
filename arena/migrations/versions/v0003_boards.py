"""Leaderboards that are ready to be shown; seasons fill them in. Frozen: it says what was."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("CREATE TABLE boards (game TEXT NOT NULL, board TEXT NOT NULL, PRIMARY KEY (game)) WITHOUT ROWID, STRICT")
