"""Who does the work of a season: this process, or several. Tasks go in, outcomes come back in the order of the tasks.

A task is a frozen value and its outcome a function of it alone, so it does not matter who does it. Workers never touch
the database: weights reach them through a folder of files named by their hash, each written once. Each worker has a pipe
of its own, so one that is killed while it speaks can break nobody else's word.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol, Self, TypeVar

from arena import forks, heap, tidying, torch_settings
from arena.errors import WorkerDied
from arena.roster import Roster, WeightSource
from games.core import Game
from games.errors import ArenaError
from games.registry import GAMES

Outcome = TypeVar("Outcome", covariant=True)
_PATIENCE = 1.0  # seconds in which a worker without work lets go of its agents
_TRIES = 3  # a task over which so many workers died is given up


class Desk:
    """Where a task is done: games and agents of this process, kept from task to task."""

    def __init__(self, weights: WeightSource) -> None:
        self.weights = weights
        self._games: dict[str, Game] = {}
        self._rosters: dict[tuple[str, str], Roster] = {}

    def game(self, spec: str) -> Game:
        if spec not in self._games:
            self._games[spec] = GAMES.make(spec)
        return self._games[spec]

    def roster(self, spec: str, device: str) -> Roster:
        if (spec, device) not in self._rosters:
            self._rosters[spec, device] = Roster(self.game(spec).spec, self.weights, device=device)
        return self._rosters[spec, device]

    def close(self) -> None:
        """Lets go of every agent."""
        for roster in self._rosters.values():
            roster.close()
        self._rosters.clear()


class Task(Protocol[Outcome]):
    """A piece of work: a frozen, picklable value, whose text says what it is about."""

    def needs(self) -> Iterable[str]:
        """The sha256 of every weights file it reads."""

    def do(self, desk: Desk) -> Outcome:
        """The work itself, a function of the task and of nothing else."""


@dataclass(eq=False)
class _Job:
    """A task under way; `answer` is its outcome, or the error that it raised."""

    task: Task[Any]
    deaths: int = 0  # workers that died over it
    answer: tuple[Any, Exception | None] | None = None

    def outcome(self) -> Any:
        assert self.answer
        outcome, error = self.answer
        if error:
            raise error
        return outcome


@dataclass(eq=False)
class _Worker:
    """Another process, our end of its pipe, and what it was given to do: it answers in that order."""

    process: BaseProcess
    pipe: Connection
    jobs: deque[_Job] = field(default_factory=deque)

    def end(self, *, patience: float = 0.0) -> None:
        """Ends it: what it has not handed over is dropped. With patience, it may first let go of its agents."""
        self.pipe.close()  # the end of its work, if it has none under way
        self.process.join(patience)
        self.process.kill()
        self.process.join()


class Workers:
    """One process (this one) or several. Use as a context manager: no worker outlives it."""

    def __init__(self, count: int, *, weights: WeightSource) -> None:
        self.count, self._weights = count, weights
        self._here = Desk(weights)
        self._hired: list[_Worker] = []

    def __enter__(self) -> Self:
        if self.count > 1:
            self._folder = tempfile.TemporaryDirectory(prefix="arena-weights-")
            self._hired = [self._hire() for _ in range(self.count)]  # they get ready while the first tasks are thought of
        return self

    def __exit__(self, *error: object) -> None:
        if self.count > 1:
            for worker in sorted(self._hired, key=lambda worker: not worker.jobs):
                worker.end(patience=0.0 if worker.jobs else _PATIENCE)
            self._folder.cleanup()
        self._here.close()

    def run(self, tasks: Iterable[Task[Outcome]], *, ahead: bool = False) -> Iterator[Outcome]:
        """The outcomes in the order of the tasks; no more than twice as many tasks under way as there are workers.

        With `ahead`, which is for many short tasks, each worker is given its next one while it is busy, and need not wait
        until we have done with another's outcome; then three times as many are under way.

        Raises what a task raised, when its turn comes; `WorkerDied` where a task killed worker after worker.
        """
        if self.count == 1:
            yield from (task.do(self._here) for task in tasks)
            return
        queue, jobs, each = iter(tasks), deque[_Job](), 2 if ahead else 1
        while True:
            jobs.extend(map(_Job, islice(queue, (each + 1) * self.count - len(jobs))))
            if not jobs:
                return
            self._collect(patience=0.0)
            self._hand_out(jobs, each)
            if jobs[0].answer:
                yield jobs.popleft().outcome()
            else:
                self._collect()

    def _hand_out(self, jobs: Iterable[_Job], each: int) -> None:
        """Gives the first jobs that nobody has to those who have least to do, so many at most."""
        given = {id(job) for worker in self._hired for job in worker.jobs}
        for job in [job for job in jobs if not job.answer and id(job) not in given]:
            if len(self._hired) < self.count:
                self._hired.append(self._hire())
            worker = min(self._hired, key=lambda worker: len(worker.jobs))
            if len(worker.jobs) >= each:
                return
            for sha in job.task.needs():
                path = Path(self._folder.name, sha)
                if not path.exists():
                    path.write_bytes(self._weights(sha))
            worker.jobs.append(job)
            with suppress(OSError):  # it died while it had nothing to do, which shows when its answer is awaited
                worker.pipe.send(job.task)

    def _collect(self, *, patience: float | None = None) -> None:
        """Waits for an answer, or for a death: then what the worker had is free to be done again."""
        busy = [worker for worker in self._hired if worker.jobs]
        ready = wait([worker.pipe for worker in busy], patience)
        for worker in [worker for worker in busy if worker.pipe in ready]:
            try:
                answer = worker.pipe.recv()
            except (EOFError, OSError):
                worker.end()
                self._hired.remove(worker)
                self._mourn(worker.jobs[0])
            else:
                worker.jobs.popleft().answer = answer

    def _mourn(self, job: _Job) -> None:
        """A worker died over this job. Raises `WorkerDied` where too many did."""
        job.deaths += 1
        if job.deaths == _TRIES:
            raise WorkerDied(
                f"{_TRIES} worker processes died over {job.task}",
                hint="is memory short (try fewer --workers), or does one end its process? then: arena season resume",
            )

    def _hire(self) -> _Worker:
        context = forks.get_ready()
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._folder.name))
        process.start()
        theirs.close()  # now a dead worker is the end of the pipe
        return _Worker(process, ours)


def _work(pipe: Connection, folder: str) -> None:
    """A worker's life. Ctrl-C is the manager's to handle, and small matmuls run fastest on one thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # it was born deaf, and what it starts need not be
    heap.keep()
    threading.Thread(target=_follow_manager, args=(folder,), daemon=True).start()
    desk, tasks = Desk(lambda sha: Path(folder, sha).read_bytes()), SimpleQueue[Task[Any] | None]()
    threading.Thread(target=_listen, args=(pipe, tasks), daemon=True).start()
    with torch_settings.fixed(), tidying.seldom():
        while (task := tasks.get()) is not None:
            pipe.send(_answer(task, desk))
    desk.close()


def _listen(pipe: Connection, tasks: SimpleQueue[Task[Any] | None]) -> None:
    """Takes whatever the manager says at once: if it had to wait while we wait for it to listen, both would for ever."""
    with suppress(EOFError):
        while True:
            tasks.put(pipe.recv())
    tasks.put(None)


def _answer(task: Task[Any], desk: Desk) -> tuple[Any, Exception | None]:
    try:
        return task.do(desk), None
    except ArenaError as error:
        return None, error
    except Exception:  # our mistake, and its kind may not be picklable; the traceback is all that is worth keeping
        return None, AssertionError(f"a worker's task broke:\n{traceback.format_exc()}")


def _follow_manager(folder: str) -> None:
    """Ends with the manager, even where it was killed and could neither say so nor clean up."""
    manager = multiprocessing.parent_process()
    assert manager
    manager.join()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
