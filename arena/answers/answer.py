"""What every answer can do, so that one command line serves them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Answer(Protocol):
    """A frozen value; `str()` says in a sentence or two what the rows show."""

    def rows(self) -> tuple[Sequence[str], list[Sequence[str]]]:
        """Headers and cells, as text."""

    def as_json(self) -> dict[str, Any]:
        """Stable keys; `schema` grows when they change."""

    def draw(self, axes: Sequence[Axes]) -> None:
        """The figure, on the first of the axes."""
