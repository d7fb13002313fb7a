"""The kept board: a leaderboard as it stood when a season ended, for whoever only wants to see it.

Every write transaction takes the kept boards away before it changes anything (`arena.database`), so one that is there is
true to the file, whoever was killed when. To read it needs no database library: to import that takes longer than all the
rest of `arena leaderboard`. Whatever is unusual is no board here, and the ordinary way says in words what it is.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena.file import VERSION, address, check_file
from arena.leaderboard import Leaderboard, Place, leaderboard_of
from games.errors import ArenaError

if TYPE_CHECKING:
    from arena.store import Store

FORMAT = 3  # raised whenever a board says other things than before: one of another format is as good as none

# One statement, so that its parts tell of one moment. The game is `Calendar.latest_game` where none is named.
_KEPT = """
SELECT board FROM boards
WHERE (SELECT group_concat(version_num) FROM alembic_version) = :version
AND game = coalesce(:game, (
    SELECT text FROM seasons JOIN games ON games.id = seasons.game ORDER BY seasons.id DESC LIMIT 1
))
"""


def kept_board(path: Path, game: str | None) -> Leaderboard | None:
    """A game's board (by default of the game that was played last), where one is kept."""
    try:
        found = _found(path, _KEPT, {"version": VERSION, "game": game})
        return _read(found) if found is not None else None
    except (ValueError, TypeError, KeyError):
        return None


def count_games(path: Path) -> int | None:
    """How many games a league has; None where that cannot be told at once."""
    count: int | None = _found(path, "SELECT count(DISTINCT text) FROM games", {})
    return count


def _found(path: Path, query: str, said: Mapping[str, Any]) -> Any:
    """The first cell of an answer; None where there is none, for whatever reason."""
    path = Path(os.path.realpath(path))
    if not path.is_file():  # not even opened: a pipe would never answer
        return None
    try:
        check_file(path)
        # Who has to wait for somebody is told so by the ordinary way.
        with closing(sqlite3.connect(address(path, mode="ro"), uri=True, timeout=0)) as db:
            found = db.execute(query, said).fetchone()
        return found[0] if found else None
    except (ArenaError, sqlite3.Error, OSError):
        return None


def keep_boards(store: Store) -> None:
    """Keeps the board of every game: all were taken away by whatever was done last."""
    store.keep_boards(lambda: {game: _written(leaderboard_of(store, game)) for game in store.games()})


def untrue_boards(store: Store) -> list[str]:
    """Kept boards that are not what the league gives, in words."""
    try:
        return list(_untrue(store))
    except Exception as error:  # damage can make anything fail in any way
        return [f"boards: cannot be read: {error}"]


def _untrue(store: Store) -> Iterator[str]:
    games = store.games()
    for game, said in store.boards().items():
        if game in games and json.loads(said).get("format", 1) < FORMAT:
            continue
        if game not in games or said != _written(leaderboard_of(store, game)):
            yield f"boards: the one that is kept of {game} is not what the league gives"


def _written(board: Leaderboard) -> str:
    return json.dumps({"format": FORMAT, **asdict(board)})


def _read(said: str) -> Leaderboard:
    """The board that was written so, to the last bit. Raises `ValueError`, `TypeError`, `KeyError` for anything else."""
    facts = json.loads(said)
    if facts.pop("format", 1) != FORMAT:
        raise ValueError(f"a board of another format than {FORMAT}")
    places = [Place(**{**place, "trend": tuple(place["trend"])}) for place in facts["places"]]
    return Leaderboard(**{**facts, "places": tuple(places)})
