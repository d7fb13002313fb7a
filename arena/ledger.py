"""What came from elsewhere: agents known by results alone, and which row of a file each imported match was.

A season of imported results says so in its settings, with one digest of all its rows' keys; so a row that is edited or
gone is seen, and a file that is imported again is known by its rows.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects import sqlite

from arena.errors import BadConfig, NotFound
from arena.match import RESULTS_ONLY, Checkpoint, Entrant
from arena.rolls import add_checkpoint, checkpoint_rows, enter, newest, owner_of, to_checkpoint
from arena.rows import MatchRow
from arena.schema import checkpoints, games, imported, matches
from arena.views import Views

KEYS = "keys"  # the name of the digest among a season's settings
_PAGE = 5000  # keys looked for or written at once

_KNOWN = select(imported.c.row).where(imported.c.row.in_(bindparam("keys", expanding=True)))
_SQLITE = sqlite.dialect()
_CAME = str(insert(imported).compile(dialect=_SQLITE))  # plain tuples, in the order of the table's columns
_DATED = str(update(matches).where(matches.c.id == bindparam("which")).values(played_at=0).compile(dialect=_SQLITE))


class Ledger(Views):
    """The part of the store that knows what was imported."""

    def seat(self, text: str, game: str) -> tuple[Checkpoint, bool]:
        """Whom a foreign table means by `alice` (its newest) or `alice@3`, and whether it is new.

        Nobody of that name: an agent that is known by results alone, and cannot play. Raises `BadConfig` for an agent of
        another game, `NotFound` for a version that an agent which plays does not have.
        """
        name, _, version = text.partition("@")
        with self._writing() as db:
            agent = owner_of(db, name)
            if agent is None:
                made = enter(db, Entrant(name, RESULTS_ONLY, game))
                return add_checkpoint(db, made, version=int(version or 1)), True
            if agent.game_text != game:
                raise BadConfig(
                    f"{agent.name!r} plays {agent.game_text}, not {game}",
                    hint=f"say --game {agent.game_text!r}, or give one of them another name",
                )
            if not version:
                return newest(db, agent), False
            own = checkpoint_rows().where(checkpoints.c.agent == agent.id, checkpoints.c.version == int(version))
            if (found := db.execute(own).first()) is not None:
                return to_checkpoint(found), False
            if agent.spec != RESULTS_ONLY:
                raise NotFound(f"{agent.name!r} has no checkpoint {version}", hint=f"its newest is {newest(db, agent)}")
            return add_checkpoint(db, agent, version=int(version)), False

    def known_rows(self, keys: Iterable[bytes]) -> set[bytes]:
        """Which rows were imported already."""
        known: set[bytes] = set()
        with self._reading() as db:
            if db.execute(select(imported.c.row).limit(1)).first() is None:
                return known
            for page in _pages(keys):
                known.update(db.execute(_KNOWN, {"keys": page}).scalars())
        return known

    def played(self, digests: Iterable[bytes]) -> set[bytes]:
        """At which of these digests the log stood after one of its matches."""
        wanted = set(digests)
        with self._reading() as db:
            return {digest for digest in db.execute(select(matches.c.digest)).scalars() if digest in wanted}

    def game_of(self, uid: bytes) -> str:
        """The game of a match that is known by this."""
        came = select(imported.c.match).where(imported.c.row == uid)
        query = select(games.c.text).join(matches, matches.c.game == games.c.id)
        with self._reading() as db:
            place = db.execute(came).scalar()
            this = matches.c.id == place if place is not None else matches.c.digest == uid
            return str(db.execute(query.where(this)).scalar_one())

    def identified(self, rows: Iterable[MatchRow]) -> Iterator[tuple[MatchRow, str]]:
        """Matches, in the order of the log, each with what it is known by in every league, in 32 hexadecimal digits: the
        key of the row that it came as; for one that was played here, the digest of the log up to it."""
        places, keys = array("q"), bytearray()
        with self._reading() as db:
            for place, key in db.execute(select(imported.c.match, imported.c.row).order_by(imported.c.match)):
                places.append(place)
                keys += key
        for row in rows:
            at = bisect_left(places, row.id)
            came = at < len(places) and places[at] == row.id
            yield row, keys[16 * at : 16 * at + 16].hex() if came else row.digest

    def remember_rows(self, season: int, keys: Sequence[bytes], dates: Iterable[int | None]) -> None:
        """Notes which row each match of a season was, in order, and when it was played where the file says so."""
        with self._writing() as db:
            ids = db.execute(select(matches.c.id).where(matches.c.season == season).order_by(matches.c.ordinal)).scalars()
            places = array("q", ids)
            assert len(places) == len(keys), "a key for each match"
            for page in _pages(zip(keys, places, strict=True)):
                db.exec_driver_sql(_CAME, page)
            for page in _pages((when, place) for when, place in zip(dates, places, strict=True) if when is not None):
                db.exec_driver_sql(_DATED, page)


def digest_of(keys: Iterable[bytes]) -> str:
    """One number for the rows that a season came from, in the order of its matches."""
    total = blake2b(digest_size=16)
    for key in keys:
        total.update(key)
    return total.hexdigest()


def keys_of(db: Connection, season: int) -> Iterator[bytes]:
    """The keys of a season's rows, in the order of its matches."""
    query = select(imported.c.row).join(matches, matches.c.id == imported.c.match).where(matches.c.season == season)
    yield from db.execute(query.order_by(imported.c.match)).scalars()


def _pages(items: Iterable[Any]) -> Iterator[list[Any]]:
    stream = iter(items)
    while page := list(islice(stream, _PAGE)):
        yield page
