"""What a rating model is: a pure fold of comparisons into standings. Add one by writing these four members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from arena.match import Checkpoint, Comparison


@dataclass(frozen=True)
class Rating:
    """A belief about skill: a normal distribution, its mean and its standard deviation."""

    mu: float
    sigma: float

    @property
    def exposure(self) -> float:
        """What the skill very probably exceeds; leaderboards sort by it, so that nobody leads on luck alone."""
        return self.mu - 3 * self.sigma


@dataclass(frozen=True)
class Standings:
    """Where a fold has got to: all that is needed to go on with it later, exactly as if it had never paused."""

    ratings: Mapping[Checkpoint, Rating] = field(default_factory=dict)
    compared: Mapping[Checkpoint, int] = field(default_factory=dict)  # comparisons that each checkpoint was part of
    counters: Mapping[str, float] = field(default_factory=dict)  # what the model itself counts; plain, to be stored as JSON

    def news(self, before: Standings) -> dict[Checkpoint, Rating]:
        """The ratings of those who took part in a comparison since `before`."""
        return {who: one for who, one in self.ratings.items() if self.compared[who] != before.compared.get(who)}


class RatingModel(Protocol):
    """Comparisons to numbers. `fold(fold(s, first), rest)` equals `fold(s, first + rest)` bit for bit."""

    @property
    def prior(self) -> Rating:
        """What is believed of a checkpoint that has proved nothing yet."""

    def fold(self, standings: Standings, comparisons: Iterable[Comparison]) -> Standings:
        """The standings after more comparisons, in match order. `standings` is left as it is; start from `Standings()`."""

    def predict(
        self, a: Rating, b: Rating, counters: Mapping[str, float] | None = None, *, sided: bool = False
    ) -> tuple[float, float, float]:
        """The chances that one player rated `a` wins, draws and loses against one rated `b`; they sum to 1.

        `counters` are those of the standings that the ratings come from. `sided`: `a` has the first seat.
        """


def expected(model: RatingModel, one: Rating, other: Rating, standings: Standings) -> float:
    """The win rate that ratings of these standings promise, draws half."""
    win, even, _ = model.predict(one, other, standings.counters)
    return win + even / 2
