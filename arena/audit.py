"""Trust, checked: the whole league against its hashes, its log against its chain, its payoffs against a recount.

Ratings need a formula, and the store has none: `arena.reckoning` folds them again.

SQLite's own checks find damage to its trees; a flipped bit inside a value is found here, and named. Damage can make
anything fail in any way, so whatever a look at one thing raises is a problem of that thing, and the audit goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, select, text

from arena.analysis.payoff import Pair, earnings
from arena.calendar import unpack_plan
from arena.digest import GENESIS, PARTS, link, marks_of, parts_of
from arena.entries import PAGE, facts
from arena.journal import place_of
from arena.ledger import KEYS, digest_of, keys_of
from arena.match import Checkpoint
from arena.moments import EARLIEST, LATEST
from arena.rolls import checkpoint_rows, read_spec, to_checkpoint, unpacked
from arena.rows import MatchRow, nth
from arena.schema import (
    ENDINGS,
    agents,
    checkpoints,
    games,
    imported,
    learners,
    log,
    matches,
    payoffs,
    rounds,
    seasons,
    seats,
    weights,
)
from arena.seals import broken_seals
from games.spec import GameSpec

ENOUGH = 20  # problems of one kind; where a season's seed is damaged, each of its matches has one

_SAID = ("id", "game", "ending", "marks")  # of a match, beside its facts

Progress = Callable[[int, int], None]


def problems(db: Connection, on_progress: Progress | None = None) -> list[str]:
    """What is wrong with a league, in words; empty when all is well."""
    driver: Any = db.connection.dbapi_connection
    driver.text_factory = lambda said: said.decode(errors="replace")  # text of another hand need not be UTF-8
    chain = _Chain(db, on_progress)
    rows = (_pages, _references, broken_seals, _weights, _states, _checkpoints, _seats, _counters, _imported, _times)
    try:
        return [problem for check in (*rows, chain.log, chain.views) for problem in _some(check, db)]
    finally:
        driver.text_factory = str


def _some(check: Callable[[Connection], Iterator[str]], db: Connection) -> Iterator[str]:
    """The first problems that a check finds."""
    try:
        for number, problem in enumerate(check(db)):
            if number == ENOUGH:
                yield "... and more of the same kind"
                return
            yield problem
    except Exception as error:
        yield f"{check.__name__.strip('_')}: {_unreadable(error)}"


def _unreadable(error: Exception) -> str:
    return f"cannot be read: {getattr(error, 'orig', None) or error!r}"


def _pages(db: Connection) -> Iterator[str]:
    for said in db.execute(text("PRAGMA integrity_check")).scalars():
        if said != "ok":
            yield f"the file's structure: {said}"


def _references(db: Connection) -> Iterator[str]:
    for table, row, target, _ in db.execute(text("PRAGMA foreign_key_check")):
        yield f"{table}{f', row {row}' if row is not None else ''}: names something in {target} that is not there"


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
    counted = select(seats.c.match).group_by(seats.c.match).having(func.max(seats.c.seat) != func.count() - 1)
    for number in db.execute(counted).scalars():
        yield f"match {number}: lineup changed: its seats are not 0, 1, ..."


def _counters(db: Connection) -> Iterator[str]:
    played = {row[0]: row[1] for row in db.execute(select(matches.c.season, func.count()).group_by(matches.c.season))}
    for season, said in db.execute(select(seasons.c.id, seasons.c.matches)):
        if played.get(season, 0) != said:
            yield f"season {season}: says {said} matches, the log holds {played.get(season, 0)}"


def _imported(db: Connection) -> Iterator[str]:
    told = 0
    for season, said in db.execute(select(seasons.c.id, seasons.c.settings)).all():
        settings = json.loads(said)
        if KEYS in settings:
            told += settings["rows"]
            if digest_of(keys_of(db, season)) != settings[KEYS]:
                yield f"season {season}: the rows that it was imported from are not as they were written"
    if db.execute(select(func.count()).select_from(imported)).scalar_one() != told:
        yield "imported: more or fewer rows than all imports had"


def _times(db: Connection) -> Iterator[str]:
    """No digest knows when a match was played, since clocks err; but no clock errs so much."""
    for column in (matches.c.played_at, seasons.c.started):
        query = select(column.table.c.id, column).where(~column.between(EARLIEST, LATEST))
        for number, said in db.execute(query):
            yield f"{column.table.name}, row {number}: {column.name} is {said}, which is no time"


class _Chain:
    """The walk along the log: digests and plans on the way, the views that it should have led to at the end."""

    def __init__(self, db: Connection, on_progress: Progress | None) -> None:
        self._on_progress = on_progress
        self._before, self._next, self._walked = GENESIS, 1, False
        self._sums: dict[Pair, list[float]] = {}
        self._plan: tuple[tuple[int, int] | None, int, list[Any]] = (None, 0, [])

    def log(self, db: Connection) -> Iterator[str]:
        """Every match against its digest and its plan."""
        head = db.execute(select(log)).one()
        self._rules = {row.id: row for row in db.execute(select(games))}
        self._specs = {row.id: read_spec(row.spec) for row in self._rules.values()}
        self._seasons = {row.id: row for row in db.execute(select(seasons))}
        self._cast: dict[int, Checkpoint] = {}
        later = select(matches.c.id).order_by(matches.c.id).limit(PAGE)
        last = 0
        while ids := db.execute(later.where(matches.c.id > last)).scalars().all():
            yield from self._page(db, ids)
            last = ids[-1]
            if self._on_progress is not None:
                self._on_progress(last, head.matches)
        if (self._next - 1, self._before) != (head.matches, head.digest):
            yield f"the log ends at match {self._next - 1}, its head says {head.matches}: the end was cut or changed"
        self._walked = True

    def _page(self, db: Connection, ids: Sequence[int]) -> Iterator[str]:
        """Some matches; where they cannot be read together, one half and then the other, until the culprit is alone."""
        these = matches.c.id.between(ids[0], ids[-1])
        try:
            said = {row.id: row for row in db.execute(select(*(matches.c[name] for name in _SAID)).where(these))}
            rows = list(facts(db, select(matches.c.id).where(these), self._cast))
        except Exception as error:
            if len(ids) == 1:
                yield f"match {ids[0]}: {_unreadable(error)}"
                return
            half = len(ids) // 2
            yield from self._page(db, ids[:half])
            yield from self._page(db, ids[half:])
            return
        for row in rows:
            try:
                yield from self._match(db, row, said[row.id])
            except Exception as error:
                yield f"match {row.id}: {_unreadable(error)}"
                self._before, self._next = bytes.fromhex(row.digest), row.id + 1

    def _match(self, db: Connection, row: MatchRow, said: Any) -> Iterator[str]:
        stored = bytes.fromhex(row.digest)
        season = self._seasons[row.season]
        rules = self._rules[season.game]
        parts = parts_of(row.result, **place_of(rules, season, row.round))
        changed = [name for name, mark, was in zip(PARTS, marks_of(parts), said.marks, strict=True) if mark != was]
        computed = link(self._before, parts)
        if row.id != self._next:
            yield f"matches {self._next} to {row.id - 1} are missing or cannot be read"
            computed = stored  # nothing to compare with
        if computed != stored:
            yield f"match {row.id}: {' and '.join(changed) or 'digest'} changed"
        elif changed:
            yield f"match {row.id}: marks changed"
        if said.game != season.game:
            yield f"match {row.id}: game changed: its season plays {rules.text}"
        if ENDINGS[said.ending] != row.result.ending.kind:
            yield f"match {row.id}: ending changed: {ENDINGS[said.ending]} is written, it was {row.result.ending.kind}"
        yield from self._planned(db, row)
        self._before, self._next = stored if changed else computed, row.id + 1
        self._count(row, self._specs[season.game])

    def _planned(self, db: Connection, row: MatchRow) -> Iterator[str]:
        where = (row.season, row.round)
        if self._plan[0] != where:
            said = db.execute(select(rounds.c.plan, rounds.c.first).filter_by(season=row.season, number=row.round)).one()
            self._plan = (where, said.first or 0, _plan(said.plan))
        _, first, plan = self._plan
        match = row.result.match
        place = match.ordinal - first
        if not plan:
            return
        if not 0 <= place < len(plan):
            yield f"match {row.id}: not in the plan of round {nth(row.round)} of season {row.season}"
        elif (match.seed, list(match.lineup)) != (plan[place][0], [self._cast.get(number) for number in plan[place][1]]):
            yield f"match {row.id}: not as planned in round {nth(row.round)} of season {row.season}"

    def _count(self, row: MatchRow, rules: GameSpec) -> None:
        for mine, theirs, more in earnings(row.result, rules.flavour, rules.team_of):
            sums = self._sums.setdefault((mine, theirs), [0, 0, 0, 0, 0.0, 0.0])
            for column, value in enumerate(more):
                sums[column] += value

    def views(self, db: Connection) -> Iterator[str]:
        """Payoffs against the recount, where the log was read to its end."""
        if not self._walked:
            return
        cast = {row.id: to_checkpoint(row) for row in db.execute(checkpoint_rows())}
        for row in db.execute(select(payoffs)):
            mine, theirs = cast[row[0]], cast[row[1]]
            if self._sums.pop((mine, theirs), None) != list(row[2:]):
                yield f"payoffs of {mine} against {theirs}: not what the log says"
        for mine, theirs in self._sums:
            yield f"payoffs of {mine} against {theirs}: missing"


def _plan(packed: bytes | None) -> list[tuple[int, list[int]]]:
    """The seed and the lineup of each planned match."""
    return list(zip(*unpack_plan(packed), strict=True)) if packed is not None else []
