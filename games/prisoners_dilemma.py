"""The iterated prisoner's dilemma: to defect pays more whatever the other does, yet both would rather both cooperate.

Observation  (5,) float32: the last round as one of CC, CD, DC, DD, my action first; then a 1 before the first round.
Actions      0 cooperate, written C; 1 defect, written D.
Returns      the sum of each round's pay: reward (CC), sucker (CD), temptation (DC) or punishment (DD), mine first.

With `noise` each action is played as its opposite with that probability, and both seats see what was played
(Axelrod, The Evolution of Cooperation, 1984).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from games.arguments import number, whole
from games.chance import uniform
from games.core import Game, GameSpec, State, constant
from games.errors import BadSpec
from games.svg import CARD, GRID, SEATS, box, picture, words

LONGEST = 100_000  # rounds
UNPLAYED = 4  # as `last`, before the first round


@dataclass(frozen=True, kw_only=True)
class PrisonersDilemmaState(State):
    last: Tensor  # (B,) int64: the last round as 2 * seat 0's action + seat 1's, or UNPLAYED


class PrisonersDilemma(Game):
    """`rounds` rounds of the dilemma. A seat that gives up leaves the other as well paid as mutual cooperation would have.

    Raises `BadSpec` unless temptation > reward > punishment > sucker, `rounds` is a positive whole number and `noise` a
    probability.
    """

    def __init__(
        self,
        rounds: int = 10,
        noise: float = 0.0,
        *,
        temptation: float = 5.0,
        reward: float = 3.0,
        punishment: float = 1.0,
        sucker: float = 0.0,
    ) -> None:
        self.rounds = whole("rounds", rounds, low=1, high=LONGEST)
        self.noise = number("noise", noise, low=0, high=1)
        pays = {"temptation": temptation, "reward": reward, "punishment": punishment, "sucker": sucker}
        temptation, reward, punishment, sucker = (number(name, pay) for name, pay in pays.items())
        if not temptation > reward > punishment > sucker:
            got = f"{temptation!r}, {reward!r}, {punishment!r}, {sucker!r}"
            raise BadSpec(f"expected temptation > reward > punishment > sucker, got {got}")
        self.reward = reward
        self._pay = ((reward, reward), (sucker, temptation), (temptation, sucker), (punishment, punishment))  # (4, P)
        self.spec = GameSpec(
            name="prisoners_dilemma",
            version=1,
            flavour="mixed",
            seats=2,
            actions=2,
            observation=(5,),
            max_steps=rounds,
            return_range=(rounds * sucker, rounds * temptation),
            simultaneous=True,
        )

    def initial(self, seeds: Tensor) -> PrisonersDilemmaState:
        return PrisonersDilemmaState(last=torch.full_like(seeds, UNPLAYED), **self.opening(seeds))

    def transition(self, state: PrisonersDilemmaState, actions: Tensor) -> PrisonersDilemmaState:
        if self.noise:
            slots = torch.arange(2, device=actions.device)
            slips = uniform(state.seed[:, None], state.step[:, None], slots) < self.noise  # (B, P)
            actions = actions ^ slips
        last = 2 * actions[:, 0] + actions[:, 1]  # (B,)
        return replace(
            state, last=last, rewards=constant(self._pay, last.device, dtype=torch.float32).index_select(0, last)
        )

    def observe(self, state: PrisonersDilemmaState, seat: Tensor) -> Tensor:
        views = constant(_VIEWS, seat.device, dtype=torch.float32)  # (P * 5, 5)
        return views.index_select(0, 5 * seat + state.last)

    def forfeit_returns(self, state: PrisonersDilemmaState, offenders: Tensor) -> Tensor:
        """The offender gets the least; the other is credited mutual cooperation for every round that is left."""
        left = (self.rounds - state.step)[:, None]  # (B, 1)
        return torch.where(offenders, self.spec.return_range[0], state.returns + left * self.reward)

    def render(self, state: PrisonersDilemmaState, board: int = 0) -> str:
        mine, theirs = state.returns[board].tolist()
        return f"round {int(state.step[board])} of {self.rounds}: {_plays(state, board)}, {mine:g} to {theirs:g} in all"

    def render_svg(self, state: PrisonersDilemmaState, board: int = 0) -> str:
        returns = state.returns[board].tolist()
        sides = [
            box(30 + 110 * seat, 40, 90, 70, fill=CARD, edge=GRID, round_=8)
            + words(75 + 110 * seat, 75, play, size=36, colour=SEATS[seat])
            + words(75 + 110 * seat, 130, f"{returns[seat]:g}")
            for seat, play in enumerate(_plays(state, board).split(" against "))
        ]
        head = words(130, 22, f"round {int(state.step[board])} of {self.rounds}")
        return picture(260, 150, head, *sides, title="prisoner's dilemma")

    def notation(self, action: int) -> str:
        return "CD"[action]


def _plays(state: PrisonersDilemmaState, board: int) -> str:
    last = int(state.last[board])
    return "- against -" if last == UNPLAYED else f"{'CD'[last // 2]} against {'CD'[last % 2]}"


def _one_hot(place: int) -> tuple[float, ...]:
    return tuple(float(place == at) for at in range(5))


# What each seat sees of each last round: seat 1 reads CD as DC.
_VIEWS = tuple(map(_one_hot, (0, 1, 2, 3, 4, 0, 2, 1, 3, 4)))
