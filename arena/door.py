"""How a league's file is opened: to be read, to be written, or held against every other season."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from arena.kept import keep_boards
from arena.lock import SeasonLock
from games.errors import ArenaError

if TYPE_CHECKING:
    from arena.store import Store


class Door:
    """The file at `path`, opened for as long as it is needed. `on_wait` is told how long another process keeps it."""

    def __init__(self, path: str | Path = "league.db", *, on_wait: Callable[[float], None] | None = None) -> None:
        self.path, self._on_wait = Path(path), on_wait

    def _reading(self) -> Store:
        from arena.store import Store

        return Store.open(self.path, on_wait=self._on_wait)

    def _writing(self) -> Store:
        from arena.store import Store

        return Store.open(self.path, write=True, on_wait=self._on_wait)

    @contextmanager
    def _holding(self, *, make: bool = False) -> Iterator[Store]:
        """The store, for as long as nobody else runs a season on it. A league that is not there is made only with `make`.

        Who is done with it leaves the boards ready to be shown.
        """
        (self._writing if make else self._reading)().close()
        with SeasonLock(self.path), self._writing() as store:
            yield store
            with suppress(ArenaError):  # what was done is done; without them a leaderboard is only slower
                keep_boards(store)
