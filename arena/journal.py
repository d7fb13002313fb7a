"""What happened: the match log, appended to and never edited, each match sealed by the digest chain (see `arena.digest`).

Within a season, matches are recorded in the order of their ordinals, so the log of a season does not depend on who played what
first. Pages and streams go by key, never by OFFSET: the millionth page costs what the first one costs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from time import time
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Select, Table, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from arena.calendar import Calendar, round_row
from arena.digest import link, marks_of, parts_of, uid_of
from arena.errors import Conflict, NotFound
from arena.match import Checkpoint, Match, Result
from arena.rolls import agent_called, checkpoints_by_number, numbers_of, read_spec
from arena.rows import MatchRow
from arena.schema import ENDINGS, conflicts, games, log, matches, payoffs, seasons, seats
from games.spec import GameSpec

PAGE = 2000  # matches a stream reads at once
_COUNTS = ("games", "wins", "draws", "losses", "total", "squares")


class _Place(NamedTuple):
    """Where results belong; `said` is what their digests know of it."""

    game: int
    season: int
    round: int
    spec: GameSpec
    said: Mapping[str, Any]


class Journal(Calendar):
    """The part of the store that knows what happened."""

    def record(self, season: int, number: int, results: Sequence[Result]) -> tuple[int, int]:
        """Appends the results of consecutive ordinals to the log, and counts their payoffs: the first and the last match's id.

        What is recorded already is left as it is, so a chunk can be sent twice. Raises `Conflict` (and keeps a record of it) for
        a second, different result of the same match, `NotFound` for a lineup that is not of frozen checkpoints.
        """
        assert results, "no results to record"
        ordinals = [result.match.ordinal for result in results]
        assert ordinals == list(range(ordinals[0], ordinals[0] + len(ordinals))), "ordinals with a gap"
        with self._writing() as db:
            place = _place(db, season, number)
            recorded = _recorded(db, place, ordinals)
            differing = [result for result in results if _differs(result, recorded, place)]
            if not differing:
                fresh = [result for result in results if result.match.ordinal not in recorded]
                ids = [row.id for row in recorded.values()] + _append(db, place, fresh)
                return min(ids), max(ids)
            _keep_conflict(db, place, differing[0], recorded)
        first = differing[0].match
        raise Conflict(
            f"match {first.ordinal} of season {season} is recorded already, with another result",
            hint="the first result stands; was the season's game, agent or machine changed?",
        )

    def match(self, id: int) -> MatchRow:
        """The match of this number. Raises `NotFound`."""
        with self._reading() as db:
            found = list(facts(db, select(matches).where(matches.c.id == id), cast={}))
            if not found:
                last = db.execute(select(log.c.matches)).scalar_one()
                raise NotFound(
                    f"there is no match {id}", hint=f"the log ends at {last}" if last else "no match was played yet"
                )
            return found[0]

    def matches(
        self,
        *,
        game: str | None = None,
        agent: str | None = None,
        season: int | None = None,
        ending: Literal["finished", "forfeit", "void"] | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[MatchRow]:
        """One page of the log, newest first; `before` is the last id of the page before. Raises `NotFound` for the agent."""
        key = matches.c.id
        query = select(matches)
        with self._reading() as db:
            if agent is not None:
                key = seats.c.match
                query = query.distinct().select_from(seats.join(matches)).where(seats.c.agent == agent_called(db, agent).id)
            elif season is not None:
                key = matches.c.ordinal  # grows with the id, and has an index
            if season is not None:
                query = query.where(matches.c.season == season)
            if game is not None:
                query = query.where(matches.c.game.in_(_versions(db, game)))
            if ending is not None:
                query = query.where(matches.c.ending == ENDINGS.index(ending))
                query = (
                    query.where(matches.c.ending > 0) if ending != "finished" else query
                )  # the partial index's own words
            if before is not None:
                query = query.where(key < _bound(db, before, season) if key is matches.c.ordinal else key < before)
            page = list(facts(db, query.order_by(key.desc()).limit(limit), cast={}))
        return sorted(page, key=lambda row: -row.id)

    def results(
        self, game: str | None = None, *, season: int | None = None, round: int | None = None, after: int = 0
    ) -> Iterator[MatchRow]:
        """The log in its order, from the match behind `after`; read in pages, so that a long look holds nobody up."""
        query = select(matches).where(matches.c.id > after)
        key, last = matches.c.id, after
        with self._reading() as db:
            if game is not None:
                query = query.where(matches.c.game.in_(_versions(db, game)))
            if season is not None:
                key, last = matches.c.ordinal, -1
                query = query.where(matches.c.season == season)
            if round is not None:
                query = query.where(matches.c.round == round)
        cast: dict[int, Checkpoint] = {}
        while True:
            with self._reading() as db:
                page = list(facts(db, query.where(key > last).order_by(key).limit(PAGE), cast))
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1].result.match.ordinal if season is not None else page[-1].id


def meetings(spec: GameSpec, returns: Sequence[float]) -> Iterator[tuple[int, int]]:
    """The pairs of seats that a payoff speaks of: opponents, or partners where everybody is one."""
    partners, team = spec.flavour == "cooperative", spec.team_of
    for row in range(len(returns)):
        for column in range(len(returns)):
            if row != column and (partners or team[row] != team[column]):
                yield row, column


def place_of(game: Any, season: Any, number: int) -> dict[str, Any]:
    """What a match's digest knows of its place, from the rows of its game and season."""
    return {"game": game.text, "version": game.version, "season": season.id, "season_seed": season.seed, "round": number}


def _place(db: Connection, season: int, number: int) -> _Place:
    round_row(db, season, number)
    row = db.execute(select(seasons).where(seasons.c.id == season)).one()
    game = db.execute(select(games).where(games.c.id == row.game)).one()
    return _Place(game.id, season, number, read_spec(game.spec), place_of(game, row, number))


def _recorded(db: Connection, place: _Place, ordinals: Sequence[int]) -> dict[int, MatchRow]:
    query = select(matches).where(matches.c.season == place.season, matches.c.ordinal.between(ordinals[0], ordinals[-1]))
    return {row.result.match.ordinal: row for row in facts(db, query, cast={})}


def _differs(result: Result, recorded: Mapping[int, MatchRow], place: _Place) -> bool:
    first = recorded.get(result.match.ordinal)
    return first is not None and parts_of(result, **place.said) != parts_of(first.result, **place.said)


def _keep_conflict(db: Connection, place: _Place, result: Result, recorded: Mapping[int, MatchRow]) -> None:
    account = {
        "seed": result.match.seed,
        "lineup": [checkpoint.id for checkpoint in result.match.lineup],
        "returns": result.returns,
        "steps": result.steps,
        "tape": result.tape.hex(),
        "faults": result.faults,
        "void": result.void,
    }
    uid = uid_of(result, **{key: value for key, value in place.said.items() if key != "round"})
    row = {"match": recorded[result.match.ordinal].id, "uid": uid, "account": json.dumps(account), "seen_at": int(time())}
    db.execute(insert(conflicts).values(row))


def _append(db: Connection, place: _Place, results: Sequence[Result]) -> list[int]:
    """Writes fresh results behind the log and returns their ids."""
    if not results:
        return []
    last = select(matches.c.ordinal).where(matches.c.season == place.season).order_by(matches.c.ordinal.desc()).limit(1)
    assert results[0].match.ordinal > (db.execute(last).scalar() or -1), "results out of order"
    numbers = numbers_of(db, (checkpoint for result in results for checkpoint in result.match.lineup))
    head = db.execute(select(log)).one()
    digest, now = head.digest, int(time())
    match_rows, seat_rows, payoff_rows = [], [], []
    for id, result in enumerate(results, head.matches + 1):
        parts = parts_of(result, **place.said)
        digest = link(digest, parts)
        match_rows.append(_match_row(id, result, place) | {"marks": marks_of(parts), "digest": digest, "played_at": now})
        seat_rows += _seat_rows(id, result, numbers)
        payoff_rows += _payoff_rows(result, place.spec, numbers)
    db.execute(insert(matches), match_rows)
    db.execute(insert(seats), seat_rows)
    if payoff_rows:
        db.execute(_ADD_PAYOFF, payoff_rows)
    db.execute(update(log).values(matches=head.matches + len(results), digest=digest))
    db.execute(update(seasons).where(seasons.c.id == place.season).values(matches=seasons.c.matches + len(results)))
    return [row["id"] for row in match_rows]


def _match_row(id: int, result: Result, place: _Place) -> dict[str, Any]:
    return {
        "id": id,
        "game": place.game,
        "season": place.season,
        "round": place.round,
        "ordinal": result.match.ordinal,
        "seed": result.match.seed,
        "ending": ENDINGS.index(result.ending.kind),
        "steps": result.steps,
        "tape": result.tape,
        "void": result.void,
    }


def _seat_rows(id: int, result: Result, numbers: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    seated = len(result.match.lineup)
    assert len(result.returns) == (0 if result.void is not None else seated), "a return for each seat, none when void"
    assert len(result.faults) in (0, seated), "a fault, or None, for each seat"
    returns: Sequence[float | None] = result.returns or (None,) * seated
    faults = result.faults or (None,) * seated
    for seat, (checkpoint, earned, fault) in enumerate(zip(result.match.lineup, returns, faults, strict=True)):
        row = numbers[checkpoint.id]
        yield {"match": id, "seat": seat, "agent": row.agent, "checkpoint": row.id, "earned": earned, "fault": fault}


def earnings(result: Result, spec: GameSpec) -> Iterator[tuple[Checkpoint, Checkpoint, tuple[float, ...]]]:
    """What a match adds to the payoffs: row, column, and (games, wins, draws, losses, total, squares)."""
    lineup, returns = result.match.lineup, result.returns
    for row, column in meetings(spec, returns):
        mine, theirs = returns[row], returns[column]
        yield (
            lineup[row],
            lineup[column],
            (1, int(mine > theirs), int(mine == theirs), int(mine < theirs), mine, mine * mine),
        )


def _payoff_rows(result: Result, spec: GameSpec, numbers: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for row, column, counts in earnings(result, spec):
        keys = {"row": numbers[row.id].id, "column": numbers[column.id].id}
        yield keys | dict(zip(_COUNTS, counts, strict=True))


def _adding(table: Table, keys: Sequence[str]) -> Any:
    # Match by match and not chunk by chunk: floating sums then depend on the log's order only, never on where chunks were cut.
    statement = upsert(table)
    sums = {column.name: column + statement.excluded[column.name] for column in table.c if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=sums)


_ADD_PAYOFF = _adding(payoffs, ("row", "column"))


def _versions(db: Connection, game: str) -> list[int]:
    return list(db.execute(select(games.c.id).where(games.c.text == game)).scalars())


def _bound(db: Connection, before: int, season: int | None) -> Any:
    """The ordinal that a page of one season ends before."""
    row = db.execute(select(matches.c.season, matches.c.ordinal).where(matches.c.id == before)).first()
    if row is not None and row.season == season:
        return row.ordinal
    earlier = select(matches.c.ordinal).where(matches.c.season == season, matches.c.id < before)
    latest = db.execute(earlier.order_by(matches.c.ordinal.desc()).limit(1)).scalar()
    return -1 if latest is None else latest + 1


def facts(db: Connection, query: Select[Any], cast: dict[int, Checkpoint]) -> Iterator[MatchRow]:
    """The matches that a query selects, with their seats; `cast` keeps the checkpoints already met."""
    chosen = query.subquery()
    columns = [
        chosen.c[name] for name in ("id", "season", "round", "game", "ordinal", "seed", "steps", "tape", "void", "digest")
    ]
    seated = (seats.c.checkpoint, seats.c.earned, seats.c.fault)
    query = select(*columns, chosen.c.played_at, *seated).join(seats, seats.c.match == chosen.c.id)
    rows = db.execute(query.order_by(chosen.c.id, seats.c.seat)).all()
    cast.update(checkpoints_by_number(db, {row[11] for row in rows} - cast.keys()))
    rules = {row.id: row for row in db.execute(select(games.c.id, games.c.text, games.c.version))} if rows else {}
    for _, group in groupby(rows, key=itemgetter(0)):
        sat = list(group)
        id, season, round, game, ordinal, seed, steps, tape, void, digest, played_at = sat[0][:11]
        match = Match(ordinal, seed, tuple([cast[row[11]] for row in sat]))
        returns = () if sat[0][12] is None else tuple([row[12] for row in sat])
        faults = tuple([row[13] for row in sat])
        result = Result(match, returns, steps, tape, faults if any(faults) else (), void)
        yield MatchRow(id, season, round, rules[game].text, rules[game].version, result, digest.hex(), played_at)
