"""A learner's training games, counted by opponent. Old ones fade, since whom it lost to yesterday it may beat today.

Dimensions: N games, in the order in which they ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from arena.match import Checkpoint
from arena.pool import SHRINK, shrunk

DECAY = 0.99  # what is left of a game's weight after the next one against the same opponent


@dataclass(frozen=True)
class Count:
    """Training games against one opponent, each counting less with every later one."""

    games: float = 0.0
    wins: float = 0.0
    draws: float = 0.0
    quality: float = (
        0.0  # OpenAI Five's q: falls with every win over it, by the more the less it was to be expected to come
    )

    def after(self, margins: ArrayLike, *, price: float = 0.0) -> Count:
        """With more games (N,), oldest first: each won by a positive margin, which costs the opponent `price`, drawn by 0,
        or lost. It comes out the same on every machine; how games are split into batches may show in the last bit."""
        earned = np.asarray(margins, np.float64)[::-1]
        powers = np.full(len(earned) + 1, DECAY)
        powers[0] = 1.0
        powers = np.multiply.accumulate(powers)
        weights, faded = powers[:-1], float(powers[-1])  # of each game, the last one's first; and of what was before
        won, drawn = weights[earned > 0].tolist(), weights[earned == 0].tolist()
        return Count(
            games=self.games * faded + fsum(weights.tolist()),
            wins=self.wins * faded + fsum(won),
            draws=self.draws * faded + fsum(drawn),
            quality=self.quality - price * len(won),
        )


@dataclass(frozen=True)
class Tally:
    """One learner's training games against each opponent, for its win rates."""

    counts: Mapping[Checkpoint, Count] = field(default_factory=dict)

    def record(self, opponent: Checkpoint, margins: ArrayLike, *, quality: float = 0.0, price: float = 0.0) -> Tally:
        """The tally after more games; a margin is what the learner earned above its opponent, only its sign counts.

        An opponent enters with `quality`, and each win over it takes `price` from it.
        """
        count = self.counts.get(opponent, Count(quality=quality)).after(margins, price=price)
        return Tally({**self.counts, opponent: count})

    def carried(self, begun: Tally, onto: Tally, games: Mapping[Checkpoint, int]) -> Tally:
        """Another tally after the `games` that led from `begun` to this one: those of two who began alike add up."""
        counts = dict(onto.counts)
        for opponent, played in games.items():
            made, was, other = (one.counts.get(opponent, Count()) for one in (self, begun, onto))
            left = DECAY**played  # of a difference that was there before
            both = opponent in begun.counts and opponent in onto.counts
            counts[opponent] = Count(
                made.games + left * (other.games - was.games),
                made.wins + left * (other.wins - was.wins),
                made.draws + left * (other.draws - was.draws),
                made.quality + (other.quality - was.quality if both else 0.0),
            )
        return Tally(counts)

    def win_rate(self, opponent: Checkpoint, prediction: float, *, k: float = SHRINK) -> float:
        """The win rate, draws half, shrunk towards a prediction as if k games had come out like it."""
        count = self.counts.get(opponent, Count())
        return shrunk(count.wins + count.draws / 2, count.games, prediction, k=k)

    def qualities(self, opponents: Sequence[Checkpoint]) -> list[float]:
        """The quality of each opponent; one that was never met is as good as the best of those that were."""
        known = [self.counts[one].quality for one in opponents if one in self.counts]
        new = max(known, default=0.0)
        return [self.counts[one].quality if one in self.counts else new for one in opponents]

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[str | float]], checkpoints: Iterable[Checkpoint]) -> Self:
        """Each row an opponent's id, games, wins, draws and quality. Whom `checkpoints` leaves out is forgotten."""
        by_id = {checkpoint.id: checkpoint for checkpoint in checkpoints}
        known = [(by_id[str(who)], counted) for who, *counted in rows if who in by_id]
        return cls({who: Count(*map(float, counted)) for who, counted in known})
