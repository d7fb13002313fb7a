"""One season at a time: an operating system's lock beside the league, which its holder's death releases.

The file `league.db.lock` stays and says who holds it; only the lock on it counts, never that it exists.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import weakref
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self

from arena.errors import LeagueHeld

_GRACE = 0.3  # seconds in which a new holder has written its name


class SeasonLock:
    """Holds a league for one season, as a context manager. Raises `LeagueHeld`, which names the holder, at once."""

    def __init__(self, league: str | Path) -> None:
        self.path = Path(f"{league}.lock")
        self._handle: int | None = None

    def __enter__(self) -> Self:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise self._refusal() from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(_me()).encode(), 0)
        self._handle = handle
        _held.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            self._let_go()

    def _let_go(self) -> None:
        """Closes our end; a forked child has its own, and must not keep the league when its parent dies."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        _held.discard(self)

    def _refusal(self) -> LeagueHeld:
        holder = self._holder()
        league = self.path.with_suffix("")
        hint = "wait for it, or stop it there; a holder's death frees the league by itself"
        if holder is None:
            return LeagueHeld(f"{league} is held by another process", hint=hint)
        who = f"process {holder.get('pid')} on {holder.get('host')} since {holder.get('since')}"
        return LeagueHeld(f"{league} is held by {who}", hint=hint)

    def _holder(self) -> dict[str, Any] | None:
        """Who wrote its name into the file; waits a moment for a holder that is about to."""
        until = monotonic() + _GRACE
        while True:
            try:
                holder = json.loads(self.path.read_bytes())
                if isinstance(holder, dict) and _alive(holder):
                    return holder
            except (OSError, ValueError):
                pass
            if monotonic() > until:
                return None
            sleep(0.01)


_held: weakref.WeakSet[SeasonLock] = weakref.WeakSet()


def _after_fork() -> None:
    for lock in list(_held):
        lock._let_go()


os.register_at_fork(after_in_child=_after_fork)


def _me() -> dict[str, Any]:
    since = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _alive(holder: dict[str, Any]) -> bool:
    """Whether a name is not that of a dead process; another host's cannot be told."""
    if holder.get("host") != socket.gethostname():
        return True
    try:
        os.kill(int(holder["pid"]), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, KeyError, ValueError):
        pass
    return True
