"""One match as cells of a table, the same in every kind of file: what `arena export --results` writes.

match  season  round  ordinal  seed  seat_0 seat_1 ...  return_0 return_1 ...  ending  steps  neutral  time  arena_uid
"""

from __future__ import annotations

from typing import NamedTuple

from arena.moments import moment
from arena.rows import MatchRow, nth

UID = "arena_uid"

Exported = str | int | float | None


class Told(NamedTuple):
    """A match, what it is known by in every league, and, where they are wanted, its moves, and the tags that its game
    adds to those of every PGN."""

    row: MatchRow
    uid: str
    moves: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


def columns(seats: int) -> tuple[str, ...]:
    """The names of the columns, for a game of so many seats."""
    who = [f"seat_{seat}" for seat in range(seats)]
    paid = [f"return_{seat}" for seat in range(seats)]
    return ("match", "season", "round", "ordinal", "seed", *who, *paid, "ending", "steps", "neutral", "time", UID)


def cells(told: Told, seats: int) -> tuple[Exported, ...]:
    """A match as the cells of those columns. A void match has no returns; the round counts from 1, as on the screen."""
    row, result = told.row, told.row.result
    return (
        row.id,
        row.season,
        nth(row.round),
        result.match.ordinal,
        result.match.seed,
        *map(str, result.match.lineup),
        *(result.returns or (None,) * seats),
        str(result.ending),
        result.steps,
        int(result.neutral),
        moment(row.played_at),
        told.uid,
    )
