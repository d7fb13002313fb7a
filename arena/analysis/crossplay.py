"""Cross-play: do partners that never trained together get on as well as each does with itself?

In a cooperative game a team that only ever met itself may settle on conventions that nobody else understands (Hu et al.
2020, "Other-play"). The gap between self-play and cross-play tells how much of its score is such a convention.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from arena.analysis.payoff import Payoff, PayoffTable
from arena.match import Checkpoint


@dataclass(frozen=True)
class CrossPlay:
    """What each checkpoint's team earned, in the mean, with itself and with others at the table."""

    table: PayoffTable

    @cached_property
    def rows(self) -> list[tuple[Checkpoint, float | None, float | None]]:
        """Checkpoint, mean return with itself, mean return with others; None where there was no match."""
        return [(who, self.table.cell(who, who).mean, self.table.record(who).mean) for who in self.table.checkpoints]

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
        told = [{"checkpoint": str(who), "self_play": own, "cross_play": cross} for who, own, cross in self.rows]
        return {"schema": 1, "self_play": self.alone, "cross_play": self.mixed, "checkpoints": told}


def _said(gap: float) -> str:
    if gap > 0:
        return f"{gap:.2f} is lost among strangers"
    return "strangers lose nothing"
