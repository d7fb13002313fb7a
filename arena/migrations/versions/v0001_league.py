"""The first schema of a league. Frozen: it says what was, `arena/schema.py` what is."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE games (
    id INTEGER NOT NULL,
    text TEXT NOT NULL,
    version INTEGER NOT NULL,
    spec TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (text, version)
)
 STRICT;

CREATE TABLE agents (
    id INTEGER NOT NULL,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
    folded TEXT NOT NULL,
    game INTEGER NOT NULL,
    spec TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('main', 'main-exploiter', 'league-exploiter', 'anchor')),
    learns INTEGER DEFAULT 0 NOT NULL CHECK (learns IN (0, 1)),
    parent INTEGER,
    retired INTEGER DEFAULT 0 NOT NULL CHECK (retired IN (0, 1)),
    seed INTEGER NOT NULL CHECK (seed >= 0),
    PRIMARY KEY (id),
    UNIQUE (folded),
    FOREIGN KEY(game) REFERENCES games (id),
    FOREIGN KEY(parent) REFERENCES checkpoints (id)
)
 STRICT;

CREATE INDEX agents_of_game ON agents (game);

CREATE TABLE names (
    folded TEXT NOT NULL,
    agent INTEGER NOT NULL,
    PRIMARY KEY (folded),
    FOREIGN KEY(agent) REFERENCES agents (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE weights (
    sha TEXT NOT NULL CHECK (length(sha) = 64),
    data BLOB NOT NULL,
    PRIMARY KEY (sha)
)
 STRICT;

CREATE TABLE checkpoints (
    id INTEGER NOT NULL,
    "key" TEXT NOT NULL CHECK (length(key) = 32),
    agent INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    born TEXT NOT NULL,
    spec TEXT NOT NULL,
    weights TEXT,
    season INTEGER,
    round INTEGER,
    steps INTEGER NOT NULL CHECK (steps >= 0),
    PRIMARY KEY (id),
    UNIQUE ("key"),
    UNIQUE (agent, version),
    FOREIGN KEY(agent) REFERENCES agents (id),
    FOREIGN KEY(weights) REFERENCES weights (sha),
    FOREIGN KEY(season) REFERENCES seasons (id)
)
 STRICT;

CREATE TABLE learners (
    agent INTEGER NOT NULL,
    state BLOB NOT NULL,
    zipped INTEGER DEFAULT 0 NOT NULL CHECK (zipped IN (0, 1)),
    sha TEXT NOT NULL CHECK (length(sha) = 64),
    PRIMARY KEY (agent),
    FOREIGN KEY(agent) REFERENCES agents (id)
)
 STRICT;

CREATE TABLE seasons (
    id INTEGER NOT NULL,
    game INTEGER NOT NULL,
    seed INTEGER NOT NULL CHECK (seed >= 0),
    settings TEXT NOT NULL,
    entrants TEXT NOT NULL,
    matches INTEGER NOT NULL CHECK (matches >= 0),
    finished INTEGER DEFAULT 0 NOT NULL CHECK (finished IN (0, 1)),
    started INTEGER NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(game) REFERENCES games (id)
)
 STRICT;

CREATE TABLE rounds (
    season INTEGER NOT NULL,
    number INTEGER NOT NULL,
    pool TEXT NOT NULL,
    first INTEGER,
    planned INTEGER CHECK (planned >= 0),
    "plan" BLOB,
    closed INTEGER DEFAULT 0 NOT NULL CHECK (closed IN (0, 1)),
    PRIMARY KEY (season, number),
    FOREIGN KEY(season) REFERENCES seasons (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE trainings (
    season INTEGER NOT NULL,
    round INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    metrics TEXT NOT NULL,
    PRIMARY KEY (season, round, agent),
    FOREIGN KEY(season, round) REFERENCES rounds (season, number),
    FOREIGN KEY(agent) REFERENCES agents (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE tallies (
    learner INTEGER NOT NULL,
    opponent INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 0),
    season INTEGER NOT NULL,
    round INTEGER NOT NULL,
    games REAL NOT NULL CHECK (games BETWEEN -1e308 AND 1e308) CHECK (games >= 0),
    wins REAL NOT NULL CHECK (wins >= 0) CHECK (wins BETWEEN -1e308 AND 1e308),
    draws REAL NOT NULL CHECK (draws BETWEEN -1e308 AND 1e308) CHECK (draws >= 0),
    branch TEXT NOT NULL,
    probability REAL NOT NULL CHECK (probability BETWEEN -1e308 AND 1e308) CHECK (probability BETWEEN 0 AND 1),
    PRIMARY KEY (learner, opponent, version, season, round),
    FOREIGN KEY(season, round) REFERENCES rounds (season, number),
    FOREIGN KEY(learner) REFERENCES agents (id),
    FOREIGN KEY(opponent) REFERENCES agents (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE matches (
    id INTEGER NOT NULL,
    game INTEGER NOT NULL,
    season INTEGER NOT NULL,
    round INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    seed INTEGER NOT NULL CHECK (seed >= 0),
    ending INTEGER NOT NULL CHECK (ending BETWEEN 0 AND 2),
    steps INTEGER NOT NULL CHECK (steps >= 0),
    tape BLOB NOT NULL,
    void TEXT CHECK ((void IS NOT NULL) = (ending = 2)),
    marks BLOB NOT NULL CHECK (length(marks) = 7),
    digest BLOB NOT NULL CHECK (length(digest) = 16),
    played_at INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (season, ordinal),
    FOREIGN KEY(season, round) REFERENCES rounds (season, number),
    FOREIGN KEY(game) REFERENCES games (id)
)
 STRICT;

CREATE INDEX matches_of_game ON matches (game);

CREATE INDEX matches_unfinished ON matches (ending) WHERE ending > 0;

CREATE TABLE seats (
    "match" INTEGER NOT NULL,
    seat INTEGER NOT NULL CHECK (seat >= 0),
    agent INTEGER NOT NULL,
    checkpoint INTEGER NOT NULL,
    earned REAL CHECK (earned BETWEEN -1e308 AND 1e308),
    fault TEXT,
    PRIMARY KEY ("match", seat),
    FOREIGN KEY("match") REFERENCES matches (id),
    FOREIGN KEY(agent) REFERENCES agents (id),
    FOREIGN KEY(checkpoint) REFERENCES checkpoints (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX seats_at_fault ON seats (checkpoint) WHERE fault IS NOT NULL;

CREATE INDEX seats_of_agent ON seats (agent, "match");

CREATE TABLE log (
    id INTEGER NOT NULL CHECK (id = 1),
    matches INTEGER NOT NULL CHECK (matches >= 0),
    digest BLOB NOT NULL CHECK (length(digest) = 16),
    PRIMARY KEY (id)
)
 STRICT;

CREATE TABLE conflicts (
    id INTEGER NOT NULL,
    "match" INTEGER NOT NULL,
    uid TEXT NOT NULL,
    account TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY("match") REFERENCES matches (id)
)
 STRICT;

CREATE TABLE payoffs (
    "row" INTEGER NOT NULL,
    "column" INTEGER NOT NULL,
    games INTEGER NOT NULL CHECK (games = wins + draws + losses),
    wins INTEGER NOT NULL,
    draws INTEGER NOT NULL,
    losses INTEGER NOT NULL,
    total REAL NOT NULL CHECK (total BETWEEN -1e308 AND 1e308),
    squares REAL NOT NULL CHECK (squares BETWEEN -1e308 AND 1e308),
    PRIMARY KEY ("row", "column"),
    FOREIGN KEY("row") REFERENCES checkpoints (id),
    FOREIGN KEY("column") REFERENCES checkpoints (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE ratings (
    checkpoint INTEGER NOT NULL,
    mu REAL NOT NULL CHECK (mu BETWEEN -1e308 AND 1e308),
    sigma REAL NOT NULL CHECK (sigma BETWEEN -1e308 AND 1e308) CHECK (sigma > 0),
    comparisons INTEGER NOT NULL CHECK (comparisons >= 0),
    PRIMARY KEY (checkpoint),
    FOREIGN KEY(checkpoint) REFERENCES checkpoints (id)
)
 STRICT;

CREATE TABLE folds (
    game TEXT NOT NULL,
    counters TEXT NOT NULL,
    PRIMARY KEY (game)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE history (
    season INTEGER NOT NULL,
    round INTEGER NOT NULL,
    checkpoint INTEGER NOT NULL,
    mu REAL NOT NULL CHECK (mu BETWEEN -1e308 AND 1e308),
    sigma REAL NOT NULL CHECK (sigma > 0) CHECK (sigma BETWEEN -1e308 AND 1e308),
    PRIMARY KEY (season, round, checkpoint),
    FOREIGN KEY(season, round) REFERENCES rounds (season, number),
    FOREIGN KEY(checkpoint) REFERENCES checkpoints (id)
)
 WITHOUT ROWID,
 STRICT
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        op.execute(statement)
