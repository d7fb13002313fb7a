"""What a trained exploiter wins from an agent, over what the agent wins against itself: a lower bound of exploitability.

Dimensions: S sides, each a seat, or a team where teams compete. A *set* is a match with the exploiter on each side and one
of the agent against itself, all on one seed, so that the luck of the deal cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from arena.analysis.payoff import Z95
from arena.best_response import draw_sides, signed
from arena.exhibition import Exhibition
from arena.match import Checkpoint, Result
from arena.matchmaking.schedule import sides_of
from arena.names import safe
from arena.tables import percent, plural
from arena.training import Trained
from games.errors import CheckFailed
from games.spec import GameSpec

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class TrainedResponse:
    """How an agent fares against itself and against its exploiter. `results` are sets of mirrored matches, each followed
    by the agent's own match on the same seed."""

    game: str
    rules: GameSpec
    agent: Checkpoint
    exploiter: Checkpoint
    results: tuple[Result, ...]
    trained: Trained

    @property
    def exploitability(self) -> float:
        """What the agent loses at least, at 95 %: the lower end of the interval, and never less than nothing."""
        return max(0.0, self.interval[0])

    @property
    def estimate(self) -> float:
        """What the exploiter gained over the agent's own play: the mean over the sides. Below 0 it found nothing."""
        return fmean(self._gains)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the gain would settle, at 95 %; mirrored sets vary less than matches do."""
        low, high = self.rules.return_range
        spread = Z95 * stdev(self._gains) / sqrt(len(self._gains)) if len(self._gains) > 1 else high - low
        return self.estimate - spread, self.estimate + spread

    @property
    def values(self) -> list[float]:
        """The agent's mean return against itself, on each side."""
        return [fmean(one[-1][side] for one in self._sets) for side in range(self._size)]

    @property
    def best(self) -> list[float]:
        """The exploiter's mean return on each side."""
        return [fmean(one[-side % self._size][side] for one in self._sets) for side in range(self._size)]

    @cached_property
    def record(self) -> Exhibition:
        """The exploiter's matches, told from it."""
        size = self._size
        against = tuple(one for place, one in enumerate(self.results) if (place + 1) % (size + 1))
        return Exhibition(self.game, (str(self.exploiter), *[str(self.agent)] * (size - 1)), against, sides_of(self.rules))

    def rows(self) -> tuple[Sequence[str], list[Sequence[str]]]:
        """Headers, and a row for each side, told from there."""
        headers = (self._side, "against itself", f"{self.exploiter} against it")
        pairs = zip(self.values, self.best, strict=True)
        return headers, [(str(side), signed(own), signed(best)) for side, (own, best) in enumerate(pairs)]

    def __str__(self) -> str:
        (low, high), (least, most) = self.interval, self.record.interval
        return (
            f"exploitability at least {self.exploitability:.4f} (estimate {self.estimate:.4f}, {low:.4f} to {high:.4f}):"
            f" mean returns a match of {safe(self.game)}, a lower bound\n"
            f"{self.exploiter} wins {percent(self.record.score)} ({percent(least)} to {percent(most)}) of"
            f" {plural(len(self.record.results), 'match', 'matches')}, after {self.trained.steps:,} decisions"
            f" in {self.trained.seconds:.1f} s"
        )

    def as_json(self) -> dict[str, Any]:
        """Stable keys, those of an exact best response among them; `schema` grows when they change."""
        return {
            "schema": 2,
            "game": self.game,
            "agent": str(self.agent),
            "exact": False,
            "bound": "lower",
            "exploitability": self.exploitability,
            "estimate": self.estimate,
            "interval": list(self.interval),
            "values": self.values,
            "best_response": self.best,
            "exploiter": str(self.exploiter),
            "learner": self.exploiter.spec,
            "steps": self.trained.steps,
            "seconds": self.trained.seconds,
            "games": len(self.record.results),
            "win_rate": self.record.score,
            "win_rate_interval": list(self.record.interval),
            "mean_return": self.record.means[0],
            "spoiled": self.record.spoiled,
        }

    def draw(self, axes: Sequence[Axes]) -> None:
        """For each side two bars: what the agent earns against itself, and what the exploiter earns from it."""
        title = f"{safe(str(self.agent))}: exploitability at least {self.exploitability:.4f}"
        earned = {"itself": self.values, safe(str(self.exploiter)): self.best}
        draw_sides(axes[0], earned, title=title, side=self._side)

    @property
    def _side(self) -> str:
        return "seat" if self._size == self.rules.seats else "team"

    @property
    def _size(self) -> int:
        return max(sides_of(self.rules)) + 1

    @cached_property
    def _sets(self) -> list[list[list[float]]]:
        """Of each set without a void match: what each side earned, a team on average, match by match."""
        step = self._size + 1
        whole = [self.results[start : start + step] for start in range(0, len(self.results), step)]
        told = [[self._by_side(one) for one in matches] for matches in whole if all(one.void is None for one in matches)]
        if not told:
            raise CheckFailed(f"every match was void: {self.results[0].void}", hint="arena games check")
        return told

    @cached_property
    def _gains(self) -> list[float]:
        """What the exploiter earned beyond the agent's own play, the mean over the sides of each set."""
        size = self._size
        return [fmean(one[-side % size][side] - one[-1][side] for side in range(size)) for one in self._sets]

    def _by_side(self, result: Result) -> list[float]:
        pairs = list(zip(sides_of(self.rules), result.returns, strict=True))
        return [fmean(earned for its, earned in pairs if its == side) for side in range(self._size)]
