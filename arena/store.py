"""The only door to the database: rows in, facts out, one transaction for each thing that must not be half done.

    with Store.open("league.db", write=True) as store:
        store.add_game("connect_four", spec)
        alice = store.register(Entrant("alice", "ppo(lr=3e-4)", "connect_four", learns=True))

A `Store` is what its parts are: `Rolls` (who is in the league), `Calendar` (seasons and rounds), `Lessons` (training),
`Journal` (the match log), `Conduct` (who is suspended), `Views` (payoffs and ratings) and `Ledger` (what was imported);
here it is opened, summed up, checked and copied.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, func, select

from arena.audit import problems
from arena.database import OnWait, copy, create, schema_of
from arena.errors import NotALeague
from arena.file import check_file, check_schema
from arena.ledger import Ledger
from arena.schema import agents, checkpoints, log, ratings, seasons


class Store(Ledger):
    """One league file. Use it from one thread, and never across a fork."""

    @classmethod
    def open(cls, path: str | Path, *, write: bool = False, on_wait: OnWait | None = None) -> Self:
        """Opens a league; with `write`, makes one where there is none. `on_wait(seconds)` is told once of a long wait.

        Raises `NotFound`, `NotALeague`, `SchemaMismatch`, `ReadOnly`, `LeagueHeld`; the file is then as it was.
        """
        path = Path(os.path.realpath(path))  # by a link it is the same league, with the same journal and the same lock
        if path.exists() and not path.is_file():
            raise NotALeague(
                f"{path} is no regular file", hint="say where the league's file is, or is to be: --league FILE"
            )
        if write and (not path.exists() or path.stat().st_size == 0):
            create(path)
        check_file(path)
        store = cls(path, on_wait=on_wait)
        try:
            with store._reading() as db:
                check_schema(schema_of(db), path)
            if write:
                store._open_writer()
        except BaseException:
            store.close()
            raise
        return store

    def digest(self) -> str:
        """One number for the whole league: equal for equal logs, checkpoints and ratings, however they came."""
        with self._reading() as db:
            return _digest(db)

    def status(self) -> dict[str, Any]:
        """The league in numbers, with stable keys."""
        with self._reading() as db:
            head = db.execute(select(log)).one()
            unfinished = select(func.max(seasons.c.id)).where(seasons.c.finished == 0)
            return {
                "path": str(self.path),
                "schema": schema_of(db),
                "agents": db.execute(select(func.count()).select_from(agents)).scalar_one(),
                "checkpoints": db.execute(select(func.count()).select_from(checkpoints)).scalar_one(),
                "seasons": db.execute(select(func.count()).select_from(seasons)).scalar_one(),
                "matches": head.matches,
                "size_bytes": self.path.stat().st_size,
                "log_digest": head.digest.hex(),
                "digest": _digest(db),
                "unfinished": db.execute(unfinished).scalar(),
            }

    def verify(self, on_progress: Callable[[int, int], None] | None = None) -> list[str]:
        """What is wrong with the league, in words; empty when all is well. `on_progress(done, all)` counts matches."""
        with self._reading() as db:
            return problems(db, on_progress)

    def backup(self, target: str | Path) -> None:
        """Copies the league, as it is at this moment, to a new file. Raises `AlreadyExists`, `DiskFull`."""
        copy(self.path, Path(target))


def _digest(db: Connection) -> str:
    total = blake2b(db.execute(select(log.c.digest)).scalar_one(), digest_size=16)
    rated = select(checkpoints.c.key, ratings.c.mu, ratings.c.sigma, ratings.c.comparisons).outerjoin(ratings)
    for key, mu, sigma, compared in db.execute(rated.order_by(checkpoints.c.key)):
        total.update(key.encode())
        total.update(struct.pack("<ddq", mu, sigma, compared) if mu is not None else b"unrated")
    return total.hexdigest()
