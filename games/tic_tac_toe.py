"""Tic-tac-toe: three in a row on a board of nine cells win.

Observation  (2, 3, 3) float32: plane 0 my marks, plane 1 theirs; row 0 is the top.
Actions      0..8, the cell from the top left, row by row; written a3 (top left) to c1 (bottom right).
Returns      +1 win, -1 loss, 0 draw.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from games.core import Game, GameSpec, State, constant
from games.svg import GRID, SEATS, disc, line, picture, words

CELLS = tuple(1 << cell for cell in range(9))
ROWS = tuple(0b111 << 3 * row for row in range(3))
COLUMNS = tuple(0b1001001 << column for column in range(3))
DIAGONALS = (0b100010001, 0b001010100)
MARKS = "XO"


@dataclass(frozen=True, kw_only=True)
class TicTacToeState(State):
    marks: Tensor  # (B, P) int64: each seat's cells as bits, bit 0 the top left


class TicTacToe(Game):
    """Two seats in turn; a full board without a row is a draw."""

    spec = GameSpec(
        name="tic_tac_toe",
        version=1,
        flavour="competitive",
        seats=2,
        actions=9,
        observation=(2, 3, 3),
        max_steps=9,
        return_range=(-1.0, 1.0),
    )

    def initial(self, seeds: Tensor) -> TicTacToeState:
        return TicTacToeState(marks=seeds.new_zeros(len(seeds), 2), **self.opening(seeds))

    def transition(self, state: TicTacToeState, actions: Tensor) -> TicTacToeState:
        marks = state.marks | (state.to_act << actions)  # (B, P)
        rows = constant(ROWS + COLUMNS + DIAGONALS, actions.device)[:, None]  # (8, 1)
        mine = (marks * state.to_act).sum(1)  # (B,)
        won = ((mine & rows) == rows).any(0)  # (B,)
        to_act = ~state.to_act
        free = (marks.sum(1)[:, None] & constant(CELLS, actions.device)) == 0  # (B, A)
        return replace(
            state,
            marks=marks,
            to_act=to_act,
            legal=free.unsqueeze(1),  # (B, 1, A): to whoever acts
            rewards=won[:, None] * (1.0 - 2.0 * to_act),
            done=won,  # a full board ends at max_steps
        )

    def observe(self, state: TicTacToeState, seat: Tensor) -> Tensor:
        own_first = torch.where(seat[:, None] == 0, state.marks, state.marks.flip(1))  # (B, 2)
        cells = own_first[:, :, None] & constant(CELLS, seat.device)  # (B, 2, 9)
        return cells.float().sign().view(-1, 2, 3, 3)

    def render(self, state: TicTacToeState, board: int = 0) -> str:
        marks = _marks(state, board)
        rows = [f"{3 - row} {' '.join(marks[3 * row : 3 * row + 3])}" for row in range(3)]
        return "\n".join([*rows, "  a b c"])

    def render_svg(self, state: TicTacToeState, board: int = 0) -> str:
        grid = [
            stroke
            for at in (80, 140)
            for stroke in (line(at, 20, at, 200, colour=GRID), line(20, at, 200, at, colour=GRID))
        ]
        marks = [
            _drawn(mark, 50 + 60 * (cell % 3), 50 + 60 * (cell // 3)) for cell, mark in enumerate(_marks(state, board))
        ]
        letters = [
            words(50 + 60 * x, 212, "abc"[x], size=12) + words(8, 170 - 60 * x, str(x + 1), size=12) for x in range(3)
        ]
        return picture(220, 225, *grid, *marks, *letters, title="tic-tac-toe")

    def notation(self, action: int) -> str:
        return f"{'abc'[action % 3]}{3 - action // 3}"


def _marks(state: TicTacToeState, board: int) -> list[str]:
    """The nine cells as X, O and dots, row by row from the top."""
    first, second = state.marks[board].tolist()
    return [MARKS[0] if first & cell else MARKS[1] if second & cell else "." for cell in CELLS]


def _drawn(mark: str, x: float, y: float) -> str:
    if mark == ".":
        return ""
    if mark == MARKS[1]:
        return disc(x, y, 18, fill="none", edge=SEATS[1], width=6)
    falling = line(x - 16, y - 16, x + 16, y + 16, colour=SEATS[0], width=6)
    return falling + line(x - 16, y + 16, x + 16, y - 16, colour=SEATS[0], width=6)
