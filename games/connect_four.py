"""Connect four: drop discs into seven columns, four in a line win.

Observation  (2, 6, 7) float32: plane 0 my discs, plane 1 theirs; row 0 is the top.
Actions      0..6, the column from the left, written a to g.
Returns      +1 win, -1 loss, 0 draw.

Inside, discs are the bits of one integer, a byte for each row from the top: bit 8 * row + column. The highest bit of a
byte stays empty, so that lines cannot run from one row into the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from games.core import Game, GameSpec, State
from games.svg import BOARD, PAPER, SEATS, disc, picture, words
from games.svg import box as svg_box

ROWS, COLUMNS = 6, 7
FLOOR = (1 << COLUMNS) - 1 << 8 * (ROWS - 1)  # the lowest row
MARKS = "XO"


@dataclass(frozen=True, kw_only=True)
class ConnectFourState(State):
    first: Tensor  # (B,) int64: seat 0's discs as a bitboard
    filled: Tensor  # (B,) int64: both seats' discs


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
        nothing = torch.zeros_like(seeds)
        return ConnectFourState(first=nothing, filled=nothing, **self.opening(seeds))

    def transition(self, state: ConnectFourState, actions: Tensor) -> ConnectFourState:
        tables, column = _tables(actions.device), actions.sum(1)  # (B,): the seat that waits says 0
        moved, to_act = state.to_act, ~state.to_act
        playable = (state.filled >> 8 | FLOOR) ^ state.filled  # what lies on a disc, or on the floor, and is not filled
        drop = tables.uprights.index_select(0, column).bitwise_and_(playable)
        seat0 = moved.select(1, 0)
        first, filled = torch.where(seat0, state.first + drop, state.first), state.filled + drop
        won = has_four(torch.where(seat0, first, first ^ filled))  # (B,): what is not seat 0's is seat 1's
        top = filled.to(torch.uint8)  # (B,): the lowest byte
        free = (top & tables.tops).logical_not()  # (A, B)
        decided = won.unsqueeze(1)
        winner, loser = decided & moved, decided & to_act
        return state.changed(
            first=first,
            filled=filled,
            to_act=to_act,
            legal=free.T.unsqueeze(1),  # to whoever acts
            rewards=(winner.view(torch.int8) - loser.view(torch.int8)).float(),  # small numbers first: less to move
            done=won,  # a full board ends at max_steps
        )

    def observe(self, state: ConnectFourState, seat: Tensor) -> Tensor:
        mine = state.first ^ state.filled * seat  # seat 1 has what is not seat 0's
        rows = torch.stack([mine, mine ^ state.filled], 1).view(torch.uint8).view(-1, 8)[:, :ROWS]  # (2 * B, 6)
        cells = _tables(seat.device).cells  # looked up, as that is quicker than to cut bytes
        return cells.index_select(0, rows.int().flatten()).view(-1, 2, ROWS, COLUMNS)

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
    """Whether each bitboard (B,) holds four in a line: pairs of neighbours, then pairs of pairs.

    Discs are moved by multiplication: shifts by a table of steps are not vectorized.
    """
    tables = _tables(discs.device)
    pairs = (discs * tables.lines).bitwise_and_(discs)  # (4, B)
    fours = (pairs * tables.lines_twice).bitwise_and_(pairs)
    return fours.amax(0).bool()


class _Tables(NamedTuple):
    """What the rules look up, on one device."""

    uprights: Tensor  # (7,) int64: all cells of each column
    tops: Tensor  # (7, 1) uint8: the highest of them
    lines: Tensor  # (4, 1) int64: what moves a board along a line: level, rising, upright, falling
    lines_twice: Tensor  # (4, 1) int64: and twice as far
    cells: Tensor  # (128, 7) float32: the columns of each byte that a row can be


@lru_cache
def _tables(device: torch.device) -> _Tables:
    with torch.inference_mode(False):  # as in `games.core.constant`
        columns, rows, bytes_ = (torch.arange(size, device=device) for size in (COLUMNS, ROWS, 1 << COLUMNS))
        lines = 1 << torch.tensor([[1], [7], [8], [9]], device=device)
        return _Tables(
            uprights=(1 << 8 * rows + columns[:, None]).sum(1),
            tops=(1 << columns[:, None]).to(torch.uint8),
            lines=lines,
            lines_twice=lines * lines,
            cells=(bytes_[:, None] >> columns & 1).float(),
        )


def _marks(state: ConnectFourState, board: int) -> list[list[str]]:
    """The board as rows of X, O and dots, row 0 the top."""
    first, filled = int(state.first[board]), int(state.filled[board])
    cells = [[1 << 8 * row + column for column in range(COLUMNS)] for row in range(ROWS)]
    return [[MARKS[0] if first & cell else MARKS[1] if filled & cell else "." for cell in row] for row in cells]
