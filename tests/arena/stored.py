"""A small stored league to tell stories about: four agents, one season, one open round."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import sleep

from arena import League
from arena.match import Checkpoint, Entrant, Match, Result
from arena.ratings.model import Rating, Standings
from arena.reckoning import close_round
from arena.store import Store
from games.spec import GameSpec

GAME = "connect_four"
SPEC = GameSpec(GAME, 1, "competitive", 2, 7, (2, 6, 7), 42, (-1.0, 1.0))


def found(path: Path, *, agents: int = 4, plan: int = 0) -> tuple[Store, list[Checkpoint]]:
    """A new league, open for writing, with round 1 of season 1 begun."""
    store = Store.open(path, write=True)
    store.add_game(GAME, SPEC)
    cast = [store.register(Entrant(f"agent-{n}", "uniform()", GAME), weights=b"weights %d" % n) for n in range(agents)]
    store.open_season(GAME, settings={"rounds": 1}, seed=7, entrants=[one.agent for one in cast])
    store.open_round(1, 1, cast)
    if plan:
        store.save_plan(1, 1, [result.match for result in played(cast, plan)])
    return store, cast


Told = tuple[tuple[str, ...], tuple[float, ...]]  # who sat where, and what each earned


def logged(path: Path, told: Sequence[Told], *, agents: Sequence[str] = (), spec: GameSpec = SPEC) -> League:
    """A league of one rated round, in which these matches were played; more `agents` have come, but not played."""
    with Store.open(path, write=True) as store:
        store.add_game(spec.name, spec)
        names = dict.fromkeys([*(name for lineup, _ in told for name in lineup), *agents])
        cast = {name: store.register(Entrant(name, "uniform()", spec.name)) for name in names}
        store.open_season(spec.name, settings={"rounds": 1}, seed=7, entrants=list(names))
        store.open_round(1, 0, list(cast.values()))
        results = [
            Result(Match(place, place, tuple(cast[name] for name in lineup)), earned, 1, b"")
            for place, (lineup, earned) in enumerate(told)
        ]
        store.save_plan(1, 0, [result.match for result in results])
        if results:
            store.record(1, 0, results)
        close_round(store, store.season(1), 0)
    return League(path)


def duels(scores: Mapping[tuple[str, str], tuple[int, ...]]) -> list[Told]:
    """So many matches that the first of each pair, in the first seat, won, lost and (where told) drew."""
    return [
        (pair, (earned, -earned))
        for pair, counts in scores.items()
        for earned, count in zip((1.0, -1.0, 0.0), counts, strict=False)
        for _ in range(count)
    ]


def played(cast: Sequence[Checkpoint], count: int, *, seed: int = 0) -> list[Result]:
    """Mirrored pairs of matches with random tapes, some of them forfeited or void."""
    chance = random.Random(seed)
    return [
        _result(Match(ordinal, chance.getrandbits(63), tuple(chance.sample(cast, 2))), chance) for ordinal in range(count)
    ]


def _result(match: Match, chance: random.Random) -> Result:
    steps = chance.randrange(7, 43)
    tape = chance.randbytes(steps)
    how = chance.random()
    if how < 0.02:
        return Result(match, (), steps, tape, void="rules: index out of range")
    if how < 0.06:
        return Result(match, (-1.0, 1.0), steps, tape, faults=("illegal", None))
    earned = chance.choice([1.0, 0.0, -1.0])
    return Result(match, (earned, -earned), steps, tape)


def killed(work: Callable[[Callable[[object], None]], None], *, words: int = 1, after: float) -> list[str]:
    """Forks a process that does `work(say)`, kills it some seconds after so many words, and returns all it said."""
    ear, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work(lambda word: os.write(mouth, f"{word}\n".encode()))
        finally:
            os._exit(0)
    os.close(mouth)
    with os.fdopen(ear) as listening:
        said = [listening.readline() for _ in range(words)]
        sleep(after)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return [word.strip() for word in said + listening.readlines()]


def stood(ratings: Mapping[Checkpoint, tuple[float, float, int]], counters: Mapping[str, int] | None = None) -> Standings:
    """Standings of so many mu, sigma and comparisons."""
    return Standings(
        {who: Rating(mu, sigma) for who, (mu, sigma, _) in ratings.items()},
        {who: compared for who, (_, _, compared) in ratings.items()},
        counters or {},
    )


def record(store: Store, results: Sequence[Result], *, chunk: int = 100) -> None:
    """Records results in chunks."""
    for start in range(0, len(results), chunk):
        store.record(1, 1, results[start : start + chunk])
