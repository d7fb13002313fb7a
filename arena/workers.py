"""Who does the work of a season: this process, or several. Tasks go in, outcomes come back in the order of the tasks.

A task is a frozen value and its outcome a function of it alone, so it does not matter who does it. Workers never touch
the database: weights reach them through a folder of files named by their hash, each written once.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from arena.errors import WorkerDied
from arena.roster import Roster, WeightSource
from games.core import Game
from games.registry import GAMES

Outcome = TypeVar("Outcome", covariant=True)
_TRIES = 3  # a task whose worker died this often is given up


class Desk:
    """Where a task is done: games and agents of this process, kept from task to task."""

    def __init__(self, weights: WeightSource) -> None:
        self.weights = weights
        self.game = lru_cache(maxsize=8)(self._make_game)
        self.roster = lru_cache(maxsize=8)(self._make_roster)

    def _make_game(self, spec: str) -> Game:
        game: Game = GAMES.make(spec)
        return game

    def _make_roster(self, spec: str, device: str) -> Roster:
        return Roster(self.game(spec).spec, self.weights, device=device)


class Task(Protocol[Outcome]):
    """A piece of work: a frozen, picklable value."""

    def needs(self) -> Iterable[str]:
        """The sha256 of every weights file it reads."""

    def do(self, desk: Desk) -> Outcome:
        """The work itself, a function of the task and of nothing else."""


class Workers:
    """One process (this one) or several. Use as a context manager: no worker outlives it."""

    def __init__(self, count: int, *, weights: WeightSource) -> None:
        self.count, self._weights = count, weights
        self._here = Desk(weights)
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self.count > 1:
            self._folder = tempfile.TemporaryDirectory(prefix="arena-weights-")
            self._pool = self._start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool:
            self._stop()
            self._folder.cleanup()

    def run(self, tasks: Iterable[Task[Outcome]]) -> Iterator[Outcome]:
        """The outcomes in the order of the tasks; no more than twice as many tasks under way as there are workers."""
        if self._pool is None:
            yield from (task.do(self._here) for task in tasks)
            return
        waiting: deque[tuple[Task[Outcome], Future[Outcome]]] = deque()
        for task in tasks:
            waiting.append((task, self._submit(task)))
            if len(waiting) >= 2 * self.count:
                yield self._first(waiting)
        while waiting:
            yield self._first(waiting)

    def _first(self, waiting: deque[tuple[Task[Outcome], Future[Outcome]]]) -> Outcome:
        for _ in range(_TRIES):
            try:
                outcome = waiting[0][1].result()
            except BrokenProcessPool:
                self._stop()
                self._pool = self._start()
                again = [(task, self._submit(task)) for task, _ in waiting]
                waiting.clear()
                waiting.extend(again)
            else:
                waiting.popleft()
                return outcome
        raise WorkerDied(
            f"a worker process died {_TRIES} times over the same task",
            hint="is memory short? try fewer --workers, then: arena season resume",
        )

    def _submit(self, task: Task[Outcome]) -> Future[Outcome]:
        assert self._pool
        for sha in task.needs():
            path = Path(self._folder.name, sha)
            if not path.exists():
                path.write_bytes(self._weights(sha))
        return self._pool.submit(_do, task)

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["torch", "arena.runner", "arena.training"])
        return ProcessPoolExecutor(self.count, mp_context=context, initializer=_begin, initargs=(self._folder.name,))

    def _stop(self) -> None:
        """Ends the workers now: what they have not handed over is dropped, and will be done again."""
        assert self._pool
        for process in list((self._pool._processes or {}).values()):
            with suppress(ProcessLookupError):
                process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)


_desk: Desk  # a worker process's own


def _begin(folder: str) -> None:
    """A worker's first act. Ctrl-C is the manager's to handle, and small matmuls run fastest on one thread."""
    import torch

    global _desk
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    threading.Thread(target=_follow_manager, daemon=True).start()
    _desk = Desk(lambda sha: Path(folder, sha).read_bytes())


def _follow_manager() -> None:
    """Ends with the manager, even where it was killed and could not say so."""
    manager = multiprocessing.parent_process()
    assert manager
    manager.join()
    os._exit(1)


def _do(task: Task[Any]) -> Any:
    return task.do(_desk)
