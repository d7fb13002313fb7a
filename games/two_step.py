"""The two-step game: a sure 7, or an 8 for a team that trusts itself (Rashid et al. 2018, QMIX, section 5).

Observation  (3,) float32: which state it is, one-hot: the first step, matrix A or matrix B.
Actions      0 or 1, written A and B. In the first step seat 0's chooses the matrix, and seat 1's does nothing.
Returns      to the team, after the second step: matrix A pays 7 whatever is played, matrix B [[0, 1], [1, 8]].

A team whose value of a joint action is a sum of the seats' own values cannot tell that matrix B is worth 8.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from games.core import Game, GameSpec, State, constant
from games.svg import CARD, GRID, SEATS, box, picture, words

START = 0  # then 1 for matrix A and 2 for matrix B
PAY = (0, 0, 0, 0, 7, 7, 7, 7, 0, 1, 1, 8)  # by state, seat 0's action and seat 1's
PLACES = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


@dataclass(frozen=True, kw_only=True)
class TwoStepState(State):
    place: Tensor  # (B,) int64: START, or the matrix that was chosen, 1 or 2
    played: Tensor  # (B, P) int64: the last actions, -1 before them


class TwoStep(Game):
    """Two seats of one team, both at once, two steps."""

    spec = GameSpec(
        name="two_step",
        version=1,
        flavour="cooperative",
        seats=2,
        actions=2,
        observation=(3,),
        max_steps=2,
        return_range=(0.0, 8.0),
        simultaneous=True,
    )

    def initial(self, seeds: Tensor) -> TwoStepState:
        played = torch.full_like(seeds, -1)[:, None].expand(-1, 2)
        return TwoStepState(place=torch.full_like(seeds, START), played=played, **self.opening(seeds))

    def transition(self, state: TwoStepState, actions: Tensor) -> TwoStepState:
        first = state.place == START  # (B,)
        cell = 4 * state.place + 2 * actions[:, 0] + actions[:, 1]  # (B,)
        pay = constant(PAY, cell.device, dtype=torch.float32).index_select(0, cell)
        place = torch.where(first, 1 + actions[:, 0], state.place)
        return replace(state, place=place, played=actions, rewards=pay[:, None].expand(-1, 2), done=~first)

    def observe(self, state: TwoStepState, seat: Tensor) -> Tensor:
        return constant(PLACES, seat.device, dtype=torch.float32).index_select(0, state.place)

    def global_state(self, state: TwoStepState) -> Tensor:
        """The state, one-hot: both seats see all there is."""
        return self.observe(state, state.seed)

    def render(self, state: TwoStepState, board: int = 0) -> str:
        place, (row, column) = int(state.place[board]), state.played[board].tolist()
        if place == START:
            return "first step: seat 0 chooses the matrix"
        if not state.done[board]:
            return f"second step: matrix {'AB'[place - 1]}"
        return f"matrix {'AB'[place - 1]}: {'AB'[row]} and {'AB'[column]} bring {float(state.returns[board, 0]):g}"

    def render_svg(self, state: TwoStepState, board: int = 0) -> str:
        chosen, played = int(state.place[board]), state.played[board].tolist()
        cells = []
        for place in (1, 2):
            left = 30 + 150 * (place - 1)
            cells.append(words(left + 60, 24, f"matrix {'AB'[place - 1]}", colour=SEATS[0] if place == chosen else GRID))
            for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
                hit = place == chosen and state.done[board] and played == [row, column]
                x, y = left + 60 * column, 45 + 50 * row
                cells.append(box(x, y, 60, 50, fill="#f6e7b4" if hit else CARD, edge=GRID))
                cells.append(words(x + 30, y + 25, str(PAY[4 * place + 2 * row + column])))
        return picture(330, 190, *cells, words(165, 170, self.render(state, board)), title="two-step game")

    def notation(self, action: int) -> str:
        return "AB"[action]
