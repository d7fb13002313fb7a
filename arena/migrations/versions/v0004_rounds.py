"""Rounds get row numbers: a match that names its round no longer has its plan read. Frozen: it says what was."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("CREATE TEMP TABLE kept AS SELECT * FROM rounds")
    op.execute("DROP TABLE rounds")
    op.execute(
        "CREATE TABLE rounds (season INTEGER NOT NULL, number INTEGER NOT NULL, pool TEXT NOT NULL, first INTEGER, "
        'planned INTEGER CHECK (planned >= 0), "plan" BLOB, closed INTEGER DEFAULT 0 NOT NULL CHECK (closed IN (0, 1)), '
        "PRIMARY KEY (season, number), FOREIGN KEY(season) REFERENCES seasons (id)) STRICT"
    )
    op.execute("INSERT INTO rounds SELECT * FROM kept")
    op.execute("DROP TABLE kept")
