"""Figures: PNGs of the size that their panels need."""

from __future__ import annotations

from arena.figures import png


def test_panels_stand_side_by_side() -> None:
    def width(panels: int) -> int:
        drawn: list = []
        picture = png(drawn.extend, panels=panels)
        assert len(drawn) == panels
        return int.from_bytes(picture[16:20])

    assert width(2) == 2 * width(1)
