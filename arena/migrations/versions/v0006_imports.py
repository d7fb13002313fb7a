"""Results from elsewhere: matches on neutral ground, and which row of a file each came from. Frozen: it says what was."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("ALTER TABLE matches ADD COLUMN neutral INTEGER DEFAULT 0 NOT NULL CHECK (neutral IN (0, 1))")
    op.execute(
        'CREATE TABLE imported ("row" BLOB NOT NULL CHECK (length(row) = 16), "match" INTEGER NOT NULL, '
        'PRIMARY KEY ("row"), FOREIGN KEY("match") REFERENCES matches (id)) WITHOUT ROWID, STRICT'
    )
    op.execute("DELETE FROM boards")  # those kept say nothing of cycles yet
