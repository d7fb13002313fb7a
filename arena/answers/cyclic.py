"""Does skill tell the whole story, or does everybody have somebody to fear? The cycles of a league."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arena.analysis.cycles import SIGNIFICANT, Cycles
from arena.match import Checkpoint
from arena.names import safe
from arena.tables import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Ring:
    """Three checkpoints, each of which beats the next and the last the first, and matches that show it."""

    checkpoints: tuple[Checkpoint, Checkpoint, Checkpoint]
    rates: tuple[float, float, float]
    games: tuple[int, int, int]
    matches: tuple[tuple[int, ...], ...]  # for each of the three, the ids of matches that the first of the two won

    def __str__(self) -> str:
        return " > ".join(safe(str(who)) for who in (*self.checkpoints, self.checkpoints[0]))


@dataclass(frozen=True)
class Cyclic:
    """How cyclic a league is, and its clearest rings."""

    game: str
    found: Cycles
    rings: tuple[Ring, ...]
    left_out: int = 0  # checkpoints below the best, among whom nothing was looked for

    def rows(self) -> tuple[list[str], list[Sequence[str]]]:
        rows: list[Sequence[str]] = []
        for ring in self.rings:
            rates = " ".join(f"{percent(rate)} of {games}" for rate, games in zip(ring.rates, ring.games, strict=True))
            shown = " ".join(str(ids[0]) if ids else "·" for ids in ring.matches)
            rows.append([str(ring), rates, shown])
        return ["ring", "win rates", "a match of each"], rows

    def __str__(self) -> str:
        size = len(self.found.skill)
        among = f"\nlooked for among the best {size:,} of {size + self.left_out:,} checkpoints"
        return self._verdict() + among * bool(self.left_out)

    def _verdict(self) -> str:
        found, share, p_value = self.found, percent(self.found.share), f"p = {self.found.p_value:.3f}"
        if found.significant:
            watch = "; watch: arena replay MATCH" if self.rings else ", in rings of four or more"
            return f"{share} of what is won is cyclic, more than luck makes ({p_value}){watch}"
        if found.p_value < SIGNIFICANT:
            order = f"an order explains what luck does not (p = {found.p_order:.2f})"
            return f"skill leaves {share} unexplained, more than luck does ({p_value}), yet {order}"
        return f"{share} is not explained by skill, no more than luck leaves ({p_value})"

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "game": self.game,
            "share": self.found.share,
            "p_value": self.found.p_value,
            "p_order": self.found.p_order,
            "significant": self.found.significant,
            "left_out": self.left_out,
            "rings": [
                {
                    "checkpoints": [str(who) for who in ring.checkpoints],
                    "win_rates": list(ring.rates),
                    "games": list(ring.games),
                    "matches": [list(ids) for ids in ring.matches],
                }
                for ring in self.rings
            ],
        }

    def draw(self, axes: Sequence[Axes]) -> None:
        """The clearest ring, an arrow from each winner to whom it beats."""
        from math import cos, pi, sin

        axes[0].set_axis_off()
        axes[0].set_xlim(-1.7, 1.7)
        axes[0].set_ylim(-1.3, 1.5)
        axes[0].set_title(f"cyclic share {self.found.share:.2f}, p = {self.found.p_value:.3f}", fontsize=9)
        if not self.rings:
            axes[0].text(0, 0, "nobody beats in a ring", ha="center")
            return
        ring = self.rings[0]
        places = [(sin(2 * pi * corner / 3), cos(2 * pi * corner / 3)) for corner in range(3)]
        for corner, (who, rate) in enumerate(zip(ring.checkpoints, ring.rates, strict=True)):
            here, there = places[corner], places[(corner + 1) % 3]
            way = {"arrowstyle": "->", "shrinkA": 24, "shrinkB": 24}
            axes[0].annotate("", xy=there, xytext=here, arrowprops=way)
            axes[0].text((here[0] + there[0]) / 2, (here[1] + there[1]) / 2, percent(rate), ha="center", fontsize=8)
            axes[0].text(*here, safe(str(who)), ha="center", va="center", fontsize=9)
