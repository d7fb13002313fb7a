"""Connect four: drop discs into seven columns, four in a line win.

Observation  (2, 6, 7) float32: plane 0 my discs, plane 1 theirs; row 0 is the top.
Actions      0..6, the column from the left, written a to g.
Returns      +1 win, -1 loss, 0 draw.

Inside, each seat's discs are the bits of one integer, a byte for each column: bit 8 * column + height, height 0 the lowest.
The two highest bits of a byte stay empty, so that lines cannot run from one column into the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from games.core import Game, GameSpec, State, constant
from games.svg import BOARD, PAPER, SEATS, disc, picture, words
from games.svg import box as svg_box

ROWS, COLUMNS = 6, 7
FLOORS = tuple(1 << 8 * column for column in range(COLUMNS))  # the lowest cell of each column
FLOOR = sum(FLOORS)
CEILINGS = tuple(1 << 8 * column + ROWS - 1 for column in range(COLUMNS))  # the highest cell of each column
HEIGHTS = tuple(reversed(range(ROWS)))  # row 0 is the top
LINES = (1, 8, 7, 9)  # the step from bit to bit along a line: upright, level, falling, rising
MARKS = "XO"


@dataclass(frozen=True, kw_only=True)
class ConnectFourState(State):
    discs: Tensor  # (B, P) int64: each seat's discs as a bitboard


class ConnectFour(Game):
    """Two seats in turn, 7 columns by 6 rows; a full board without a line is a draw."""

    spec = GameSpec(
        name="connect_four",
        version=1,
        flavour="competitive",
        seats=2,
        actions=COLUMNS,
        observation=(2, ROWS, COLUMNS),
        max_steps=ROWS * COLUMNS,
        return_range=(-1.0, 1.0),
    )

    def initial(self, seeds: Tensor) -> ConnectFourState:
        return ConnectFourState(discs=seeds.new_zeros(2, len(seeds)).T, **self.opening(seeds))

    def transition(self, state: ConnectFourState, actions: Tensor) -> ConnectFourState:
        column = actions[:, 0] + actions[:, 1]  # (B,): the seat that waits says 0
        filled = state.discs[:, 0] + state.discs[:, 1]  # (B,): the seats' discs never overlap, so a sum is a union
        floor = constant(FLOORS, actions.device).index_select(0, column)  # (B,): the lowest cell of the column
        higher = filled + floor  # the carry runs up to the first empty cell
        discs = (state.discs + (higher & ~filled)[:, None]).where(state.to_act, state.discs)
        moved, to_act = state.to_act[:, 0], ~state.to_act
        won = has_four(discs[:, 0].where(moved, discs[:, 1]))  # (B,)
        free = ((filled | higher) & constant(CEILINGS, actions.device)[:, None]) == 0  # (A, B)
        return replace(
            state,
            discs=discs,
            to_act=to_act,
            legal=free.T[:, None, :] & to_act[:, :, None],
            rewards=torch.where(won[:, None], torch.where(to_act, -1.0, 1.0), 0.0),
            done=won,  # a full board ends at max_steps
        )

    def observe(self, state: ConnectFourState, seat: Tensor) -> Tensor:
        own_first = state.discs.where(seat[:, None] == 0, state.discs.flip(1)).contiguous()  # (B, 2)
        rows = (own_first[:, :, None] >> constant(HEIGHTS, seat.device)) & FLOOR  # (B, 2, 6): a byte for each column
        return rows.view(torch.uint8).view(-1, 2, ROWS, 8)[..., :COLUMNS].float()

    def render(self, state: ConnectFourState, board: int = 0) -> str:
        return "\n".join(" ".join(row) for row in [*_marks(state, board), map(self.notation, range(COLUMNS))])

    def render_svg(self, state: ConnectFourState, board: int = 0) -> str:
        colour = {".": PAPER, MARKS[0]: SEATS[0], MARKS[1]: SEATS[1]}
        holes = [
            disc(30 + 40 * x, 30 + 40 * y, 16, fill=colour[mark])
            for y, row in enumerate(_marks(state, board))
            for x, mark in enumerate(row)
        ]
        letters = [words(30 + 40 * x, 274, self.notation(x)) for x in range(COLUMNS)]
        return picture(300, 290, svg_box(5, 5, 290, 250, fill=BOARD, round_=12), *holes, *letters, title="connect four")

    def notation(self, action: int) -> str:
        return "abcdefg"[action]


def has_four(discs: Tensor) -> Tensor:
    """Whether each bitboard (B,) holds four in a line: pairs of neighbours, then pairs of pairs."""
    step = constant(LINES, discs.device)[:, None]  # (4, 1): lines in front, as long rows are quicker than short ones
    pairs = discs & (discs >> step)  # (4, B)
    return (pairs & (pairs >> 2 * step)).any(0)


def _marks(state: ConnectFourState, board: int) -> list[list[str]]:
    """The board as rows of X, O and dots, row 0 the top."""
    first, second = state.discs[board].tolist()
    cells = [[1 << 8 * column + height for column in range(COLUMNS)] for height in HEIGHTS]
    return [[MARKS[0] if first & cell else MARKS[1] if second & cell else "." for cell in row] for row in cells]
