"""One season at a time: an operating system's lock beside the league, which its holder's death releases.

The file `league.db.lock` stays and says who holds it; only the lock on it counts, never that it exists.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import weakref
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self

from arena.errors import DiskFull, LeagueHeld

_GRACE = 0.3  # seconds in which a new holder has written its name, and children of a dead one have let go


class SeasonLock:
    """Holds a league for one season, as a context manager. Raises `LeagueHeld`, which names the holder, at once."""

    def __init__(self, league: str | Path) -> None:
        self.path = Path(f"{os.path.realpath(league)}.lock")
        self._handle: int | None = None

    def __enter__(self) -> Self:
        until = monotonic() + _GRACE
        while (handle := self._take()) is None:
            holder = self._holder()
            if holder is not None or monotonic() > until:
                raise self._refusal(holder)
            sleep(0.01)
        self._handle = handle
        _held.add(self)
        try:
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(_me()).encode(), 0)
        except OSError as error:  # no room for a name is no room for a season
            self._let_go()
            raise DiskFull.at(self.path) from error
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

    def holder(self) -> str | None:
        """Who holds the league, `process 17 on host since ...`; None where nobody has locked it."""
        if not self._locked():
            return None
        found = self._holder()
        return _described(found) if found else "another process"

    def _locked(self) -> bool:
        """Whether somebody holds the lock at this moment; asked with a shared lock, which two askers can have at once."""
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def _take(self) -> int | None:
        """The locked file; None where somebody else has locked it."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return handle

    def _holder(self) -> dict[str, Any] | None:
        """Who wrote its name into the file; None where there is none yet, or only that of a dead process."""
        try:
            holder = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return None
        return holder if isinstance(holder, dict) and _alive(holder) else None

    def _refusal(self, holder: dict[str, Any] | None) -> LeagueHeld:
        named = holder and _described(holder)
        return LeagueHeld(
            f"{self.path.with_suffix('')} is held by {named or 'another process'}",
            hint="wait for it, or stop it there; a holder's death frees the league by itself",
        )


_held: weakref.WeakSet[SeasonLock] = weakref.WeakSet()


def _after_fork() -> None:
    for lock in list(_held):
        lock._let_go()


os.register_at_fork(after_in_child=_after_fork)


def _me() -> dict[str, Any]:
    since = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _described(holder: dict[str, Any]) -> str:
    return "process {pid} on {host} since {since}".format_map(defaultdict(str, holder))


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
