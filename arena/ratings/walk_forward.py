"""The walk-forward: every comparison is first foretold, then learned from, so no forecast knows what comes after it.

The loss of a forecast is -ln of the chance that it gave to what came out (the logarithmic score; Good, "Rational
decisions", 1952): honest chances lose least. A ranking of several counts as one: the mean over its pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log

import numpy as np

from arena.match import Comparison
from arena.ratings.forecast import Forecaster, apart, duels
from arena.ratings.meetings import Reals

_LEAST = 1e-12  # no forecast is held to have been surer than that
_BATCHES = 30
_T95 = (  # Student's two-sided 95 %, for 1 degree of freedom to 29: what is told by few has long tails
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045,
)  # fmt: skip


@dataclass(frozen=True)
class WalkForward:
    """What came of it: N comparisons that were foretold, in match order, by each of several forecasters.

    A hit is whether the likeliest outcome came out: a part of one where several were, or of the pairs of a ranking.
    """

    losses: Mapping[str, Reals]  # (N,) each, in nats
    hits: Mapping[str, Reals]  # (N,) each
    untold: int  # comparisons of teams of several, which are learned from and not foretold

    @property
    def size(self) -> int:
        return len(next(iter(self.losses.values())))

    def after(self, first: int) -> WalkForward:
        """Without the first so many, in which everybody was a stranger."""
        return WalkForward(
            {name: one[first:] for name, one in self.losses.items()},
            {name: one[first:] for name, one in self.hits.items()},
            self.untold,
        )


def walk_forward(comparisons: Iterable[Comparison], forecasters: Mapping[str, Forecaster]) -> WalkForward:
    """Asks and teaches all forecasters at once. One pass; N losses for each forecaster are all that is kept."""
    losses, hits = ({name: list[float]() for name in forecasters} for _ in range(2))
    untold = 0
    for run in apart(comparisons):
        asked = [told for one in run if (told := duels(one))]
        untold += len(run) - len(asked)
        for name, forecaster in forecasters.items():
            for told in asked:
                loss = hit = 0.0
                for duel, outcome in told:
                    chances = forecaster.forecast(duel)
                    loss -= log(max(chances[outcome], _LEAST))
                    hit += (chances[outcome] == max(chances)) / chances.count(max(chances))
                losses[name].append(loss / len(told))
                hits[name].append(hit / len(told))
            forecaster.learn(run)
    return WalkForward(
        {name: np.array(found) for name, found in losses.items()},
        {name: np.array(found) for name, found in hits.items()},
        untold,
    )


def batched(values: Reals) -> Reals:
    """The means of batches of what follows in time: 30 of them, or each value where there are fewer."""
    return np.array([batch.mean() for batch in np.array_split(values, min(_BATCHES, len(values)))])


def margin(values: Reals) -> float | None:
    """Half of the 95 % interval of a mean (N,) of what follows in time and may hang together, by means of batches.

    Schmeiser, "Batch size effects in the analysis of simulation output" (1982): 30 batches at most are enough. None of
    less than two values.
    """
    if len(values) < 2:
        return None
    means = batched(values)
    return float(_T95[len(means) - 2] * means.std(ddof=1) / np.sqrt(len(means)))
