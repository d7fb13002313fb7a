"""Trust, checked: the whole league against its hashes, its log against its chain, its payoffs against a recount.

Ratings need a formula, and the store has none: `arena.reckoning` folds them again.

SQLite's own checks find damage to its trees; a flipped bit inside a value is found here, and named.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from arena.analysis.payoff import Pair, earnings
from arena.calendar import unpack_plan
from arena.digest import GENESIS, PARTS, link, marks_of, parts_of
from arena.entries import PAGE, facts
from arena.journal import place_of
from arena.match import Checkpoint
from arena.rolls import checkpoint_rows, read_spec, to_checkpoint, unpacked
from arena.rows import MatchRow
from arena.schema import (
    ENDINGS,
    agents,
    checkpoints,
    games,
    learners,
    log,
    matches,
    payoffs,
    rounds,
    seasons,
    seats,
    weights,
)

ENOUGH = 20  # problems of one kind; where a season's seed is damaged, each of its matches has one

Progress = Callable[[int, int], None]


def problems(db: Connection, on_progress: Progress | None = None) -> list[str]:
    """What is wrong with a league, in words; empty when all is well."""
    chain = _Chain(db, on_progress)
    found: list[str] = []
    for check in (_pages, _references, _weights, _states, _checkpoints, _seats, _counters, chain.check, chain.views):
        try:
            some = list(islice(check(db), ENOUGH + 1))
        except (DBAPIError, KeyError, TypeError, ValueError, zlib.error) as error:  # damage can make anything unreadable
            some = [f"{check.__name__.strip('_')}: cannot be read: {getattr(error, 'orig', None) or error!r}"]
        found += some[:ENOUGH] + (["... and more of the same kind"] if len(some) > ENOUGH else [])
    return found


def _pages(db: Connection) -> Iterator[str]:
    for said in db.execute(text("PRAGMA integrity_check")).scalars():
        if said != "ok":
            yield f"the file's structure: {said}"


def _references(db: Connection) -> Iterator[str]:
    for table, row, target, _ in db.execute(text("PRAGMA foreign_key_check")):
        yield f"{table}, row {row}: names something in {target} that is not there"


def _weights(db: Connection) -> Iterator[str]:
    for sha in db.execute(select(weights.c.sha)).scalars().all():
        data = db.execute(select(weights.c.data).where(weights.c.sha == sha)).scalar_one()
        if sha256(data).hexdigest() != sha:
            yield f"weights {sha}: not what their hash says"


def _states(db: Connection) -> Iterator[str]:
    for name, number in db.execute(select(agents.c.name, agents.c.id).join(learners)).all():
        if unpacked(db.execute(select(learners).where(learners.c.agent == number)).one()) is None:
            yield f"learner {name}: its saved state is not what its hash says"


def _checkpoints(db: Connection) -> Iterator[str]:
    for row in db.execute(checkpoint_rows().add_columns(checkpoints.c.born)):
        if Checkpoint.make(row.born, row.version, spec=row.spec, weights=row.weights).id != row.key:
            yield f"checkpoint {to_checkpoint(row)}: its version, spec or weights are not what its id says"


def _seats(db: Connection) -> Iterator[str]:
    wrong = select(seats.c.match).join(checkpoints).where(seats.c.agent != checkpoints.c.agent).distinct()
    for number in db.execute(wrong).scalars():
        yield f"match {number}: lineup changed: a seat's agent is not its checkpoint's"


def _counters(db: Connection) -> Iterator[str]:
    played = {row[0]: row[1] for row in db.execute(select(matches.c.season, func.count()).group_by(matches.c.season))}
    for season, said in db.execute(select(seasons.c.id, seasons.c.matches)):
        if played.get(season, 0) != said:
            yield f"season {season}: says {said} matches, the log holds {played.get(season, 0)}"


class _Chain:
    """The walk along the log: digests and plans on the way, the views that it should have led to at the end."""

    def __init__(self, db: Connection, on_progress: Progress | None) -> None:
        self._on_progress = on_progress
        self._before, self._next = GENESIS, 1
        self._sums: dict[Pair, list[float]] = {}
        self._plan: tuple[tuple[int, int] | None, int, list[Any]] = (None, 0, [])

    def check(self, db: Connection) -> Iterator[str]:
        """Every match against its seal and its plan."""
        head = db.execute(select(log)).one()
        self._rules = {row.id: row for row in db.execute(select(games))}
        self._specs = {(row.text, row.version): read_spec(row.spec) for row in self._rules.values()}
        self._seasons = {row.id: row for row in db.execute(select(seasons))}
        self._cast: dict[int, Checkpoint] = {}
        while page := self._page(db):
            for row, marks, ending in page:
                yield from self._match(db, row, marks, ending)
            if self._on_progress is not None:
                self._on_progress(self._next - 1, head.matches)
        if (self._next - 1, self._before) != (head.matches, head.digest):
            yield f"the log ends at match {self._next - 1}, its head says {head.matches}: the end was cut or changed"

    def _page(self, db: Connection) -> list[tuple[MatchRow, bytes, int]]:
        query = select(matches.c.id).where(matches.c.id >= self._next).order_by(matches.c.id).limit(PAGE)
        sealed = {
            id: (marks, ending) for id, marks, ending in db.execute(query.add_columns(matches.c.marks, matches.c.ending))
        }
        return [(row, *sealed[row.id]) for row in facts(db, query, self._cast)]

    def _match(self, db: Connection, row: MatchRow, marks: bytes, ending: int) -> Iterator[str]:
        stored = bytes.fromhex(row.digest)
        season = self._seasons[row.season]
        parts = parts_of(row.result, **place_of(self._rules[season.game], season, row.round))
        changed = [name for name, mark, said in zip(PARTS, marks_of(parts), marks, strict=True) if mark != said]
        computed = link(self._before, parts)
        if row.id != self._next:
            yield f"matches {self._next} to {row.id - 1} are missing"
            computed = stored  # nothing to compare with
        if computed != stored:
            yield f"match {row.id}: {' and '.join(changed) or 'digest'} changed"
        elif changed:
            yield f"match {row.id}: marks changed"
        if ENDINGS[ending] != row.result.ending.kind:
            yield f"match {row.id}: ending changed: {ENDINGS[ending]} is written, it was {row.result.ending.kind}"
        yield from self._planned(db, row)
        self._before, self._next = stored if changed else computed, row.id + 1
        self._count(row)

    def _planned(self, db: Connection, row: MatchRow) -> Iterator[str]:
        where = (row.season, row.round)
        if self._plan[0] != where:
            said = db.execute(select(rounds.c.plan, rounds.c.first).filter_by(season=row.season, number=row.round)).one()
            self._plan = (where, said.first or 0, unpack_plan(said.plan) if said.plan is not None else [])
        _, first, plan = self._plan
        match = row.result.match
        place = match.ordinal - first
        if not plan:
            return
        if not 0 <= place < len(plan):
            yield f"match {row.id}: not in the plan of round {row.round} of season {row.season}"
        elif (match.seed, list(match.lineup)) != (plan[place][0], [self._cast.get(number) for number in plan[place][1]]):
            yield f"match {row.id}: not as planned in round {row.round} of season {row.season}"

    def _count(self, row: MatchRow) -> None:
        rules = self._specs[row.game, row.version]
        for mine, theirs, more in earnings(row.result, rules.flavour, rules.team_of):
            sums = self._sums.setdefault((mine, theirs), [0, 0, 0, 0, 0.0, 0.0])
            for column, value in enumerate(more):
                sums[column] += value

    def views(self, db: Connection) -> Iterator[str]:
        """Payoffs against the recount."""
        cast = {row.id: to_checkpoint(row) for row in db.execute(checkpoint_rows())}
        for row in db.execute(select(payoffs)):
            mine, theirs = cast[row[0]], cast[row[1]]
            if self._sums.pop((mine, theirs), None) != list(row[2:]):
                yield f"payoffs of {mine} against {theirs}: not what the log says"
        for mine, theirs in self._sums:
            yield f"payoffs of {mine} against {theirs}: missing"
