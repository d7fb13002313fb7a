"""Whole seasons: what they cost beside the play, how they scale with workers, and how soon one that was killed goes on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

from arena.bench.lap import Unit
from arena.bench.leagues import copied, registered
from arena.bench.measure import OURS, Bench, Figure, compared
from arena.chunk import ChunkTask
from arena.league import League
from arena.season import ChunkPlayed, Event
from arena.training import TrainingTask

LEARNERS = {"alice": "ppo", "bob": "ppo", "uniform": "uniform"}
THROWERS = {f"biased-{i}": f"biased([{1 + i}, 2, 3])" for i in range(8)}


def overhead(bench: Bench, games: int = 200) -> Iterator[Figure]:
    """The share of a season's time that is spent outside games, networks and learning.

    Learners train and play as they do by default; bots play `games` of each pairing, since they have nothing else to do.
    """
    asked = [
        ("connect_four", LEARNERS, "5 % (at most 15 %)"),
        ("rock_paper_scissors", LEARNERS, "at most 35 %"),
        ("rock_paper_scissors", THROWERS, "at most 35 %"),
    ]
    for game, field, aim in asked:
        learn = field is LEARNERS
        settings = {"rounds": 1} if learn else {"rounds": 1, "train": 0, "games": games}
        if bench.quick:
            settings = {"rounds": 1, "train": int(learn), "games": 2, "boards": 2}
        with registered(game, field) as path:
            found = bench.race({OURS: _watched_season(path, game, settings)})[OURS]
        share = found.amount("outside").over(found.amount("seconds").wall / 100)
        yield Figure(f"{game}, {'2 learners' if learn else '8 scripted'}", "%", share, None, aim=aim)


def _watched_season(path: Path, game: str, settings: Mapping[str, Any]) -> Unit:
    def run() -> dict[str, float]:
        with copied(path) as league, _stopwatch() as seconds:
            began = time.perf_counter()
            League(league).run_season(game, **settings)
            passed = time.perf_counter() - began
            return {"seconds": passed, "outside": passed - seconds()}

    return run


@contextmanager
def _stopwatch() -> Iterator[Callable[[], float]]:
    """Counts the seconds in which this process plays and trains; nothing else of a season is slowed by looking."""
    spent = 0.0

    def timed(do: Callable[..., Any]) -> Callable[..., Any]:
        def work(*given: Any) -> Any:
            nonlocal spent
            began = time.perf_counter()
            try:
                return do(*given)
            finally:
                spent += time.perf_counter() - began

        return work

    kinds = (ChunkTask, TrainingTask)
    with patch.object(kinds[0], "do", timed(kinds[0].do)), patch.object(kinds[1], "do", timed(kinds[1].do)):
        yield lambda: spent


def workers(bench: Bench, count: int = 2, train: int = 160_000, games: int = 65_536) -> Iterator[Figure]:
    """A season by several workers and by one: rated matches, then the training of two learners.

    Each takes several seconds, as everything does for which somebody asks for workers. Nobody can help the manager before
    there is a plan, nor when all is played and it rates: of a season of one second, that is a sixth.
    """
    asked = {
        "rated matches": ("matches", {"games": games, "train": 0}),
        "two learners' training": ("decisions", {"games": 2, "train": train}),
    }
    with registered("connect_four", {"alice": "ppo", "bob": "ppo"}) as path:
        for what, (amount, settings) in asked.items():
            if bench.quick:
                settings = {"games": 2, "train": min(settings["train"], 1), "boards": 2}
            units = {name: _season(path, settings, n) for name, n in ((OURS, count), ("1 worker", 1))}
            found = bench.race(units)
            unit = f"{amount}/s"
            yield from compared(f"{what}, {count} workers", unit, found, aims={"1 worker": "at least 1.8 x"}, clock="wall")


def _season(path: Path, settings: Mapping[str, Any], workers: int) -> Unit:
    def run() -> dict[str, float]:
        with copied(path) as copy:
            league = League(copy)
            league.run_season("connect_four", rounds=1, workers=workers, **settings)
            return {"matches": league.status()["matches"], "decisions": 2 * settings["train"]}

    return run


CHUNK = 128


class _Enough(Exception):
    """What was to be measured has happened."""


def resume(bench: Bench, games: int = 20_000) -> Iterator[Figure]:
    """From the command to the next chunk in the log, in a season that was killed in the middle of its rated matches."""
    games = 400 if bench.quick else games
    with registered("rock_paper_scissors", {"rocky": "rock", "anybody": "uniform"}) as path:
        middle = games // CHUNK // 2
        victim = multiprocessing.get_context("spawn").Process(target=_until_killed, args=(path, games, middle))
        victim.start()
        victim.join()

        def go_on() -> dict[str, float]:
            with suppress(_Enough):
                League(path).resume(notify=_enough)
            return {}

        found = bench.race({OURS: go_on})[OURS]
    yield Figure(f"killed after {middle * CHUNK:,} of {games:,} matches", "s", found.seconds(), "wall")


def _until_killed(path: Path, games: int, chunks: int) -> None:
    played = 0

    def kill(event: Event) -> None:
        nonlocal played
        played += isinstance(event, ChunkPlayed)
        if played == chunks:
            os.kill(os.getpid(), signal.SIGKILL)

    League(path).run_season("rock_paper_scissors", rounds=1, train=0, games=games, chunk=CHUNK, notify=kill)


def _enough(event: Event) -> None:
    if isinstance(event, ChunkPlayed):
        raise _Enough
