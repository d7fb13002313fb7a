"""A long log rated anew: every match folded again by TrueSkill, and all of them fitted at once by Davidson's model."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from arena.bench.lap import Unit
from arena.bench.measure import OURS, Bench, Figure
from arena.match import Checkpoint, Match, Result
from arena.ratings.davidson import Davidson
from arena.ratings.fold import refold
from arena.ratings.meetings import Tally
from arena.ratings.trueskill import TrueSkill
from games.spec import GameSpec

SPEC = GameSpec("made_up", 1, "competitive", 2, 2, (1,), 1, (-1.0, 1.0))
_WON, _DRAWN, _LOST = (1.0, -1.0), (0.0, 0.0), (-1.0, 1.0)


def rerating(bench: Bench, matches: int = 1_000_000, agents: int = 40, many: int = 10_000) -> Iterator[Figure]:
    """TrueSkill and Davidson, from results in memory to ratings."""
    matches, many = (1000, 100) if bench.quick else (matches, many)
    played = results(matches, agents)
    found = bench.race({OURS: folded(played)})[OURS]
    yield Figure(f"TrueSkill, {matches:,} matches folded again", "s", found.seconds(), aim="at most 5 s")
    found = bench.race({OURS: fitted(played)})[OURS]
    yield Figure(f"Davidson with errors, {matches:,} matches", "s", found.seconds(), aim="at most 1 s")
    played = results(20 * many, many)
    found = bench.race({OURS: fitted(played)})[OURS]
    yield Figure(f"Davidson with errors, {20 * many:,} matches of {many:,} agents", "s", found.seconds(), aim="at most 5 s")


def results(count: int, agents: int) -> list[Result]:
    """Matches between random agents, of which the one with the lower number mostly wins and one in ten is drawn."""
    chance = random.Random(1)
    cast = [Checkpoint.make(f"agent-{number}", 1, spec="uniform") for number in range(agents)]
    made = []
    for ordinal in range(count):
        one, other = chance.sample(range(agents), 2)
        won = chance.random() < 1 / (1 + 10 ** (2 * (one - other) / agents))
        returns = _DRAWN if chance.random() < 0.1 else _WON if won else _LOST
        made.append(Result(Match(ordinal, ordinal, (cast[one], cast[other])), returns, 9, b""))
    return made


def folded(played: Sequence[Result]) -> Unit:
    """A whole game's fold, as `arena db rebuild` makes it."""

    def work() -> dict[str, float]:
        list(refold([(SPEC, played)], TrueSkill()))
        return {"matches": len(played)}

    return work


def fitted(played: Sequence[Result]) -> Unit:
    """The official board's fit."""

    def work() -> dict[str, float]:
        tally = Tally()
        tally.see(played, SPEC)
        Davidson().fit(tally.meetings())
        return {"matches": len(played)}

    return work
