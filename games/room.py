"""The floor of hide and seek: a square grid, in its north-western quarter a room with a door in each of its two walls.

Dimensions: S side of the grid, N = S * S cells (row * S + column), L layouts, one for each pair of places for the doors.
"""

from __future__ import annotations

import torch
from torch import Tensor

STEPS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))  # to stay, north, south, west, east: in rows and columns


def room_side(size: int) -> int:
    """The side of the room: its cells are those whose row and column are below it, its walls lie next to them."""
    return size // 2


def layouts(size: int) -> Tensor:
    """(L, N) bool: the walls, with the eastern door at row l // side and the southern one at column l % side."""
    room = room_side(size)
    grids = []
    for east, south in ((east, south) for east in range(room) for south in range(room)):
        walls = torch.zeros(size, size, dtype=torch.bool)
        walls[: room + 1, room] = walls[room, : room + 1] = True
        walls[east, room] = walls[room, south] = False
        grids.append(walls.flatten())
    return torch.stack(grids)


def cells(size: int) -> tuple[Tensor, Tensor, Tensor]:
    """The cells of the room, those of them with room to their north and west, and the cells beyond its walls."""
    room, cell = room_side(size), torch.arange(size * size)
    low, high = torch.minimum(cell // size, cell % size), torch.maximum(cell // size, cell % size)
    return cell[high < room], cell[(high < room) & (low > 0)], cell[high > room]


def steps(size: int) -> Tensor:
    """(5, N) int64: the cell that each step leads to from each cell; off the grid there is none, and one stays."""
    row, column = torch.arange(size * size) // size, torch.arange(size * size) % size
    last = size - 1
    return torch.stack([(row + r).clamp(0, last) * size + (column + c).clamp(0, last) for r, c in STEPS])


def beside(size: int) -> Tensor:
    """(N, N) bool: whether two cells share a side."""
    row, column = torch.arange(size * size) // size, torch.arange(size * size) % size
    return (row[:, None] - row).abs() + (column[:, None] - column).abs() == 1
