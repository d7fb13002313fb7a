"""Figures: axes drawn by whoever has numbers to show, as a PNG. Needs matplotlib, which is optional."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from games.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Draw = Callable[["Sequence[Axes]"], None]
_PANEL = (5.2, 3.8)  # inches


def needed() -> None:
    """Raises `MissingExtra` where no figure can be drawn, for whoever works long before there is one."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise MissingExtra(
            "a figure needs matplotlib, which is not installed", hint="pip install 'arena-league[labs]'"
        ) from error


def png(draw: Draw, *, panels: int = 1, size: tuple[float, float] = _PANEL) -> bytes:
    """`panels` axes side by side, each of so many inches; no window and no global state of matplotlib's are touched.

    Raises `MissingExtra`, whose hint is the cure.
    """
    needed()
    from matplotlib.figure import Figure

    page = Figure(figsize=(size[0] * panels, size[1]), layout="constrained")
    draw(list(page.subplots(1, panels, squeeze=False)[0]))
    picture = BytesIO()
    page.savefig(picture, format="png", dpi=80, metadata={"Software": None})
    return picture.getvalue()
