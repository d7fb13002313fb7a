"""Plain text tables for people: aligned by what an eye sees, harmless to a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from arena.names import safe

_BARS = "▁▂▃▄▅▆▇█"


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[int] = ()) -> str:
    """Aligned columns; those in `right` by their right edge. Foreign text is made safe."""
    cells = [[safe(str(cell)) for cell in row] for row in [headers, *rows]]
    widths = [max(_width(row[column]) for row in cells) for column in range(len(headers))]
    flush_right = set(right)
    lines = []
    for row in cells:
        padded = [
            " " * (width - _width(cell)) + cell if column in flush_right else cell + " " * (width - _width(cell))
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def sparkline(values: Sequence[float], *, width: int = 12) -> str:
    """The latest values as bars, from their lowest to their highest."""
    values = values[-width:]
    if not values:
        return ""
    low, high = min(values), max(values)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BARS[round((value - low) * scale)] for value in values)


def plural(count: int, one: str, many: str | None = None) -> str:
    """'1 row', '1,200 rows', '3 matches'."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f}%"


def _width(text: str) -> int:
    """How many columns of a terminal a text takes: marks none, wide letters two."""
    return sum(
        0 if unicodedata.category(char) in ("Mn", "Me") else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
