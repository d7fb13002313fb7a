"""Ratings: how fast comparisons fold into standings."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from arena.bench.lap import Unit
from arena.bench.measure import OURS, Bench, Figure, compared
from arena.match import Checkpoint, Comparison
from arena.ratings.model import Standings
from arena.ratings.trueskill import TrueSkill

PEER, MELEES = "trueskill_updates", "trueskill_melees"


def ratings(bench: Bench, players: int = 40, count: int = 20_000) -> Iterator[Figure]:
    """TrueSkill, one against one and ten at once."""
    count = 100 if bench.quick else count
    found = bench.race({OURS: fold(players, count)}, {"trueskill": PEER})
    yield from compared("TrueSkill, 1 against 1", "updates/s", found, aims={"trueskill": "80 x (at least 25 x)"})
    found = bench.race({OURS: melees(count=count // 100)}, {"trueskill": MELEES})
    yield from compared("TrueSkill, 10 in one ranking with ties", "updates/s", found, aims={"trueskill": "20 x"})


def fold(players: int, count: int) -> Unit:
    """Random wins and draws between random players."""
    chance = random.Random(1)
    cast = [Checkpoint.make(f"agent-{index}", 1, spec="uniform") for index in range(players)]
    pairs = [[(who,) for who in chance.sample(cast, 2)] for _ in range(count)]
    proved = [Comparison((one, other), (0, int(chance.random() > 0.1))) for one, other in pairs]
    return _folding(proved)


def melees(players: int = 10, levels: int = 6, count: int = 200) -> Unit:
    """Free-for-alls of everybody, each with a random one of so many ranks."""
    chance = random.Random(1)
    teams = tuple((Checkpoint.make(f"agent-{index}", 1, spec="uniform"),) for index in range(players))
    return _folding([Comparison(teams, tuple(chance.randrange(levels) for _ in teams)) for _ in range(count)])


def _folding(proved: Sequence[Comparison]) -> Unit:
    model = TrueSkill()

    def work() -> dict[str, float]:
        model.fold(Standings(), proved)
        return {"updates": len(proved)}

    return work
