"""Matrix games: both seats choose at once, and a table says what each is paid.

Observation  (1,) float32: always 1; there is nothing to see.
Actions      0..A-1: a row for seat 0, a column for seat 1.
Returns      what the table says: `payoffs[row][column]` to seat 0, `column_payoffs[row][column]` to seat 1.

The flavour follows from the tables: opposed payoffs are competitive, equal ones cooperative, all others mixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from games.arguments import number
from games.core import Flavour, Game, GameSpec, State, constant
from games.errors import BadSpec
from games.svg import CARD, GRID, SEATS, box, picture, words

Table = Sequence[Sequence[float]]


@dataclass(frozen=True, kw_only=True)
class MatrixState(State):
    played: Tensor  # (B, P) int64: the action of each seat, -1 before it


class MatrixGame(Game):
    """Any game of one simultaneous move: `matrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])`.

    Without `column_payoffs` the game is zero-sum. `actions` names the actions. Raises `BadSpec` for tables that are ragged,
    empty or of two shapes.
    """

    def __init__(
        self,
        payoffs: Table,
        column_payoffs: Table | None = None,
        *,
        actions: Sequence[str] | None = None,
        name: str = "matrix",
    ) -> None:
        table = _checked(payoffs)
        opposed = tuple(tuple(0 - pay for pay in row) for row in table)
        self.tables = (table, opposed if column_payoffs is None else _checked(column_payoffs))
        self.rows, self.columns = _shape(self.tables[0])
        if _shape(self.tables[1]) != (self.rows, self.columns):
            raise BadSpec(f"expected payoffs of one shape, got {_shape(self.tables[0])} and {_shape(self.tables[1])}")
        size = max(self.rows, self.columns)
        self.names = tuple(actions or map(str, range(size)))
        if len(self.names) != size:
            raise BadSpec(f"expected {size} names of actions, got {actions!r}")
        pays = [pay for table in self.tables for row in table for pay in row]
        self.spec = GameSpec(
            name=name,
            version=1,
            flavour=_flavour(*self.tables),
            seats=2,
            actions=size,
            observation=(1,),
            max_steps=1,
            return_range=(min(pays), max(pays)),
            simultaneous=True,
        )
        self._pay = tuple(zip(*(sum(table, ()) for table in self.tables), strict=True))  # (rows * columns, P)
        self._legal = tuple(
            tuple(action < limit for action in range(size)) for limit in (self.rows, self.columns)
        )  # (P, A)

    def initial(self, seeds: Tensor) -> MatrixState:
        opening = self.opening(seeds)
        opening["legal"] = constant(self._legal, seeds.device, dtype=torch.bool).expand(len(seeds), -1, -1)
        return MatrixState(played=seeds.new_full((len(seeds), 2), -1), **opening)

    def transition(self, state: MatrixState, actions: Tensor) -> MatrixState:
        cell = actions[:, 0] * self.columns + actions[:, 1]  # (B,)
        pay = constant(self._pay, cell.device, dtype=torch.float32)  # (rows * columns, P)
        return replace(state, played=actions, rewards=pay.index_select(0, cell), done=torch.ones_like(state.done))

    def observe(self, state: MatrixState, seat: Tensor) -> Tensor:
        return state.rewards.new_ones(len(state), 1)

    def render(self, state: MatrixState, board: int = 0) -> str:
        return f"{self.spec.name}: {self._said(state, board)}"

    def render_svg(self, state: MatrixState, board: int = 0) -> str:
        said = self._said(state, board)
        row, column = state.played[board].tolist()
        cells = [
            box(100 + 90 * c, 50 + 50 * r, 90, 50, fill="#f6e7b4" if (r, c) == (row, column) else CARD, edge=GRID)
            + words(145 + 90 * c, 75 + 50 * r, " / ".join(f"{pay:g}" for pay in self._pay[r * self.columns + c]))
            for r in range(self.rows)
            for c in range(self.columns)
        ]
        beside = [words(50, 75 + 50 * r, self.names[r], colour=SEATS[0]) for r in range(self.rows)]
        above = [words(145 + 90 * c, 30, self.names[c], colour=SEATS[1]) for c in range(self.columns)]
        width, height = 110 + 90 * self.columns, 90 + 50 * self.rows
        return picture(width, height, *cells, *beside, *above, words(width / 2, height - 18, said), title=self.spec.name)

    def notation(self, action: int) -> str:
        return self.names[action]

    def _said(self, state: MatrixState, board: int) -> str:
        row, column = state.played[board].tolist()
        if row < 0:
            return "nothing played"
        pay = self._pay[row * self.columns + column]
        return f"{self.names[row]} against {self.names[column]}, {pay[0]:g} to {pay[1]:g}"


def rock_paper_scissors() -> MatrixGame:
    """Each throw beats one and loses to one."""
    wins = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]
    return MatrixGame(wins, actions=("rock", "paper", "scissors"), name="rock_paper_scissors")


def matching_pennies() -> MatrixGame:
    """Seat 0 wins when the pennies match, seat 1 when they differ."""
    return MatrixGame([[1, -1], [-1, 1]], actions=("heads", "tails"), name="matching_pennies")


def coordination() -> MatrixGame:
    """Both are paid if they do the same; nothing says which."""
    same = [[1, 0], [0, 1]]
    return MatrixGame(same, same, actions=("left", "right"), name="coordination")


def _checked(table: Table) -> tuple[tuple[float, ...], ...]:
    rows = tuple(tuple(number("each payoff", pay) for pay in row) for row in table)
    if not rows or not rows[0] or len({len(row) for row in rows}) > 1:
        raise BadSpec(f"expected a table of payoffs with rows of one length, got {table!r}")
    return rows


def _shape(table: tuple[tuple[float, ...], ...]) -> tuple[int, int]:
    return len(table), len(table[0])


def _flavour(row: Table, column: Table) -> Flavour:
    pays = [pair for rows in zip(row, column, strict=True) for pair in zip(*rows, strict=True)]
    if all(mine == -theirs for mine, theirs in pays):
        return "competitive"
    return "cooperative" if all(mine == theirs for mine, theirs in pays) else "mixed"
