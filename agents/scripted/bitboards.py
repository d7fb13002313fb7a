"""Boards in one word: k in a line on a small grid, each side's pieces the bits of one integer.

The cell of column c, r rows above the bottom, is bit c * (height + 1) + r. The spare bit on top of each column stays empty,
so that a line never wraps from one column into the next: the four directions of a line are four shifts. The methods only
shift, `and` and `or`, so they take one board (an `int`) or R boards (an int64 tensor) alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import torch
from torch import Tensor

from agents.scripted.needs import need
from games.spec import GameSpec

Bits = TypeVar("Bits", int, Tensor)

_LINES = {"connect_four": 4, "tic_tac_toe": 3}


@dataclass(frozen=True)
class Grid:
    """The geometry of a game of lines: where pieces may go, and which cells make a line."""

    height: int
    width: int
    line: int  # how many in a line win
    drops: bool  # a piece falls to the lowest free cell of its column; otherwise any free cell may be taken

    @classmethod
    def of(cls, game: GameSpec, *, agent: str) -> Grid:
        """The grid of a game by its spec. Raises `BadSpec` for anything but connect four and tic-tac-toe."""
        known = game.name in _LINES and len(game.observation) == 3
        need(known, game, agent=agent, needs="'connect_four' or 'tic_tac_toe'")
        _, height, width = game.observation
        return cls(height, width, _LINES[game.name], drops=game.actions == width)

    def cell(self, row: int, column: int) -> int:
        """The bit of a cell; row 0 is the top, as in what agents see."""
        return 1 << (column * (self.height + 1) + self.height - 1 - row)

    @cached_property
    def board(self) -> int:
        """All cells."""
        return sum(self.cell(row, column) for row in range(self.height) for column in range(self.width))

    @cached_property
    def bottom(self) -> int:
        """The lowest cell of each column."""
        return sum(self.cell(self.height - 1, column) for column in range(self.width))

    @cached_property
    def directions(self) -> list[list[int]]:
        """Upwards, sideways and on either diagonal: the shifts from a cell to each next one of a line."""
        neighbours = (1, self.height + 1, self.height, self.height + 2)
        return [[shift * distance for distance in range(1, self.line)] for shift in neighbours]

    @cached_property
    def actions(self) -> tuple[int, ...]:
        """The cells that each action may fill: a column's, or one."""
        rows, columns = range(self.height), range(self.width)
        if self.drops:
            return tuple(sum(self.cell(row, column) for row in rows) for column in columns)
        return tuple(self.cell(row, column) for row in rows for column in columns)

    def off_centre(self, action: int) -> float:
        """How far from the middle of the board an action plays, in cells."""
        row, column = ((self.height - 1) / 2, action) if self.drops else divmod(action, self.width)
        return abs(row - (self.height - 1) / 2) + abs(column - (self.width - 1) / 2)

    def moves(self, taken: Bits) -> Bits:
        """The cells that can be filled next."""
        return (taken + self.bottom) & self.board if self.drops else ~taken & self.board

    def threats(self, side: Bits) -> Bits:
        """The cells that would complete a line of `side`, taken or not."""
        nowhere = side & 0
        found = nowhere
        for shifts in self.directions:
            below, above = [~nowhere], [~nowhere]  # [i]: cells whose next i neighbours on that side are all `side`'s
            for shift in shifts:
                below.append(below[-1] & (side << shift))
                above.append(above[-1] & (side >> shift))
            for before, after in zip(below, reversed(above), strict=True):
                found = found | (before & after)
        return found & self.board

    def open_lines(self, rival: Bits) -> list[Bits]:
        """For each direction, a bit for each line that `rival` has no piece in: lines that can still be won."""
        free = ~rival & self.board
        lines = []
        for shifts in self.directions:
            line = free
            for shift in shifts:
                line = line & (free >> shift)
            lines.append(line)
        return lines

    def read(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Mine and theirs, (R,) int64 each, from planes (R, 2, height, width)."""
        bits = [[self.cell(row, column) for column in range(self.width)] for row in range(self.height)]
        sides = ((features > 0.5) * torch.tensor(bits, device=features.device)).sum((2, 3))  # (R, 2)
        return sides[:, 0], sides[:, 1]

    def covering(self, cells: Tensor) -> Tensor:
        """(R, A) bool: the actions that fill one of `cells` (R,)."""
        return (cells[:, None] & torch.tensor(self.actions, device=cells.device)) != 0
