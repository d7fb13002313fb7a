"""How to push a box into a door of hide and seek's room, from wherever one stands: every case, worked out in advance.

One player and one box are thought of, in the room and on its walls; what else is there may be in the way.

Dimensions: R rows, M = (side + 1) ** 2 cells of the room with its walls, L layouts of the doors, 2 doors (east, south).
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from games.room import beside, layouts, room_side, steps

NEVER = 1000  # steps


class Pushing:
    """The fewest steps until a box is in a door and one stands beside it, ready to lock it."""

    def __init__(self, size: int) -> None:
        self.side = room_side(size) + 1
        self.cells = self.side**2
        corner = layouts(size).view(-1, size, size)[:, : self.side, : self.side].flatten(1)  # (L, M)
        doors = (~corner).view(-1, self.side, self.side)
        self.doors = torch.stack(  # (L, 2): the cell of each door
            [
                doors[:, :-1, -1].long().argmax(1) * self.side + self.side - 1,
                (self.side - 1) * self.side + doors[:, -1, :-1].long().argmax(1),
            ],
            dim=1,
        )
        cell = torch.arange(self.cells)
        target = steps(self.side)[1:]  # (4, M)
        beyond = target.gather(1, target)  # (4, M)
        pushes = target[:, :, None] == cell  # (4, M, M): by action, my cell and the box's
        self.after = target[:, :, None] * self.cells + torch.where(pushes, beyond[:, :, None], cell)  # (4, M, M)
        moves = (target != cell)[:, None] & ~corner[:, target].movedim(0, 1)  # (4, L, M)
        slides = (beyond != target)[:, None] & ~corner[:, beyond].movedim(0, 1)  # (4, L, M)
        may = moves[:, :, :, None] & (~pushes[:, None] | slides[:, :, :, None])  # (4, L, M, M)
        there = self.doors[:, :, None, None] == cell  # (L, 2, 1, M)
        ready = there & beside(self.side)  # (L, 2, M, M)
        may = may.repeat_interleave(2, dim=1)  # (4, L * 2, M, M): whichever the door
        self.steps = self._solved(torch.where(ready, 0, NEVER).view(-1, self.cells**2), may.flatten(2))  # (L * 2, M * M)

    def _solved(self, steps: Tensor, may: Tensor) -> Tensor:
        """Steps (L * 2, M * M) that no move makes fewer, where each of four moves `may` (4, L * 2, M * M) be made."""
        steps, toll = steps.T.contiguous(), torch.where(may, 1, NEVER).transpose(1, 2).contiguous()  # rows are quicker
        while True:
            better = steps
            for after, pay in zip(self.after.flatten(1), toll, strict=True):
                better = torch.minimum(better, steps.index_select(0, after) + pay)
            if torch.equal(better, steps):
                return steps.T.contiguous()
            steps = better


@lru_cache(maxsize=8)
def pushing(size: int) -> Pushing:
    """The plans for a grid of `size` by `size` cells, made once."""
    return Pushing(size)
