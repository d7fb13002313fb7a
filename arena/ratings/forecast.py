"""Forecasts: what a model says of a match before it is played. What ratings are checked by.

A forecaster is asked and taught in turns, and never knows what it has not been taught. A model that folds comparisons is
taught each; a batch model is fitted again to all that it was taught whenever that has grown by a twentieth, and in
between answers from its last fit. The base rate knows nobody: it only counts how matches end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple, Protocol

from arena.match import Checkpoint, Comparison
from arena.ratings.batch import BatchModel, Fit
from arena.ratings.meetings import Tally
from arena.ratings.model import RatingModel, Standings

_GROWTH = 20  # a batch model is fitted again when its log has grown by one part in so many


class Duel(NamedTuple):
    """Two checkpoints that meet, of which the first has the first seat if it is `sided`."""

    first: Checkpoint
    second: Checkpoint
    sided: bool


Chances = tuple[float, float, float]  # that the first of two wins, draws and loses


class Forecaster(Protocol):
    """Asked before it is taught."""

    def forecast(self, duel: Duel) -> Chances:
        """The chances of the first, from what was taught so far; they sum to 1."""

    def learn(self, comparisons: Sequence[Comparison]) -> None:
        """Takes in more, in match order."""


class Folding:
    """A model that folds."""

    def __init__(self, model: RatingModel) -> None:
        self.model, self.standings = model, Standings()

    def forecast(self, duel: Duel) -> Chances:
        ratings, prior = self.standings.ratings, self.model.prior
        one, other = ratings.get(duel.first, prior), ratings.get(duel.second, prior)
        return self.model.predict(one, other, self.standings.counters, sided=duel.sided)

    def learn(self, comparisons: Sequence[Comparison]) -> None:
        self.standings = self.model.fold(self.standings, comparisons)


class Refitting:
    """A model that is fitted to a whole log."""

    def __init__(self, model: BatchModel) -> None:
        self.model, self.tally = model, Tally()
        self._fit, self._fitted = model.fit([]), 0

    def forecast(self, duel: Duel) -> Chances:
        return self.fit.predict(duel.first, duel.second, sided=duel.sided)

    @property
    def fit(self) -> Fit:
        """The last one that is new enough."""
        if self.tally.total > self._fitted * (1 + 1 / _GROWTH):
            self._fit, self._fitted = self.model.fit(self.tally.meetings()), self.tally.total
        return self._fit

    def learn(self, comparisons: Sequence[Comparison]) -> None:
        self.tally.add(comparisons)


def forecaster(model: RatingModel | BatchModel) -> Forecaster:
    """A model of either kind, that knows nothing yet."""
    return Refitting(model) if isinstance(model, BatchModel) else Folding(model)


class BaseRate:
    """How matches end, whoever plays: for the first seat where it has one, and alike for both where it has none."""

    def __init__(self) -> None:
        self._seated = [1, 1, 1]  # won, drawn, lost by the first seat; each is taken as seen once (Laplace's rule)
        self._alike = [2, 1]  # decided and drawn, where seats are alike

    def forecast(self, duel: Duel) -> Chances:
        if duel.sided:
            won, drawn, lost = (count / sum(self._seated) for count in self._seated)
            return won, drawn, lost
        decided, drawn = (count / sum(self._alike) for count in self._alike)
        return decided / 2, drawn, decided / 2

    def learn(self, comparisons: Sequence[Comparison]) -> None:
        for duel, outcome in (pair for one in comparisons for pair in duels(one)):
            if duel.sided:
                self._seated[outcome] += 1
            else:
                self._alike[outcome % 2] += 1


def duels(one: Comparison) -> list[tuple[Duel, int]]:
    """The pairs of a ranking, with what came out for the first: 0 it won, 1 a draw, 2 it lost. None of teams of several."""
    if any(len(team) != 1 for team in one.teams):
        return []
    return [
        (Duel(first, second, one.sided), 1 + (rank > other) - (rank < other))
        for ((first,), rank), ((second,), other) in combinations(zip(one.teams, one.ranks, strict=True), 2)
    ]


def apart(comparisons: Iterable[Comparison]) -> Iterable[list[Comparison]]:
    """Runs of comparisons that share nobody: none of them changes what the ratings say of another."""
    run, seen = list[Comparison](), set[str]()
    for one in comparisons:
        ids = {who.id for team in one.teams for who in team}
        if not seen.isdisjoint(ids):
            yield run
            run, seen = [], set()
        run.append(one)
        seen |= ids
    if run:
        yield run
