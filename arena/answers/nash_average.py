"""Nash averaging: who is needed when nobody may be favoured, and how everybody fares against those.

Balduzzi, Tuyls, Perolat and Graepel 2018, "Re-evaluating evaluation": a rating that copies of an agent cannot inflate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arena.analysis.nash import nash_mixture
from arena.match import Checkpoint
from arena.names import safe
from arena.tables import percent, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class NashAverage:
    """Each checkpoint's weight in the maximum-entropy Nash mixture and its win rate against it, the best first."""

    game: str
    checkpoints: tuple[Checkpoint, ...]
    weights: tuple[float, ...]
    win_rates: tuple[float, ...]  # one half for all that have weight
    guessed: int  # pairs that never met, whose win rate is what their ratings predict

    @classmethod
    def of(
        cls, game: str, checkpoints: Sequence[Checkpoint], rates: Sequence[Sequence[float]], *, guessed: int
    ) -> NashAverage:
        """From the win rate of each of K checkpoints against each, (K, K)."""
        mixture = nash_mixture(rates)
        against = [sum(weight * rate for weight, rate in zip(mixture, row, strict=True)) for row in rates]
        best_first = sorted(range(len(mixture)), key=lambda one: (-mixture[one], -against[one], str(checkpoints[one])))
        return cls(
            game,
            tuple(checkpoints[one] for one in best_first),
            tuple(mixture[one] for one in best_first),
            tuple(against[one] for one in best_first),
            guessed,
        )

    def rows(self) -> tuple[list[str], list[Sequence[str]]]:
        cells = zip(self.checkpoints, self.weights, self.win_rates, strict=True)
        return (
            ["#", "checkpoint", "weight", "against the mixture"],
            [[str(place + 1), str(who), f"{weight:.3f}", percent(rate)] for place, (who, weight, rate) in enumerate(cells)],
        )

    def __str__(self) -> str:
        needed = [str(who) for who, weight in zip(self.checkpoints, self.weights, strict=True) if weight > 0]
        if not needed:
            return f"nobody has played {self.game} yet"
        said = (
            f"{safe(needed[0])} alone is beaten by nobody"
            if len(needed) == 1
            else f"{len(needed)} are needed, none beats their mixture"
        )
        pairs = len(self.checkpoints) * (len(self.checkpoints) - 1) // 2
        unmet = f"; {self.guessed:,} of {plural(pairs, 'pair')} never met, their ratings speak for them"
        return said + unmet * bool(self.guessed)

    def as_json(self) -> dict[str, Any]:
        told = zip(self.checkpoints, self.weights, self.win_rates, strict=True)
        return {
            "schema": 1,
            "game": self.game,
            "guessed_pairs": self.guessed,
            "checkpoints": [{"checkpoint": str(who), "weight": weight, "win_rate": rate} for who, weight, rate in told],
        }

    def draw(self, axes: Sequence[Axes]) -> None:
        """Weights as bars."""
        names = [safe(str(who)) for who in self.checkpoints]
        axes[0].barh(range(len(names)), self.weights)
        axes[0].set_yticks(range(len(names)), names, fontsize=7)
        axes[0].invert_yaxis()
        axes[0].set_xlabel("weight in the Nash mixture")
