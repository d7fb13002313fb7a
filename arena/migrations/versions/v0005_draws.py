"""Training says why each opponent was drawn, how hard each is to beat, and who began anew. Frozen: it says what was."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE trainings ADD COLUMN anew INTEGER DEFAULT 0 NOT NULL CHECK (anew IN (0, 1))")
    op.execute("ALTER TABLE tallies ADD COLUMN quality REAL DEFAULT 0 NOT NULL CHECK (quality BETWEEN -1e308 AND 1e308)")
    op.execute(
        "CREATE TABLE draws (learner INTEGER NOT NULL, season INTEGER NOT NULL, round INTEGER NOT NULL, "
        "opponent INTEGER NOT NULL, version INTEGER NOT NULL CHECK (version >= 0), branch TEXT NOT NULL, "
        "probability REAL NOT NULL CHECK (probability BETWEEN -1e308 AND 1e308) CHECK (probability BETWEEN 0 AND 1), "
        "drawn INTEGER NOT NULL CHECK (drawn >= 0), games INTEGER NOT NULL CHECK (games BETWEEN 0 AND drawn), "
        "wins INTEGER NOT NULL CHECK (wins BETWEEN 0 AND games), "
        "draws INTEGER NOT NULL CHECK (draws BETWEEN 0 AND games - wins), "
        "PRIMARY KEY (learner, season, round, opponent, version, branch), "
        "FOREIGN KEY(season, round) REFERENCES rounds (season, number), "
        "FOREIGN KEY(learner) REFERENCES agents (id), FOREIGN KEY(opponent) REFERENCES agents (id)) WITHOUT ROWID, STRICT"
    )
