"""What it came to: payoffs and ratings, views of the log that are kept so that a leaderboard need not read it.

The store knows no rating formula: standings come from outside, and can be replaced by what the log gives when folded again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, func, insert, literal, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from arena.analysis.payoff import Pair, Payoff
from arena.conduct import Conduct
from arena.entries import count_payoffs
from arena.errors import Conflict
from arena.match import Checkpoint
from arena.ratings.model import Rating, Standings
from arena.rolls import checkpoint_rows, checkpoints_by_number, checkpoints_of, numbers_of, to_checkpoint
from arena.rows import OutcomeRow, RatingRow, nth
from arena.schema import boards, checkpoints, folds, games, history, matches, payoffs, ratings, rounds, seasons, seats


class Views(Conduct):
    """The part of the store that knows how everyone stands."""

    def close_round(self, season: int, number: int, standings: Standings, *, cut: bool = False) -> None:
        """Ends a round with the standings after it; whose have changed gets a line in the history.

        Raises `NotFound`, and `Conflict` where planned matches are not yet recorded, unless the round is `cut` short.
        """
        with self._writing() as db:
            game = _close(db, season, number, cut=cut)
            news = standings.news(_standings(db, game))
            _save_standings(db, game, standings)
            _add_history(db, [RatingRow(season, number, who, one.mu, one.sigma) for who, one in news.items()])

    def standings(self, game: str) -> Standings:
        """Where the fold of a game has got to, its checkpoints in order of birth."""
        with self._reading() as db:
            return _standings(db, game)

    def replace_standings(self, game: str, standings: Standings, history_rows: Sequence[RatingRow]) -> None:
        """Puts ratings that were folded again from the whole log in the place of a game's ratings and their history."""
        own = checkpoints_of(game)
        with self._writing() as db:
            db.execute(delete(ratings).where(ratings.c.checkpoint.in_(own)))
            db.execute(delete(history).where(history.c.checkpoint.in_(own)))
            _save_standings(db, game, standings)
            _add_history(db, history_rows)

    def rating_history(self, game: str) -> list[RatingRow]:
        """Each checkpoint's rating at the end of every round in which it proved something."""
        query = select(history).where(history.c.checkpoint.in_(checkpoints_of(game)))
        with self._reading() as db:
            rows = db.execute(query.order_by(history.c.season, history.c.round, history.c.checkpoint)).all()
            cast = checkpoints_by_number(db, [row.checkpoint for row in rows])
        return [RatingRow(row.season, row.round, cast[row.checkpoint], row.mu, row.sigma) for row in rows]

    def payoffs(self, game: str) -> dict[Pair, Payoff]:
        """What each checkpoint (the row) earned against each that it met (the column), in order of birth."""
        query = select(payoffs).where(payoffs.c.row.in_(checkpoints_of(game)))
        with self._reading() as db:
            rows = db.execute(query.order_by(payoffs.c.row, payoffs.c.column)).all()
            cast = checkpoints_by_number(db, {number for row in rows for number in (row[0], row[1])})
        return {(cast[row[0]], cast[row[1]]): Payoff(*row[2:]) for row in rows}

    def recount_payoffs(self, game: str) -> None:
        """Throws a game's payoffs away and counts them again from the log."""
        with self._writing() as db:
            db.execute(delete(payoffs).where(payoffs.c.row.in_(checkpoints_of(game))))
            count_payoffs(db, game)

    def faults(self, game: str) -> dict[Checkpoint, int]:
        """How often each checkpoint forfeited; those that never did are left out."""
        query = select(seats.c.checkpoint, func.count()).where(
            seats.c.fault.is_not(None), seats.c.checkpoint.in_(checkpoints_of(game))
        )
        with self._reading() as db:
            rows = db.execute(query.group_by(seats.c.checkpoint).order_by(seats.c.checkpoint)).all()
            cast = checkpoints_by_number(db, [row[0] for row in rows])
        return {cast[number]: count for number, count in rows}

    def mean_length(self, game: str) -> float | None:
        """How many steps matches that were played to their end took on average; None where there is none."""
        query = select(func.avg(matches.c.steps)).select_from(matches.join(games, games.c.id == matches.c.game))
        with self._reading() as db:
            return db.execute(query.where(games.c.text == game, matches.c.ending == 0)).scalar()

    def outcomes(self, game: str) -> list[OutcomeRow]:
        """What the matches of a game of two competing seats prove, counted: what `arena.ratings.comparisons` says of each.

        Counted where the log is, for whoever does not ask for their order: a million matches are read in seconds.
        """
        with self._reading() as db:
            rows = [*db.execute(_PLAYED_OUT, {"game": game}), *db.execute(_FORFEITED, {"game": game})]
            cast = checkpoints_by_number(db, {number for row in rows for number in row[:2]})
        return [OutcomeRow(cast[row[0]], cast[row[1]], bool(row[2]), *row[3:]) for row in rows]

    def boards(self) -> dict[str, str]:
        """The leaderboards that are kept, by game (see `arena.kept`)."""
        with self._reading() as db:
            return {row.game: row.board for row in db.execute(select(boards).order_by(boards.c.game))}

    def keep_boards(self, made: Callable[[], Mapping[str, str]]) -> None:
        """Keeps leaderboards until the next change; `made` is asked when nobody else can change anything any more."""
        with self._writing() as db:
            rows = [{"game": game, "board": board} for game, board in made().items()]
            if rows:
                db.execute(insert(boards), rows)


_ONE, _OTHER = seats.alias("one"), seats.alias("other")
_MET = (
    select(_ONE.c.checkpoint, _OTHER.c.checkpoint)
    .select_from(matches)
    .join(games, games.c.id == matches.c.game)
    .join(_ONE, (_ONE.c.match == matches.c.id) & (_ONE.c.seat == 0))
    .join(_OTHER, (_OTHER.c.match == matches.c.id) & (_OTHER.c.seat == 1))
    .where(games.c.text == bindparam("game"), _ONE.c.checkpoint != _OTHER.c.checkpoint)
)
_NEUTRAL = matches.c.neutral if "neutral" in matches.c else literal(0)
_WON, _DRAWN, _LOST = (
    func.sum(case((met, 1), else_=0))
    for met in (_ONE.c.earned > _OTHER.c.earned, _ONE.c.earned == _OTHER.c.earned, _ONE.c.earned < _OTHER.c.earned)
)
_PLAYED_OUT = (
    _MET.add_columns(1 - _NEUTRAL, _WON, _DRAWN, _LOST)
    .where(matches.c.ending == 0)
    .group_by(_ONE.c.checkpoint, _OTHER.c.checkpoint, _NEUTRAL)
)
_INNOCENT = case((_ONE.c.fault.is_(None), 1), else_=0)
_FORFEITED = (  # lost by the offender; where both are at fault, by nobody
    _MET.add_columns(literal(0), func.sum(_INNOCENT), literal(0), func.sum(1 - _INNOCENT))
    .where(matches.c.ending == 1, _ONE.c.fault.is_(None) != _OTHER.c.fault.is_(None))
    .group_by(_ONE.c.checkpoint, _OTHER.c.checkpoint)
)


def _standings(db: Connection, game: str) -> Standings:
    query = checkpoint_rows().add_columns(ratings.c.mu, ratings.c.sigma, ratings.c.comparisons)
    query = query.join(ratings, ratings.c.checkpoint == checkpoints.c.id).where(checkpoints.c.id.in_(checkpoints_of(game)))
    rows = [(to_checkpoint(row), row) for row in db.execute(query.order_by(checkpoints.c.id))]
    counters = db.execute(select(folds.c.counters).where(folds.c.game == game)).scalar()
    return Standings(
        ratings={who: Rating(row.mu, row.sigma) for who, row in rows},
        compared={who: row.comparisons for who, row in rows},
        counters=json.loads(counters) if counters is not None else {},
    )


def _save_standings(db: Connection, game: str, standings: Standings) -> None:
    numbers = numbers_of(db, standings.ratings)
    rows = [
        {"checkpoint": numbers[who.id].id, "mu": one.mu, "sigma": one.sigma, "comparisons": standings.compared[who]}
        for who, one in standings.ratings.items()
    ]
    _upsert(db, ratings, rows)
    _upsert(db, folds, [{"game": game, "counters": json.dumps(dict(standings.counters), sort_keys=True)}])


def _add_history(db: Connection, rows: Sequence[RatingRow]) -> None:
    numbers = numbers_of(db, (row.checkpoint for row in rows))
    place = [{"season": row.season, "round": row.round, "checkpoint": numbers[row.checkpoint.id].id} for row in rows]
    _upsert(db, history, [{**where, "mu": row.mu, "sigma": row.sigma} for where, row in zip(place, rows, strict=True)])


def _upsert(db: Connection, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows, in the place of those with their keys."""
    if rows:
        statement = upsert(table)
        keys = [column.name for column in table.primary_key]
        fresh = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        db.execute(statement.on_conflict_do_update(index_elements=keys, set_=fresh), rows)


def _close(db: Connection, season: int, number: int, *, cut: bool) -> str:
    """Marks a round as closed and returns its game."""
    this = (rounds.c.season == season) & (rounds.c.number == number)
    game: str = db.execute(select(games.c.text).join(seasons).where(seasons.c.id == season)).scalar_one()
    planned = db.execute(select(rounds.c.planned).where(this)).scalar() or 0
    played = select(func.count()).select_from(matches).where(matches.c.season == season, matches.c.round == number)
    missing = planned - db.execute(played).scalar_one()
    if db.execute(select(rounds.c.closed).where(this)).scalar():
        raise Conflict(
            f"round {nth(number)} of season {season} is closed already", hint="two seasons would have rated it twice"
        )
    if missing > 0 and not cut:
        raise Conflict(
            f"round {nth(number)} of season {season} cannot be closed: {missing} of {planned} matches are not recorded"
        )
    db.execute(update(rounds).where(this).values(closed=1))
    return game
