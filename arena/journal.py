"""What happened: the match log, appended to and never edited, each match sealed by the digest chain of `arena.digest`.

Within a season, matches are recorded in the order of their ordinals, so the log of a season does not depend on who played
what first. Pages and streams go by key, never by OFFSET: the millionth page costs what the first one costs.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from time import time
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from arena.digest import parts_of, uid_of
from arena.entries import PAGE, Place, facts, write
from arena.errors import Conflict, NotFound
from arena.lessons import Lessons
from arena.match import Checkpoint, Ending, EndingKind, Result
from arena.rolls import agent_called, numbers_of, read_spec
from arena.rows import MatchRow, nth
from arena.schema import ENDINGS, conflicts, games, log, matches, rounds, seasons, seats
from arena.series import Results


class Journal(Lessons):
    """The part of the store that knows what happened."""

    def record(self, season: int, number: int, results: Sequence[Result]) -> None:
        """Appends results of consecutive ordinals to the log and counts their payoffs.

        What is recorded already stays as it is, so a chunk can be sent twice. Raises `Conflict` (and keeps a record of it)
        for a second, different result of the same match, `NotFound` for a lineup that is not of frozen checkpoints.
        """
        assert results, "no results to record"
        told = Results.of(results)
        ordinals = told.matches.ordinals
        assert isinstance(ordinals, range), "ordinals with a gap"
        with self._writing() as db:
            place = _place(db, season, number)
            recorded = _recorded(db, place, ordinals) if place.last is not None and ordinals[0] <= place.last else {}
            differing = [result for result in told if _differs(result, recorded, place)] if recorded else []
            if not differing:
                fresh = Results.of(one for one in told if one.match.ordinal not in recorded) if recorded else told
                _append(db, place, fresh)
                return
            _keep_conflict(db, place, differing[0], recorded)
        first = differing[0].match
        raise Conflict(
            f"match {first.ordinal} of season {season} is recorded already, with another result",
            hint="the first result stands; was the season's game, agent or machine changed?",
        )

    def match(self, id: int) -> MatchRow:
        """The match of this number. Raises `NotFound`."""
        with self._reading() as db:
            found = list(facts(db, select(matches.c.id).where(matches.c.id == id), cast={}))
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
        ending: EndingKind | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[MatchRow]:
        """One page of the log, newest first; `before` is the last id of the page before. Raises `NotFound`."""
        key = matches.c.id
        query = select(key)
        with self._reading() as db:
            if agent is not None:
                key = seats.c.match  # twice where an agent met itself
                query = select(key).distinct().join(matches).where(seats.c.agent == agent_called(db, agent).id)
            elif season is not None:
                key = matches.c.ordinal  # grows with the id, and has an index
            if season is not None:
                query = query.where(matches.c.season == season)
            if game is not None:
                query = query.where(matches.c.game.in_(_versions(db, game)))
            if ending is not None:
                query = query.where(matches.c.ending == ENDINGS.index(ending))
            if ending in ("forfeit", "void"):
                query = query.where(matches.c.ending > 0)  # the very words of the partial index
            if before is not None:
                query = query.where(key < _bound(db, before, season) if key is matches.c.ordinal else key < before)
            page = list(facts(db, query.order_by(key.desc()).limit(limit), cast={}))
        return sorted(page, key=lambda row: -row.id)

    def spoiled(self, season: int) -> dict[str, int]:
        """How many of a season's matches were forfeited or void, by ending: `{"forfeit(crash)": 3}`."""
        of_match = (seats.c.match == matches.c.id) & seats.c.fault.is_not(None)
        faults = select(func.json_group_array(seats.c.fault.distinct())).where(of_match).scalar_subquery()
        alike = matches.c.ending, matches.c.void, faults.label("faults")
        query = select(*alike, func.count()).where(matches.c.season == season, matches.c.ending > 0).group_by(*alike)
        told: Counter[str] = Counter()
        with self._reading() as db:
            for ending, void, said, count in db.execute(query):
                told[str(Ending(ENDINGS[ending], void or "+".join(sorted(json.loads(said)))))] += count
        return dict(sorted(told.items()))

    def meetings(self, winner: Checkpoint, loser: Checkpoint, *, most: int) -> list[int]:
        """The latest matches in which one checkpoint earned more than another: their ids, at most so many."""
        one, other = seats.alias(), seats.alias()
        met = select(one.c.match).join(other, other.c.match == one.c.match)
        with self._reading() as db:
            numbers = numbers_of(db, (winner, loser))
            whose = [(seat, numbers[who.id]) for seat, who in ((one, winner), (other, loser))]
            for seat, row in whose:  # the agents as well, since that is what the index knows
                met = met.where(seat.c.agent == row.agent, seat.c.checkpoint == row.id)
            met = met.where(one.c.earned > other.c.earned).order_by(one.c.match.desc()).limit(most)
            return [int(id) for id in db.execute(met).scalars()]

    def results(
        self, game: str | None = None, *, season: int | None = None, round: int | None = None, after: int = 0
    ) -> Iterator[MatchRow]:
        """The log in its order, from the match behind `after`; read in pages, so that a long look holds nobody up."""
        query = select(matches.c.id).where(matches.c.id > after)
        key, last = matches.c.id, after
        with self._reading() as db:
            if game is not None:
                query = query.where(matches.c.game.in_(_versions(db, game)))
            if season is not None:
                key, last = matches.c.ordinal, -1
                query = query.where(matches.c.season == season)
            if round is not None:
                query = query.where(matches.c.round == round)
            if season is not None and round is not None:
                query = query.where(matches.c.ordinal.between(*_span(db, season, round)))
        cast: dict[int, Checkpoint] = {}
        while True:
            with self._reading() as db:
                page = list(facts(db, query.where(key > last).order_by(key).limit(PAGE), cast))
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1].result.match.ordinal if season is not None else page[-1].id


# A season records thousands of chunks: what is asked of each is one statement, made once.
_LAST = select(func.max(matches.c.ordinal)).where(matches.c.season == seasons.c.id).scalar_subquery().label("last")
_PLACE = (
    select(seasons.c.id, seasons.c.seed, seasons.c.game, games.c.text, games.c.version, games.c.spec, _LAST)
    .join(games, games.c.id == seasons.c.game)
    .join(rounds, rounds.c.season == seasons.c.id)
    .where(seasons.c.id == bindparam("season"), rounds.c.number == bindparam("round"))
)
_HEAD = select(log)
_LONGER = update(log).values(matches=log.c.matches + bindparam("more"), digest=bindparam("end"))
_COUNTED = update(seasons).where(seasons.c.id == bindparam("of")).values(matches=seasons.c.matches + bindparam("more"))


def place_of(game: Any, season: Any, number: int) -> dict[str, Any]:
    """What a match's digest knows of its place, from the rows of its game and season."""
    return {"game": game.text, "version": game.version, "season": season.id, "season_seed": season.seed, "round": number}


def _place(db: Connection, season: int, number: int) -> Place:
    row = db.execute(_PLACE, {"season": season, "round": number}).first()
    if row is None:
        raise NotFound(f"season {season} has no round {nth(number)}")
    return Place(row.game, season, number, read_spec(row.spec), place_of(row, row, number), row.last)


def _recorded(db: Connection, place: Place, ordinals: Sequence[int]) -> dict[int, MatchRow]:
    query = select(matches.c.id).where(
        matches.c.season == place.season, matches.c.ordinal.between(ordinals[0], ordinals[-1])
    )
    return {row.result.match.ordinal: row for row in facts(db, query, cast={})}


def _differs(result: Result, recorded: Mapping[int, MatchRow], place: Place) -> bool:
    first = recorded.get(result.match.ordinal)
    if first is None:
        return False
    return parts_of(result, **place.said) != parts_of(first.result, **{**place.said, "round": first.round})


def _keep_conflict(db: Connection, place: Place, result: Result, recorded: Mapping[int, MatchRow]) -> None:
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


def _append(db: Connection, place: Place, results: Results) -> None:
    """Puts fresh results behind the log."""
    if not results:
        return
    assert place.last is None or results.matches.ordinals[0] > place.last, "results out of order"
    numbers = numbers_of(db, results.matches.cast)
    head, more = db.execute(_HEAD).one(), len(results)
    digest = write(db, results, place=place, first=head.matches + 1, digest=head.digest, numbers=numbers, now=int(time()))
    db.execute(_LONGER, {"more": more, "end": digest})
    db.execute(_COUNTED, {"more": more, "of": place.season})


def _versions(db: Connection, game: str) -> list[int]:
    return list(db.execute(select(games.c.id).where(games.c.text == game)).scalars())


def _span(db: Connection, season: int, round: int) -> tuple[int, int]:
    """The first and the last ordinal that a round may hold."""
    row = db.execute(select(rounds).where(rounds.c.season == season, rounds.c.number == round)).first()
    if row is None or row.first is None:
        return 0, 2**63 - 1
    return row.first, row.first + row.planned - 1


def _bound(db: Connection, before: int, season: int | None) -> Any:
    """The ordinal that a page of one season ends before."""
    row = db.execute(select(matches.c.season, matches.c.ordinal).where(matches.c.id == before)).first()
    if row is not None and row.season == season:
        return row.ordinal
    earlier = select(matches.c.ordinal).where(matches.c.season == season, matches.c.id < before)
    latest = db.execute(earlier.order_by(matches.c.ordinal.desc()).limit(1)).scalar()
    return -1 if latest is None else latest + 1
