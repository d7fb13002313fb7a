"""Cross-play: do partners that never trained together get on as well as each does with itself?

In a cooperative game a team that only ever met itself may settle on conventions that nobody else understands (Hu et al.
2020, "Other-play"). The gap between self-play and cross-play tells how much of its score is such a convention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from arena.analysis.payoff import Payoff, PayoffTable
from arena.match import Checkpoint
from arena.names import safe

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class CrossPlay:
    """What each checkpoint's team earned, in the mean, with itself and with others at the table."""

    table: PayoffTable

    @cached_property
    def means(self) -> list[tuple[Checkpoint, float | None, float | None]]:
        """Checkpoint, mean return with itself, mean return with others; None where there was no match."""
        return [(who, self.table.cell(who, who).mean, self.table.record(who).mean) for who in self.table.checkpoints]

    def rows(self) -> tuple[list[str], list[Sequence[str]]]:
        cells = [(str(who), *("·" if mean is None else f"{mean:.2f}" for mean in means)) for who, *means in self.means]
        return ["checkpoint", "with itself", "with others"], [*cells]

    @property
    def alone(self) -> float | None:
        """The mean return of self-play, over all matches of the diagonal."""
        return sum((self.table.cell(who, who) for who in self.table.checkpoints), Payoff()).mean

    @property
    def mixed(self) -> float | None:
        """The mean return of cross-play."""
        return sum((self.table.record(who) for who in self.table.checkpoints), Payoff()).mean

    def __str__(self) -> str:
        if self.alone is None or self.mixed is None:
            return "not everybody has played both with itself and with others yet"
        gap = self.alone - self.mixed
        return f"self-play {self.alone:.2f}, cross-play {self.mixed:.2f}: {_said(gap)}"

    def as_json(self) -> dict[str, Any]:
        """Stable keys; `schema` grows when they change."""
        told = [{"checkpoint": str(who), "self_play": own, "cross_play": cross} for who, own, cross in self.means]
        return {"schema": 1, "self_play": self.alone, "cross_play": self.mixed, "checkpoints": told}

    def draw(self, axes: Sequence[Axes]) -> None:
        """Every checkpoint a point: what it earns with itself, and with strangers; on the line strangers lose nothing."""
        points = [(own, cross, who) for who, own, cross in self.means if own is not None and cross is not None]
        for own, cross, who in points:
            axes[0].plot(own, cross, "o", markersize=4)
            axes[0].annotate(safe(str(who)), (own, cross), fontsize=7, textcoords="offset points", xytext=(4, 2))
        if points:
            ends = [min(min(point[:2]) for point in points), max(max(point[:2]) for point in points)]
            axes[0].plot(ends, ends, color="0.7", linewidth=1)
        axes[0].set_xlabel("mean return with itself")
        axes[0].set_ylabel("mean return with others")


def _said(gap: float) -> str:
    if gap > 0:
        return f"{gap:.2f} is lost among strangers"
    return "strangers lose nothing"
