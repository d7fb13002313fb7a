"""Memory: that of the process that runs a season, and that of loaded checkpoints. Each is weighed in a fresh process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from agents.weights import pack
from arena.bench.child import Child
from arena.bench.lap import Unit
from arena.bench.leagues import registered
from arena.bench.measure import Bench, Figure, Reading
from arena.bench.neural import frozen_names, policies
from arena.league import League
from arena.roster import Roster
from games.registry import GAMES

STATUS = Path("/proc/self/status")  # where Linux says what a process holds


def memory(bench: Bench, matches: tuple[int, int] = (2_000, 20_000), checkpoints: int = 100) -> Iterator[Figure]:
    """A season's peak against its length, and what loaded checkpoints add."""
    if not STATUS.exists():
        bench.absent["memory"] = "only Linux says what a process holds"
        return
    few, many = (32, 64) if bench.quick else matches
    short, long = (_weighed(bench, f"season({count})") for count in (few, many))
    yield Figure(f"season of {many:,} matches", "MB", long, None, f"season of {few:,}", short, "flat: 1 x")
    loaded = _weighed(bench, f"loaded({4 if bench.quick else checkpoints})")
    yield Figure(f"{checkpoints} checkpoints loaded", "MB", loaded, None, aim="at most 50 MB")


def _weighed(bench: Bench, spec: str) -> Reading:
    def once() -> float:
        with Child(f"memory_{spec}") as child:
            return child.lap(0.0).done["MB"]

    return Reading.plain(median(once() for _ in range(1 if bench.quick else bench.rounds)))


def season(matches: int) -> Unit:
    """The most that a process holds that runs a season of so many matches."""

    def run() -> dict[str, float]:
        with registered("rock_paper_scissors", {"rocky": "rock", "anybody": "uniform"}) as path:
            League(path).run_season("rock_paper_scissors", rounds=1, train=0, games=matches)
        return {"MB": _megabytes("VmHWM")}

    return run


def loaded(checkpoints: int) -> Unit:
    """What so many checkpoints add to a process that has loaded two."""
    game = GAMES.make("connect_four")
    names = frozen_names(checkpoints)
    (policy,) = policies(game, 1)
    packed = pack(policy)  # of each: a hundred learners made and dropped would leave room that the roster then fills
    roster = Roster(game.spec, lambda sha: packed)
    roster.cast(names[:2])

    def load() -> dict[str, float]:
        before = _megabytes("VmRSS")
        cast = roster.cast(names)  # as long as it is held
        return {"MB": _megabytes("VmRSS") - before, "actors": len(cast.actors)}

    return load


def _megabytes(what: str) -> float:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024
