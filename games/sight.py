"""Lines of sight on a square grid: what lies between any two cells, as bits, so that to look is to `and` a few words.

A cell lies between two others where the straight line from centre to centre passes through its inside. So whoever sees is
seen, and a line that only touches a corner is free.

Dimensions: S side, N = S * S cells (row * S + column), W words of 62 cells, B boards (or rows), which come last.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

WORD = 62  # cells: an int64 holds them without its sign


class Sight:
    """The lines of sight of a grid of `size` by `size` cells, on one device. Made once: see `sight`."""

    def __init__(self, size: int, device: torch.device) -> None:
        self.cells = size * size
        cell = torch.arange(self.cells)
        self.words = torch.stack(
            [torch.where(cell // WORD == word, 1 << cell % WORD, 0) for word in range(-(-self.cells // WORD))]
        ).to(device)  # (W, N): the bit of each cell
        lines = _between(size).view(-1, self.cells)  # (N * N, N)
        self.lines = self.mask(lines.to(device))  # (W, N * N)

    def bits(self, cells: Tensor) -> Tensor:
        """(W, B) int64: the bits of K different cells (K, B)."""
        return self.words.index_select(1, cells.flatten()).view(len(self.words), *cells.shape).sum(1)

    def mask(self, cells: Tensor) -> Tensor:
        """(W, B) int64: the bits of a set of cells (B, N) bool."""
        return torch.stack([torch.where(cells, word, 0).sum(1) for word in self.words])

    def clear(self, one: Tensor, other: Tensor, blocked: Tensor) -> Tensor:
        """(..., B) bool: whether cells `one` and `other` (..., B) see each other past what is `blocked` (W, B)."""
        pair = one * self.cells + other  # (..., B)
        lines = self.lines.index_select(1, pair.flatten()).view(len(self.lines), *pair.shape)  # (W, ..., B)
        return ((lines & blocked.view(len(blocked), *[1] * (pair.dim() - 1), -1)) == 0).all(0)


@lru_cache(maxsize=8)
def sight(size: int, device: torch.device) -> Sight:
    """The lines of sight of a grid, made once for each device."""
    with torch.inference_mode(False):  # whoever is first to ask
        return Sight(size, device)


def _between(size: int) -> Tensor:
    """(N, N, N) bool: whether the third cell lies between the first and the second, in exact whole numbers."""
    cell = torch.arange(size * size, dtype=torch.int16)
    row, column = cell // size, cell % size
    down, along = row[None, :] - row[:, None], column[None, :] - column[:, None]  # (N, N): from the first to the second
    # How far the third is off the line, times the line's length; its square reaches half of (|down| + |along|) that way.
    off = down[:, :, None] * along[:, None, :] - along[:, :, None] * down[:, None, :]  # (N, N, N)
    through = 2 * off.abs() < (down.abs() + along.abs())[:, :, None]
    for place in (row, column):
        low, high = torch.minimum(place[:, None], place[None, :]), torch.maximum(place[:, None], place[None, :])
        through &= (low[:, :, None] <= place) & (place <= high[:, :, None])
    ends = (cell[:, None, None] == cell) | (cell[None, :, None] == cell)
    return through & ~ends
