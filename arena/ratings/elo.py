"""Elo's ratings, the plainest that there are: what was scored beyond what was expected, times K.

A. E. Elo, "The Rating of Chessplayers, Past and Present" (1978), with the logistic curve of today: 400 points are odds of
10 to 1. Here to be held against the others. The error beside a rating is that of the rule itself, which never settles: each
game takes away a part of the old error and adds the luck of one result, so it falls towards sqrt(200 K / ln 10).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import exp, fsum, isfinite, log, sqrt

from arena.match import Checkpoint, Comparison
from arena.ratings.draws import measured, outcomes
from arena.ratings.model import Rating, Standings
from games.errors import BadSpec

_SCALE = 400 / log(10)


@dataclass(frozen=True)
class Elo:
    """The rating model; all settings in points but `draw`, the chance that equals draw. Teams are their mean."""

    k: float = 20.0  # what a game may be worth; in a ranking of n each of the pairs is worth K / (n - 1)
    side: float = 0.0  # what the first of two seats is worth
    draw: float | None = None  # None: measured
    start: float = 1500.0
    spread: float = 350.0  # how far from `start` a newcomer may well be

    def __post_init__(self) -> None:
        if not (
            self.k > 0 and self.spread > 0 and all(isfinite(one) for one in (self.k, self.side, self.start, self.spread))
        ):
            raise BadSpec(f"{self!r} cannot rate", hint="k and spread must be above 0")
        if self.draw is not None and not 0 <= self.draw < 1:
            raise BadSpec(f"draw must be at least 0 and below 1, got {self.draw!r}")

    @property
    def prior(self) -> Rating:
        return Rating(self.start, self.spread)

    def fold(self, standings: Standings, comparisons: Iterable[Comparison]) -> Standings:
        """The standings after more comparisons. Pure, and exact: folding in parts equals folding at once."""
        ratings, compared = dict(standings.ratings), dict(standings.compared)
        games, draws = standings.counters.get("games", 0), standings.counters.get("draws", 0)
        for one in comparisons:
            members = [who for team in one.teams for who in team]
            ratings |= self._rated(one, {who: ratings.get(who, self.prior) for who in members})
            compared |= {who: compared.get(who, 0) + 1 for who in members}
            ranks = sorted(one.ranks)
            games += len(ranks) - 1  # neighbours in the ranking
            draws += len(ranks) - len(set(ranks))
        return Standings(ratings, compared, {"games": games, "draws": draws})

    def predict(
        self, a: Rating, b: Rating, counters: Mapping[str, float] | None = None, *, sided: bool = False
    ) -> tuple[float, float, float]:
        """The chances that one player rated `a` wins, draws and loses against one rated `b`; they sum to 1."""
        counters = counters or {}
        draw = measured(counters.get("games", 0), counters.get("draws", 0)) if self.draw is None else self.draw
        return outcomes(_score(a.mu + self.side * sided - b.mu), draw)

    def _rated(self, one: Comparison, before: Mapping[Checkpoint, Rating]) -> dict[Checkpoint, Rating]:
        """Everybody in a comparison after it."""
        places = range(len(one.teams))
        means = [fsum(before[who].mu for who in team) / len(team) for team in one.teams]
        push, pull, luck = ([0.0] * len(places) for _ in range(3))
        k = self.k / max(1, len(places) - 1)
        for i, j in combinations(places, 2):
            p = _score(means[i] + self.side * one.sided - means[j])
            scored = 0.5 + ((one.ranks[i] < one.ranks[j]) - (one.ranks[i] > one.ranks[j])) / 2
            for place, sign in ((i, 1), (j, -1)):
                push[place] += sign * k * (scored - p)
                pull[place] += k * p * (1 - p) / _SCALE
                luck[place] += k * k * p * (1 - p)
        return {
            who: Rating(before[who].mu + push[place], sqrt(((1 - pull[place]) * before[who].sigma) ** 2 + luck[place]))
            for place in places
            for who in one.teams[place]
        }


def _score(lead: float) -> float:
    """What one who is rated so much higher may expect."""
    x = lead / _SCALE
    return 1 / (1 + exp(-x)) if x > 0 else exp(x) / (1 + exp(x))
