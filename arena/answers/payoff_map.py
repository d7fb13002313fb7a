"""Who earns what against whom: the payoff table, sorted, with the games behind each number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arena.analysis.payoff import Payoff, PayoffTable
from arena.match import Checkpoint
from arena.names import safe
from arena.tables import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEGIBLE = 16  # rows up to which a cell of the figure says its numbers,
_NAMED = 40  # and up to which rows and columns say their names: beyond, they are numbered by rank
_UNMET = "0.75"  # grey, since white is even


@dataclass(frozen=True)
class PayoffMap:
    """The table; `top` is how many rows and columns people are shown, as text or as a figure. JSON has them all."""

    table: PayoffTable
    top: int = 12

    @property
    def shown(self) -> tuple[Checkpoint, ...]:
        """The rows that people see, which are the columns too, the best first."""
        return self.table.checkpoints[: self.top]

    def _cells(self) -> list[list[Payoff]]:
        """Of the rows shown alone: a league of thousands has millions."""
        return [[self.table.cell(row, column) for column in self.shown] for row in self.shown]

    def _worth(self, cell: Payoff) -> float | None:
        return cell.win_rate if self.table.by == "win_rate" else cell.mean

    def rows(self) -> tuple[list[str], list[Sequence[str]]]:
        """By rank; a column's number is the rank of its checkpoint."""
        headers = ["#", "checkpoint", *(str(rank + 1) for rank in range(len(self.shown)))]
        cells = [list(map(self._counted, row)) for row in self._cells()]
        return headers, [[str(rank + 1), str(one), *cells[rank]] for rank, one in enumerate(self.shown)]

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
        """A heat map of the rows shown: the number above, the games below it; grey where two have not met."""
        from matplotlib import colormaps
        from matplotlib.patches import Patch

        names, cells = [safe(str(one)) for one in self.shown], self._cells()
        if not names:
            axes[0].set_title("nobody has played yet", fontsize=9)
            return
        worths = [[self._worth(cell) for cell in row] for row in cells]
        low, high = (0.0, 1.0) if self.table.by == "win_rate" else (None, None)
        edges = (0.5, len(names) + 0.5)  # so that a row's place is its rank
        image = axes[0].imshow(
            [[float("nan") if worth is None else worth for worth in row] for row in worths],
            cmap=colormaps["RdBu"].with_extremes(bad=_UNMET),
            vmin=low,
            vmax=high,
            extent=(*edges, *edges[::-1]),
        )
        if len(names) <= _NAMED:
            axes[0].set_xticks(range(1, len(names) + 1), names, rotation=90, fontsize=7)
            axes[0].set_yticks(range(1, len(names) + 1), names, fontsize=7)
        else:
            axes[0].set(xlabel="rank", ylabel="rank")
        axes[0].set_title(f"{self.table.by} of the row against the column", fontsize=9)
        axes[0].figure.colorbar(image, ax=axes[0])
        if any(worth is None for row in worths for worth in row):
            met = Patch(color=_UNMET, label="never met")
            axes[0].legend(handles=[met], fontsize=7, loc="lower left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.0)
        if len(names) <= _LEGIBLE:
            for row, found in enumerate(cells, 1):
                for column, cell in enumerate(found, 1):
                    if cell.games:
                        said = f"{self._cell(self._worth(cell))}\n{cell.games:,}"
                        axes[0].text(column, row, said, ha="center", va="center", fontsize=6)

    def _counted(self, cell: Payoff) -> str:
        worth = self._worth(cell)
        return self._cell(worth) if worth is None else f"{self._cell(worth)} ({cell.games:,})"

    def _cell(self, value: float | None) -> str:
        if value is None:
            return "·"
        return percent(value) if self.table.by == "win_rate" else f"{value:.2f}"
