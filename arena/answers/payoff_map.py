"""Who earns what against whom: the payoff table, sorted, with the games behind each number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arena.analysis.payoff import PayoffTable
from arena.names import safe
from arena.tables import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEGIBLE = 16  # rows up to which a cell of the figure says its numbers


@dataclass(frozen=True)
class PayoffMap:
    """The table; `top` is how many rows and columns people are shown. JSON has them all."""

    table: PayoffTable
    top: int = 12

    @property
    def _rates(self) -> list[list[float | None]]:
        return self.table.win_rates if self.table.by == "win_rate" else self.table.means

    def rows(self) -> tuple[list[str], list[Sequence[str]]]:
        """By rank; a column's number is the rank of its checkpoint."""
        shown = self.table.checkpoints[: self.top]
        headers = ["#", "checkpoint", *(str(rank + 1) for rank in range(len(shown)))]
        counted = zip(self._rates[: self.top], self.table.games[: self.top], strict=True)
        cells = [list(map(self._counted, rates[: self.top], games[: self.top])) for rates, games in counted]
        return headers, [[str(rank + 1), str(one), *cells[rank]] for rank, one in enumerate(shown)]

    def __str__(self) -> str:
        best = f"the best {self.top}" if len(self.table.checkpoints) > self.top else "the best first"
        return f"{self.table.by} of the row against the column, and in how many games; {best}"

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "by": self.table.by,
            "checkpoints": [safe(str(one)) for one in self.table.checkpoints],
            "games": self.table.games,
            "win_rates": self.table.win_rates,
            "means": self.table.means,
        }

    def draw(self, axes: Sequence[Axes]) -> None:
        """A heat map: the number above, the games below it."""
        names = [safe(str(one)) for one in self.table.checkpoints]
        if not names:
            axes[0].set_title("nobody has played yet", fontsize=9)
            return
        values = [[float("nan") if rate is None else rate for rate in row] for row in self._rates]
        low, high = (0.0, 1.0) if self.table.by == "win_rate" else (None, None)
        image = axes[0].imshow(values, cmap="RdBu", vmin=low, vmax=high)
        axes[0].set_xticks(range(len(names)), names, rotation=90, fontsize=7)
        axes[0].set_yticks(range(len(names)), names, fontsize=7)
        axes[0].set_title(f"{self.table.by} of the row against the column", fontsize=9)
        axes[0].figure.colorbar(image, ax=axes[0])
        if len(names) <= _LEGIBLE:
            for row, (rates, counts) in enumerate(zip(self._rates, self.table.games, strict=True)):
                for column, (rate, count) in enumerate(zip(rates, counts, strict=True)):
                    if count:
                        said = f"{self._cell(rate)}\n{count:,}"
                        axes[0].text(column, row, said, ha="center", va="center", fontsize=6)

    def _counted(self, value: float | None, games: int) -> str:
        return self._cell(value) if value is None else f"{self._cell(value)} ({games:,})"

    def _cell(self, value: float | None) -> str:
        if value is None:
            return "·"
        return percent(value) if self.table.by == "win_rate" else f"{value:.2f}"
