"""A user's games: one that is right, and two with faults."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from games.core import State
from games.tic_tac_toe import TicTacToe


class Mine(TicTacToe):
    """Tic-tac-toe under another name."""

    spec = replace(TicTacToe.spec, name="mine")


class Fragile(TicTacToe):
    """Its rules break on boards whose seed is a multiple of three."""

    spec = replace(TicTacToe.spec, name="fragile")

    def transition(self, state: State, actions: Tensor) -> State:
        if (state.seed % 3 == 0).any():
            raise IndexError("a cell off the board\x1b[31m")
        return super().transition(state, actions)  # type: ignore[arg-type]


class Generous(TicTacToe):
    """Pays more than it says."""

    spec = replace(TicTacToe.spec, name="generous", return_range=(-0.5, 0.5))
