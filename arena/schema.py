"""The tables of a league. What must never happen is a constraint here, not a hope in the code.

Facts      games, agents, checkpoints, weights, seasons, rounds, matches, seats, imported, conflicts
Views      payoffs, ratings, folds, history: caches of the log, which `arena db rebuild` counts again
           boards: leaderboards ready to be shown, gone with the next change of anything
Learning   learners (the latest state), trainings, tallies, draws
Proof      log (the head of the chain), seals

On SQLite every table is STRICT, so a column holds what it says; SQLite turns NaN into NULL, and `_finite` refuses infinity.
Numbers inside (`id`) keep rows small; a checkpoint's `key` is what digests and other leagues know it by.
A league's version is `arena.file.VERSION`; `arena/migrations` holds the way from each older one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from arena.match import ROLES, EndingKind

ENDINGS: tuple[EndingKind, ...] = ("finished", "forfeit", "void")  # stored as their place in this row

metadata = MetaData()
_Big: Any = BigInteger().with_variant(Integer(), "sqlite")  # 64 bits everywhere
_Real: Any = Double().with_variant(REAL(), "sqlite")


def _table(name: str, *parts: Any, rowid: bool = True) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True, sqlite_with_rowid=rowid)


def _number(name: str, *more: Any) -> Column[Any]:
    return Column(name, Integer, *more, nullable=False)


def _text(name: str, *more: Any) -> Column[Any]:
    return Column(name, Text, *more, nullable=False)


def _flag(name: str) -> Column[Any]:
    return Column(name, Integer, CheckConstraint(f"{name} IN (0, 1)"), nullable=False, server_default=text("0"))


def _finite(name: str, *more: Any, nullable: bool = False) -> Column[Any]:
    return Column(name, _Real, CheckConstraint(f"{name} BETWEEN -1e308 AND 1e308"), *more, nullable=nullable)


def _to(target: str) -> ForeignKey:
    return ForeignKey(target)


games = _table(
    "games",
    Column("id", Integer, primary_key=True),
    _text("text"),  # the game's spec, as seasons and agents name it
    _number("version"),
    _text("spec"),  # its GameSpec as JSON, so that nobody needs the rules to read the league
    UniqueConstraint("text", "version"),
)

agents = _table(
    "agents",
    Column("id", Integer, primary_key=True),
    _text("name", CheckConstraint("length(name) BETWEEN 1 AND 64")),
    _text("folded"),  # what names are unique by, see arena.names
    _number("game", _to("games.id")),
    _text("spec"),
    _text("role", CheckConstraint("role IN ({})".format(", ".join(f"'{role}'" for role in ROLES)))),
    _flag("learns"),
    Column("parent", Integer, ForeignKey("checkpoints.id", use_alter=True)),
    _flag("retired"),
    Column("seed", _Big, CheckConstraint("seed >= 0"), nullable=False),  # Entrant.seed
    _flag("trusted"),  # Entrant.trusted
    Column(
        "forgiven", Integer, CheckConstraint("forgiven >= 0"), nullable=False, server_default=text("0")
    ),  # see arena.conduct
    UniqueConstraint("folded"),
    Index("agents_of_game", "game"),
)

names = _table(  # every name that was ever borne: a former one is never given to somebody else
    "names",
    Column("folded", Text, primary_key=True),
    _number("agent", _to("agents.id")),
    rowid=False,
)

weights = _table(
    "weights",
    Column("sha", Text, CheckConstraint("length(sha) = 64"), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

checkpoints = _table(
    "checkpoints",
    Column("id", Integer, primary_key=True),  # the order of birth
    _text("key", CheckConstraint("length(key) = 32")),  # Checkpoint.id
    _number("agent", _to("agents.id")),
    _number("version", CheckConstraint("version >= 1")),
    _text("born"),  # the agent's name at birth: the key is a hash of it, version, spec and weights
    _text("spec"),
    Column("weights", Text, _to("weights.sha")),
    Column("season", Integer, _to("seasons.id")),  # where it was frozen; none for one that was registered
    Column("round", Integer),
    _number("steps", CheckConstraint("steps >= 0")),  # how many steps it had learned from
    UniqueConstraint("key"),
    UniqueConstraint("agent", "version"),
)

learners = _table(
    "learners",
    Column("agent", Integer, _to("agents.id"), primary_key=True),
    Column("state", LargeBinary, nullable=False),
    _flag("zipped"),
    _text("sha", CheckConstraint("length(sha) = 64")),  # of the state as it was given
)

seasons = _table(
    "seasons",
    Column("id", Integer, primary_key=True),
    _number("game", _to("games.id")),
    Column("seed", _Big, CheckConstraint("seed >= 0"), nullable=False),
    _text("settings"),  # JSON
    _text("entrants"),  # JSON: the agents' numbers, which renames leave alone
    _number("matches", CheckConstraint("matches >= 0")),  # how many are in the log
    _flag("finished"),
    _number("started"),  # unix seconds, for the eye only
)

rounds = _table(  # with a rowid: each match looks for its round, and a large plan must not lie in what it looks through
    "rounds",
    Column("season", Integer, _to("seasons.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    _text("pool"),  # JSON: the checkpoints' numbers, in order
    Column("first", Integer),  # the ordinals of the plan: first, first + 1, ... ; none before there is a plan
    Column("planned", Integer, CheckConstraint("planned >= 0")),
    Column("plan", LargeBinary),  # see arena.calendar
    _flag("closed"),
)

trainings = _table(
    "trainings",
    Column("season", Integer, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("agent", Integer, _to("agents.id"), primary_key=True),
    _number("steps"),
    _text("metrics"),  # JSON
    _flag("anew"),  # whether the learner went back to its first weights then
    ForeignKeyConstraint(["season", "round"], ["rounds.season", "rounds.number"]),
    rowid=False,
)

tallies = _table(  # what a learner's training games came to, and why each opponent was drawn
    "tallies",
    Column("learner", Integer, _to("agents.id"), primary_key=True),
    Column("opponent", Integer, _to("agents.id"), primary_key=True),
    Column("version", Integer, CheckConstraint("version >= 0"), primary_key=True),  # 0: the living learner
    Column("season", Integer, primary_key=True),
    Column("round", Integer, primary_key=True),
    _finite("games", CheckConstraint("games >= 0")),
    _finite("wins", CheckConstraint("wins >= 0")),
    _finite("draws", CheckConstraint("draws >= 0")),
    _text("branch"),
    _finite("probability", CheckConstraint("probability BETWEEN 0 AND 1")),
    Column("quality", _Real, CheckConstraint("quality BETWEEN -1e308 AND 1e308"), nullable=False, server_default=text("0")),
    ForeignKeyConstraint(["season", "round"], ["rounds.season", "rounds.number"]),
    rowid=False,
)

draws = _table(  # how often a round's training drew each opponent for each reason
    "draws",
    Column("learner", Integer, _to("agents.id"), primary_key=True),
    Column("season", Integer, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("opponent", Integer, _to("agents.id"), primary_key=True),
    Column("version", Integer, CheckConstraint("version >= 0"), primary_key=True),  # 0: the living learner
    Column("branch", Text, primary_key=True),
    _finite("probability", CheckConstraint("probability BETWEEN 0 AND 1")),
    _number("drawn", CheckConstraint("drawn >= 0")),
    _number("games", CheckConstraint("games BETWEEN 0 AND drawn")),
    _number("wins", CheckConstraint("wins BETWEEN 0 AND games")),
    _number("draws", CheckConstraint("draws BETWEEN 0 AND games - wins")),
    ForeignKeyConstraint(["season", "round"], ["rounds.season", "rounds.number"]),
    rowid=False,
)

matches = _table(
    "matches",
    Column("id", Integer, primary_key=True),  # 1, 2, 3, ... without a gap: the order of the log
    _number("game", _to("games.id")),
    _number("season"),
    _number("round"),
    _number("ordinal"),
    Column("seed", _Big, CheckConstraint("seed >= 0"), nullable=False),
    _number("ending", CheckConstraint("ending BETWEEN 0 AND 2")),
    _number("steps", CheckConstraint("steps >= 0")),
    Column("tape", LargeBinary, nullable=False),
    Column("void", Text, CheckConstraint("(void IS NOT NULL) = (ending = 2)")),
    Column("marks", LargeBinary, CheckConstraint("length(marks) = 7"), nullable=False),  # see arena.digest
    Column("digest", LargeBinary, CheckConstraint("length(digest) = 16"), nullable=False),
    _number("played_at"),  # unix seconds, for the eye only: no digest knows it
    _flag("neutral"),  # Result.neutral
    UniqueConstraint("season", "ordinal"),
    ForeignKeyConstraint(["season", "round"], ["rounds.season", "rounds.number"]),
    Index("matches_of_game", "game"),
    # postgresql_where has to wait for PostgreSQL: its dialect takes a tenth of a second of every command to import
    Index("matches_unfinished", "ending", sqlite_where=text("ending > 0")),
)

seats = _table(
    "seats",
    Column("match", Integer, _to("matches.id"), primary_key=True),
    Column("seat", Integer, CheckConstraint("seat >= 0"), primary_key=True),
    _number("agent", _to("agents.id")),  # the checkpoint's, so that one index turns an agent's pages
    _number("checkpoint", _to("checkpoints.id")),
    _finite("earned", nullable=True),  # the seat's return; none when void
    Column("fault", Text),
    # What kept a program in; none for an agent that is none. For the eye only: no digest knows it. Not by IN, for which
    # SQLite builds a table of the three anew for every row: a fifth of the time that a match takes to record.
    Column("jail", Text, CheckConstraint("jail = 'bubblewrap' OR jail = 'landlock' OR jail = 'trusted'")),
    Index("seats_of_agent", "agent", "match"),
    Index("seats_at_fault", "checkpoint", sqlite_where=text("fault IS NOT NULL")),
    rowid=False,
)

imported = _table(  # which row of a file each imported match came from, so that a file counts once (see arena.ledger)
    "imported",
    Column("row", LargeBinary, CheckConstraint("length(row) = 16"), primary_key=True),
    _number("match", _to("matches.id")),
    rowid=False,
)

log = _table(  # one row: how long the log is and the digest of its last match
    "log",
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    _number("matches", CheckConstraint("matches >= 0")),
    Column("digest", LargeBinary, CheckConstraint("length(digest) = 16"), nullable=False),
)

conflicts = _table(  # second, different accounts of a recorded match; the first stays
    "conflicts",
    Column("id", Integer, primary_key=True),
    _number("match", _to("matches.id")),
    _text("uid"),
    _text("account"),  # JSON of the refused result
    _number("seen_at"),
)

payoffs = _table(
    "payoffs",
    Column("row", Integer, _to("checkpoints.id"), primary_key=True),
    Column("column", Integer, _to("checkpoints.id"), primary_key=True),
    _number("games", CheckConstraint("games = wins + draws + losses")),
    _number("wins"),
    _number("draws"),
    _number("losses"),
    _finite("total"),
    _finite("squares"),
    rowid=False,
)

ratings = _table(
    "ratings",
    Column("checkpoint", Integer, _to("checkpoints.id"), primary_key=True),
    _finite("mu"),
    _finite("sigma", CheckConstraint("sigma > 0")),
    _number("comparisons", CheckConstraint("comparisons >= 0")),  # how many it was part of
)

folds = _table(  # what the rating model counted on its way through a game's log
    "folds",
    Column("game", Text, primary_key=True),
    _text("counters"),  # JSON
    rowid=False,
)

history = _table(
    "history",
    Column("season", Integer, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("checkpoint", Integer, _to("checkpoints.id"), primary_key=True),
    _finite("mu"),
    _finite("sigma", CheckConstraint("sigma > 0")),
    ForeignKeyConstraint(["season", "round"], ["rounds.season", "rounds.number"]),
    rowid=False,
)

boards = _table(  # see arena.kept
    "boards",
    Column("game", Text, primary_key=True),
    _text("board"),  # the Leaderboard as JSON
    rowid=False,
)

seals = _table(  # see arena.seals
    "seals",
    Column("kind", Text, primary_key=True),  # a table
    Column("which", Text, primary_key=True),  # the key of its row
    Column("seal", LargeBinary, CheckConstraint("length(seal) = 16"), nullable=False),
    rowid=False,
)

alembic_version = Table("alembic_version", metadata, Column("version_num", Text, primary_key=True))
