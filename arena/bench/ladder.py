"""The ladder: how many matches it saves against random pairing, and how soon a newcomer is placed. Simulated agents.

Skills are drawn from TrueSkill's own prior unless another spread is given, a match is won by the better performance as
TrueSkill sees it, and the ratings are those of the league. Kendall's tau is that of the ratings' order against the true
one, a mean over seeds. Both arms play mirrored pairs in the same stages; only who meets whom differs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from math import sqrt
from statistics import fmean

from arena.bench.measure import Bench, Figure, Reading
from arena.match import Checkpoint, Comparison, Pairing
from arena.matchmaking.ladder import Ladder
from arena.matchmaking.stages import Encounter
from arena.pool import Member, Pool
from arena.ratings.model import Rating, Standings
from arena.ratings.trueskill import TrueSkill

EACH = 40  # matches of each agent in the longest round
LEVELS = (0.7, 0.75, 0.8, 0.85)
PLACED = 20  # matches in which a newcomer is to be placed
MODEL = TrueSkill()
Curve = Sequence[tuple[int, float]]  # matches, tau


def ladder(bench: Bench, agents: int = 32, seeds: int = 40, spread: float = MODEL.sigma) -> Iterator[Figure]:
    """Matches for the same Kendall tau against random pairing, and the error of a newcomer's rating."""
    seeds = 2 if bench.quick else seeds
    near, far = (mean_curve(agents, seeds, share=share, spread=spread) for share in (Ladder().random, 1.0))
    for level in LEVELS:
        if (ours := matches_to(near, level)) and (theirs := matches_to(far, level)):
            saved, what = Reading.plain(100 * (1 - ours / theirs)), f"matches saved to reach tau {level:g}, {agents} agents"
            yield Figure(what, "%", saved, None, "random pairs", aim="at least 20 %")
    errors = [newcomer(agents, seed, spread=spread) for seed in range(seeds)]
    yield Figure(
        f"error of a newcomer's mu after {PLACED} matches",
        "points",
        Reading.plain(fmean(abs(error) for error, _ in errors)),
        None,
        "its sigma",
        Reading.plain(fmean(sigma for _, sigma in errors)),
    )


@dataclass
class Field:
    """Agents of known skill, what they have played, and what is believed of them."""

    skills: dict[Checkpoint, float]
    chance: random.Random
    standings: Standings = field(default_factory=Standings)
    past: list[Encounter] = field(default_factory=list)

    @classmethod
    def of(cls, size: int, seed: int, *, spread: float = MODEL.sigma) -> Field:
        chance = random.Random(seed)
        names = [Checkpoint.make(f"agent-{index}", 1, spec="uniform") for index in range(size)]
        return cls({who: chance.gauss(MODEL.mu, spread) for who in names}, chance)

    def rating(self, who: Checkpoint) -> Rating:
        return self.standings.ratings.get(who, MODEL.prior)

    def play(self, ladder: Ladder, *, seed: int) -> None:
        """One stage."""
        pool = Pool(tuple(Member(who, "main", False, self.rating(who)) for who in self.skills))
        proved = []
        for one, other in (pair.lineup for pair in self._proposed(ladder, pool, seed)):
            lead = self.chance.gauss(self.skills[one] - self.skills[other], sqrt(2) * MODEL.beta)
            self.past.append(Encounter((one, other), (2, 0) if lead > 0 else (0, 2)))
            proved.append(Comparison(((one,), (other,)), (0, 1) if lead > 0 else (1, 0)))
        self.standings = MODEL.fold(self.standings, proved)

    def _proposed(self, ladder: Ladder, pool: Pool, seed: int) -> list[Pairing]:
        return ladder.stage(pool, past=self.past, seats=2, flavour="competitive", seed=seed)

    def tau(self) -> float:
        """Kendall's, of the ratings against the skills."""
        pairs = list(combinations(self.skills, 2))
        agree = sum(
            (self.skills[one] > self.skills[other]) == (self.rating(one).mu > self.rating(other).mu) for one, other in pairs
        )
        return 2 * agree / len(pairs) - 1


def mean_curve(agents: int, seeds: int, *, share: float, spread: float = MODEL.sigma) -> Curve:
    """Kendall's tau by matches, a mean over seeds; `share` of the tables are drawn at random."""
    curves = []
    for seed in range(seeds):
        one, curve = Field.of(agents, seed, spread=spread), list[tuple[int, float]]()
        while 2 * len(one.past) < EACH * agents:
            one.play(Ladder(random=share, endless=True), seed=seed)
            curve.append((len(one.past), one.tau()))
        curves.append(curve)
    return [(points[0][0], fmean(tau for _, tau in points)) for points in zip(*curves, strict=True)]


def matches_to(curve: Curve, level: float) -> float | None:
    """How many matches it takes to a level, interpolated; None where it is not reached."""
    for (before, lower), (after, upper) in pairwise(curve):
        if upper >= level:
            return before + (after - before) * max(0.0, level - lower) / (upper - lower)
    return None


def newcomer(agents: int, seed: int, *, spread: float = MODEL.sigma) -> tuple[float, float]:
    """The error of the rating of one who joins a settled field, after `PLACED` matches, and its sigma."""
    one = Field.of(agents, seed, spread=spread)
    while 2 * len(one.past) < EACH * agents:
        one.play(Ladder(endless=True), seed=seed)
    joined = Checkpoint.make("newcomer", 1, spec="uniform")
    one.skills[joined], one.past = one.chance.gauss(MODEL.mu, spread), []
    while sum(joined in met.lineup for met in one.past) < PLACED:
        one.play(Ladder(endless=True), seed=seed)
    others = [who for who in one.skills if who != joined]
    offset = fmean(one.rating(who).mu - one.skills[who] for who in others)  # skill is relative to the field
    rating = one.rating(joined)
    return rating.mu - one.skills[joined] - offset, rating.sigma
