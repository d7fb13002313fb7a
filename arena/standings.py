"""What it came to: payoffs and ratings, views of the log that are kept so that a leaderboard need not read it.

The store knows no rating formula: ratings are plain numbers that name the log they were folded from.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from arena.analysis.payoff import Pair, Payoff
from arena.errors import Conflict
from arena.journal import Journal
from arena.match import Checkpoint
from arena.rolls import checkpoint_rows, checkpoints_by_number, checkpoints_of, numbers_of, to_checkpoint
from arena.rows import RatingRow
from arena.schema import boards, checkpoints, games, history, log, matches, payoffs, ratings, rounds, seasons, seats

Rating = tuple[float, float, int]  # mu, sigma, matches
_CHAPTER = ("checkpoint", "mu", "sigma")


class Standings(Journal):
    """The part of the store that knows how everyone stands."""

    def close_round(
        self, season: int, number: int, *, ratings: Mapping[Checkpoint, Rating], fold: Mapping[str, Any]
    ) -> None:
        """Ends a round with the ratings after it, and `fold`: the fold's counters, as JSON.

        Raises `NotFound`, and `Conflict` where planned matches are not yet recorded.
        """
        with self._writing() as db:
            game = _close(db, season, number)
            rows = save_ratings(db, game, ratings, fold)
            statement = upsert(history).on_conflict_do_nothing()
            chapter = [{"season": season, "round": number, **{key: row[key] for key in _CHAPTER}} for row in rows]
            if chapter:
                db.execute(statement, chapter)

    def refold(self, game: str, *, ratings: Mapping[Checkpoint, Rating], fold: Mapping[str, Any]) -> None:
        """Replaces a game's ratings outside of any round, when they were folded again from the whole log."""
        with self._writing() as db:
            save_ratings(db, game, ratings, fold)

    def ratings(self, game: str) -> dict[Checkpoint, Rating]:
        """The ratings of a game's checkpoints: mu, sigma and the number of rated matches, in order of birth."""
        query = checkpoint_rows().add_columns(ratings.c.mu, ratings.c.sigma, ratings.c.matches)
        query = query.join(ratings, ratings.c.checkpoint == checkpoints.c.id).where(
            checkpoints.c.id.in_(checkpoints_of(game))
        )
        with self._reading() as db:
            rows = db.execute(query.order_by(checkpoints.c.id))
            return {to_checkpoint(row): (row.mu, row.sigma, row.matches) for row in rows}

    def fold(self, game: str) -> dict[str, Any] | None:
        """The counters of the fold that made the ratings; None before the first round was closed."""
        with self._reading() as db:
            said = db.execute(select(boards.c.fold).where(boards.c.game == game)).scalar()
        return json.loads(said) if said is not None else None

    def rating_history(self, game: str) -> list[RatingRow]:
        """Every checkpoint's rating at the end of every round."""
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

    def faults(self, game: str) -> dict[Checkpoint, int]:
        """How often each checkpoint forfeited; those that never did are left out."""
        query = select(seats.c.checkpoint, func.count()).where(
            seats.c.fault.is_not(None), seats.c.checkpoint.in_(checkpoints_of(game))
        )
        with self._reading() as db:
            rows = db.execute(query.group_by(seats.c.checkpoint).order_by(seats.c.checkpoint)).all()
            cast = checkpoints_by_number(db, [row[0] for row in rows])
        return {cast[number]: count for number, count in rows}


def save_ratings(
    db: Connection, game: str, given: Mapping[Checkpoint, Rating], fold: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Makes these the game's ratings, of the log as it stands; returns their rows."""
    numbers = numbers_of(db, given)
    rows = [
        {"checkpoint": numbers[checkpoint.id].id, "mu": mu, "sigma": sigma, "matches": played}
        for checkpoint, (mu, sigma, played) in given.items()
    ]
    if rows:
        statement = upsert(ratings)
        fresh = {name: statement.excluded[name] for name in ("mu", "sigma", "matches")}
        db.execute(statement.on_conflict_do_update(index_elements=["checkpoint"], set_=fresh), rows)
    board = {
        "fold": json.dumps(dict(fold), sort_keys=True),
        "digest": db.execute(select(log.c.digest)).scalar_one(),
        "seal": seal(db, game),
    }
    db.execute(upsert(boards).values(game=game, **board).on_conflict_do_update(index_elements=["game"], set_=board))
    return rows


def seal(db: Connection, game: str) -> bytes:
    """A digest of the game's ratings as they are."""
    total = blake2b(digest_size=16)
    query = select(ratings).where(ratings.c.checkpoint.in_(checkpoints_of(game))).order_by(ratings.c.checkpoint)
    for row in db.execute(query):
        total.update(struct.pack("<qddq", *row))
    return total.digest()


def _close(db: Connection, season: int, number: int) -> str:
    """Marks a round as closed and returns its game."""
    this = (rounds.c.season == season) & (rounds.c.number == number)
    game: str = db.execute(select(games.c.text).join(seasons).where(seasons.c.id == season)).scalar_one()
    planned = db.execute(select(rounds.c.planned).where(this)).scalar() or 0
    played = select(func.count()).select_from(matches).where(matches.c.season == season, matches.c.round == number)
    missing = planned - db.execute(played).scalar_one()
    if missing > 0:
        raise Conflict(
            f"round {number} of season {season} cannot be closed: {missing} of {planned} matches are not recorded"
        )
    db.execute(update(rounds).where(this).values(closed=1))
    return game
