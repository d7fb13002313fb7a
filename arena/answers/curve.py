"""A learner's curve: its checkpoints as one line over the steps of training, each believed to be like its neighbours.

Beside each stands what the official board says of it alone. A checkpoint that played little borrows from those around it,
so the line is surer than its points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.analysis.payoff import Z95
from arena.names import safe
from arena.ratings.batch import Fit
from arena.ratings.drift import Walk
from arena.tables import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class CurvePoint:
    """A checkpoint on the curve. Ratings are points of Elo's scale, the mean of all who are rated with it at 1500."""

    checkpoint: str
    steps: int  # that it had learned from since its learner last began from its first weights
    life: int  # how often its learner had begun again
    comparisons: int  # of two, that tell of it
    rating: float  # on the curve
    error: float  # the standard error of its distance to the mean
    low: float  # the 95 % interval
    high: float
    raw: float  # on the official board, by itself
    raw_error: float


@dataclass(frozen=True)
class Curve:
    """The points in the order of training."""

    learner: str
    game: str
    among: int  # checkpoints that are rated with it
    whole: bool  # whether those are all of the league's, or only those that it met
    drift: float  # how far skill moves in a thousand steps, in points: the standard deviation
    gain: float | None  # by how much the last is above the first, in points; None below two points
    gain_error: float | None
    better: float | None  # how probable it is that the last is better than the first
    points: tuple[CurvePoint, ...]

    @classmethod
    def of(cls, learner: str, game: str, walk: Walk, raw: Fit, *, whole: bool = True) -> Curve:
        """The curve of a walk; `raw` is the fit of the same meetings without one."""
        games = _games(walk.fit)
        points = []
        for stage in walk.stages:
            on, alone = walk.fit.rating(stage.checkpoint), raw.rating(stage.checkpoint)
            low, high = on.mu - Z95 * on.sigma, on.mu + Z95 * on.sigma
            told = (str(stage.checkpoint), stage.steps, stage.life, games[stage.checkpoint.id])
            points.append(CurvePoint(*told, on.mu, on.sigma, low, high, alone.mu, alone.sigma))
        gain = better = None
        if len(walk.stages) > 1:
            last, first = walk.stages[-1].checkpoint, walk.stages[0].checkpoint
            gain, better = walk.fit.lead(last, first), walk.fit.better(last, first)
        return cls(
            learner=learner,
            game=game,
            among=len(walk.fit.meetings.cast),
            whole=whole,
            drift=walk.by_thousand,
            gain=gain.mu if gain else None,
            gain_error=gain.sigma if gain else None,
            better=better,
            points=tuple(points),
        )

    def rows(self) -> tuple[list[str], list[Sequence[str]]]:
        headers = ["checkpoint", "steps", "comparisons", "rating", "95 %", "by itself"]
        return headers, [_cells(point) for point in self.points]

    def __str__(self) -> str:
        if not self.points:
            return f"no checkpoint of {self.learner} is rated yet"
        scale = f"the mean of {'all' if self.whole else f'the {self.among:,} that it met'} is 1500"
        lines = [f"{scale}, 400 points are odds of 10 to 1 · by itself: as --model davidson rates it"]
        if self.gain is not None and self.gain_error is not None:
            first, last = self.points[0].checkpoint, self.points[-1].checkpoint
            moved = f"{self.gain:+.0f} ± {Z95 * self.gain_error:.0f} points from {first} to {last}"
            lines.append(f"{moved}, better with a probability of {percent(self.better)}")
            lines.append(f"skill drifts by about {self.drift:.2g} points in 1,000 steps, as the results have it")
        return "\n".join(map(safe, lines))

    def as_json(self) -> dict[str, Any]:
        return {"schema": 1, **asdict(self)} | {"points": [asdict(point) for point in self.points]}

    def draw(self, axes: Sequence[Axes]) -> None:
        """The line of each life within its 95 % interval; the points by themselves, with theirs."""
        page = axes[0]
        for life in dict.fromkeys(point.life for point in self.points):
            own = [point for point in self.points if point.life == life]
            steps = [point.steps for point in own]
            page.fill_between(
                steps, [one.low for one in own], [one.high for one in own], color="C0", alpha=0.2, linewidth=0
            )
            page.plot(steps, [one.rating for one in own], color="C0", label="" if life else "curve, 95 %")
        page.errorbar(
            [one.steps for one in self.points],
            [one.raw for one in self.points],
            yerr=[Z95 * one.raw_error for one in self.points],
            fmt="o",
            color="0.5",
            markersize=3,
            elinewidth=0.7,
            label="by itself, 95 %",
        )
        page.set_xlabel("steps of training")
        page.set_ylabel("rating")
        page.set_title(safe(f"{self.learner} at {self.game}"), fontsize=9)
        if self.points:
            page.legend(fontsize=7)


def _games(fit: Fit) -> dict[str, int]:
    """How many comparisons of two tell of each checkpoint, by its id."""
    met = fit.meetings
    by_team = np.zeros(len(met.teams))
    for side in (met.first, met.second):
        by_team += np.bincount(side, met.counts.sum(axis=1), len(met.teams))
    games = dict.fromkeys((who.id for who in met.cast), 0)
    for team, count in zip(met.teams, by_team, strict=True):
        for who in team:
            games[met.cast[who].id] += int(count)
    return games


def _cells(point: CurvePoint) -> list[str]:
    interval, raw = f"{point.low:.0f} to {point.high:.0f}", f"{point.raw:.0f} ± {Z95 * point.raw_error:.0f}"
    return [point.checkpoint, f"{point.steps:,}", f"{point.comparisons:,}", f"{point.rating:.0f}", interval, raw]
