"""How a result becomes rows of the log, and rows of the log a result again: bit for bit what was recorded.

Rows are written as plain tuples in the order of the table's columns, a chunk in one call: a season is for playing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, cycle, groupby, islice
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects import sqlite

from arena.analysis.payoff import Sums, added
from arena.analysis.payoff import games as games_of
from arena.database import AnySelect
from arena.digest import links
from arena.match import Checkpoint, Match, Result
from arena.rolls import Numbers, checkpoints_by_number, numbers_of, read_spec
from arena.rows import MatchRow
from arena.schema import ENDINGS, games, matches, payoffs, seats
from arena.series import Results
from games.spec import GameSpec

PAGE = 2000  # matches read at once
_TOGETHER = 32  # rows that one statement inserts

# Of all rows, by name: what each has, or an integer or None that all have.
_Columns = Mapping[str, Iterable[Any] | int | None]


class Place(NamedTuple):
    """Where results belong; `said` is what their digests know of it."""

    game: int
    season: int
    round: int
    spec: GameSpec
    said: Mapping[str, Any]
    last: int | None  # the last ordinal of the season that is recorded


def write(
    db: Connection,
    results: Results,
    *,
    place: Place,
    first: int,
    digest: bytes,
    numbers: Mapping[str, Numbers],
    now: int,
) -> bytes:
    """Writes results as the matches from `first` on, behind a log of this digest; returns the digest with them."""
    ids = range(first, first + len(results))
    marks, digests = zip(*links(digest, results, **place.said), strict=True)
    where = {"game": place.game, "season": place.season, "round": place.round}
    said = {"ordinal": results.matches.ordinals, "seed": results.matches.seeds, "steps": results.steps}
    proof = {"tape": results.tapes, "marks": marks, "digest": digests}
    _insert(db, "matches", {"id": ids, **where, **said, **proof, **_rare(results), "played_at": now})
    _insert(db, "seats", _seated(ids, results, numbers))
    _pay(db, results, place.spec, numbers)
    return bytes(digests[-1])


def _rare(results: Results) -> _Columns:
    """How matches ended, and whether they were on neutral ground: mostly all alike."""
    spoilt = any(results.faults) or any(void is not None for void in results.voids)
    return {
        "ending": [ENDINGS.index(result.ending.kind) for result in results] if spoilt else 0,
        "void": results.voids if spoilt else None,
        "neutral": map(int, results.neutral) if any(results.neutral) else 0,
    }


def _seated(ids: Sequence[int], results: Results, numbers: Mapping[str, Numbers]) -> _Columns:
    """Who sat where, match by match and seat by seat."""
    lineups, casts = results.matches.lineups, results.matches.casts
    count = len(lineups[0])
    assert {len(lineup) for lineup in casts} == {count}, "somebody in each seat of one game"
    assert {*map(len, results.returns)} <= {0, count}, "a return for each seat"
    assert [not paid for paid in results.returns] == [void is not None for void in results.voids], "none when void"
    assert {*map(len, results.faults), *map(len, results.jails)} <= {0, count}, "a fault, or None, for each seat"
    sat = {id(lineup): [numbers[who.id] for who in lineup] for lineup in casts}
    agents = {lineup: [one.agent for one in seated] for lineup, seated in sat.items()}
    checkpoints = {lineup: [one.id for one in seated] for lineup, seated in sat.items()}

    def by_seat(column: Sequence[tuple[Any, ...]]) -> Iterable[Any] | None:
        return chain.from_iterable([told or (None,) * count for told in column]) if any(column) else None

    return {
        "match": [id for id in ids for _ in range(count)],
        "seat": cycle(range(count)),
        "agent": chain.from_iterable([agents[id(lineup)] for lineup in lineups]),
        "checkpoint": chain.from_iterable([checkpoints[id(lineup)] for lineup in lineups]),
        "earned": by_seat(results.returns),
        "fault": by_seat(results.faults),
        "jail": by_seat(results.jails),
    }


def facts(db: Connection, query: AnySelect, cast: dict[int, Checkpoint]) -> Iterator[MatchRow]:
    """The matches whose ids a query selects, in the order of the log; `cast` keeps the checkpoints already met."""
    ids = sorted(db.execute(query).scalars())
    for start in range(0, len(ids), PAGE):  # a statement takes only so many variables
        yield from _told(db, ids[start : start + PAGE], cast)


def _told(db: Connection, ids: Sequence[int], cast: dict[int, Checkpoint]) -> Iterator[MatchRow]:
    rows = db.execute(_TOLD, {"ids": ids}).all()
    cast.update(checkpoints_by_number(db, {row[-4] for row in rows} - cast.keys()))
    rules = {row.id: row for row in db.execute(select(games.c.id, games.c.text, games.c.version))}
    for _, group in groupby(rows, key=itemgetter(0)):
        sat: list[Any] = list(group)
        id, season, round, game, ordinal, seed, steps, tape, void, digest, played_at, neutral, _, earned, *_ = sat[0]
        match = Match(ordinal, seed, tuple([cast[row[-4]] for row in sat]))
        returns = () if earned is None else tuple([row[-3] for row in sat])
        faults, jails = (tuple([row[place] for row in sat]) for place in (-2, -1))
        rare = (faults if any(faults) else (), void, bool(neutral), jails if any(jails) else ())
        result = Result(match, returns, steps, tape, *rare)
        yield MatchRow(id, season, round, rules[game].text, rules[game].version, result, digest.hex(), played_at)


def count_payoffs(db: Connection, game: str) -> None:
    """Adds every match of a game's log to its payoffs."""
    versions = db.execute(select(games).where(games.c.text == game)).all()
    rules = {row.version: read_spec(row.spec) for row in versions}
    query = select(matches.c.id).where(matches.c.game.in_([row.id for row in versions])).order_by(matches.c.id)
    cast: dict[int, Checkpoint] = {}
    last = 0
    while page := list(facts(db, query.where(matches.c.id > last).limit(PAGE), cast)):
        numbers = numbers_of(db, cast.values())
        for version, rows in groupby(page, key=attrgetter("version")):
            _pay(db, Results.of(row.result for row in rows), rules[version], numbers)
        last = page[-1].id


def _pay(db: Connection, results: Results, spec: GameSpec, numbers: Mapping[str, Numbers]) -> None:
    """Adds to the payoffs what matches have earned, in their order.

    Match by match, from what is stored on: a floating sum then depends on the log alone, never on where chunks were cut.
    """
    told = games_of(results, spec.flavour, spec.team_of)
    paid = {(numbers[row.id].id, numbers[column.id].id): earned for (row, column), earned in told.items()}
    known = {(row, column): tuple(sums) for row, column, *sums in db.execute(_PAID, {"pairs": json.dumps(sorted(paid))})}
    if paid:
        db.exec_driver_sql(_EARNED, [(*pair, *added(known.get(pair, _NOTHING), earned)) for pair, earned in paid.items()])


def _insert(db: Connection, table: str, columns: _Columns) -> None:
    """Inserts rows, several by each call: to begin and end a statement takes SQLite nearly as long as a row.

    What all rows have in common is said in the statement: SQLite need not be given it, nor test it, row by row.
    """
    each = {name: column for name, column in columns.items() if isinstance(column, Iterable)}
    said = ["?" if name in each else "NULL" if column is None else str(column) for name, column in columns.items()]
    names, row = ", ".join(f'"{name}"' for name in columns), f"({', '.join(said)})"
    stream = chain.from_iterable(zip(*each.values(), strict=False))
    together = list(iter(lambda: tuple(islice(stream, _TOGETHER * len(each))), ()))
    for count, batches in groupby(together, key=lambda batch: len(batch) // len(each)):  # the last may be shorter
        db.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES {', '.join([row] * count)}", list(batches))


def _said(statement: Any) -> str:
    return str(statement.compile(dialect=sqlite.dialect()))


_TELLING = ("id", "season", "round", "game", "ordinal", "seed", "steps", "tape", "void", "digest", "played_at", "neutral")
_TOLD = (
    select(*(matches.c[name] for name in _TELLING), seats.c.checkpoint, seats.c.earned, seats.c.fault, seats.c.jail)
    .join(seats, seats.c.match == matches.c.id)
    .where(matches.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(matches.c.id, seats.c.seat)
)
_PUT = sqlite.insert(payoffs)
_EARNED = _said(
    _PUT.on_conflict_do_update(
        index_elements=list(payoffs.primary_key),
        set_={column.name: _PUT.excluded[column.name] for column in payoffs.c if not column.primary_key},
    )
)

_NOTHING: Sums = (0, 0, 0, 0, 0.0, 0.0)
_PAIR = func.json_each(bindparam("pairs")).table_valued("value")
_PAID = select(payoffs).where(
    payoffs.c.row == func.json_extract(_PAIR.c.value, "$[0]"), payoffs.c.column == func.json_extract(_PAIR.c.value, "$[1]")
)
