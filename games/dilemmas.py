"""Iterated social dilemmas: the prisoner's dilemma, the stag hunt and chicken, round after round against the same other.

Each round both choose at once, to cooperate or to defect. What they are paid has four names: reward (CC), sucker (CD),
temptation (DC) and punishment (DD), mine first. Their order makes the game.

Observation  (5,) float32: the last round as one of CC, CD, DC, DD, my action first; then a 1 before the first round.
Actions      0 cooperate, 1 defect: C and D; in the stag hunt S and H (stag, hare), in chicken S and D (swerve, dare).
Returns      the sum of each round's pay.

With `noise` each action is played as its opposite with that probability, and both seats see what was played
(Axelrod, The Evolution of Cooperation, 1984; the three games side by side: Macy and Flache 2002, PNAS 99).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import ge, gt

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
class DilemmaState(State):
    last: Tensor  # (B,) int64: the last round as 2 * seat 0's action + seat 1's, or UNPLAYED


@dataclass(frozen=True)
class Kind:
    """What makes one dilemma another."""

    name: str
    version: int  # 2 where the name once meant a single round
    letters: str  # of the two actions
    order: str  # of the pay


PRISONERS_DILEMMA = Kind("prisoners_dilemma", 1, "CD", "temptation > reward > punishment > sucker")
STAG_HUNT = Kind("stag_hunt", 2, "SH", "reward > temptation >= punishment > sucker")
CHICKEN = Kind("chicken", 2, "SD", "temptation > reward > sucker > punishment")


class Dilemma(Game):
    """`rounds` rounds of a dilemma. A seat that gives up leaves the other as well paid as mutual cooperation would have.

    Raises `BadSpec` unless the pay is in the order of its kind, `rounds` is a positive whole number and `noise` a
    probability.
    """

    def __init__(
        self, kind: Kind, rounds: int, noise: float, *, temptation: float, reward: float, punishment: float, sucker: float
    ) -> None:
        self.kind = kind
        self.rounds = whole("rounds", rounds, low=1, high=LONGEST)
        self.noise = number("noise", noise, low=0, high=1)
        pays = {"temptation": temptation, "reward": reward, "punishment": punishment, "sucker": sucker}
        pays = {name: number(name, pay) for name, pay in pays.items()}
        _require_order(kind.order, pays)
        temptation, reward, punishment, sucker = pays.values()
        self.reward = reward
        self._pay = ((reward, sucker, temptation, punishment), (reward, temptation, sucker, punishment))  # (P, 4)
        self.spec = GameSpec(
            name=kind.name,
            version=kind.version,
            flavour="mixed",
            seats=2,
            actions=2,
            observation=(5,),
            max_steps=rounds,
            return_range=(rounds * min(pays.values()), rounds * max(pays.values())),
            simultaneous=True,
        )

    def initial(self, seeds: Tensor) -> DilemmaState:
        return DilemmaState(last=torch.full_like(seeds, UNPLAYED), **self.opening(seeds))

    def transition(self, state: DilemmaState, actions: Tensor) -> DilemmaState:
        if self.noise:
            slots = torch.arange(2, device=actions.device)
            slips = uniform(state.seed[:, None], state.step[:, None], slots) < self.noise  # (B, P)
            actions = actions ^ slips
        last = torch.add(actions[:, 1], actions[:, 0], alpha=2)  # (B,)
        pay = constant(self._pay, last.device, dtype=torch.float32)  # (P, 4)
        return replace(state, last=last, rewards=pay.index_select(1, last).T)

    def observe(self, state: DilemmaState, seat: Tensor) -> Tensor:
        views = constant(_VIEWS, seat.device, dtype=torch.float32)  # (P * 5, 5)
        return views.index_select(0, torch.add(state.last, seat, alpha=5))

    def forfeit_returns(self, state: DilemmaState, offenders: Tensor) -> Tensor:
        """The offender gets the least; the other is credited mutual cooperation for every round that is left."""
        left = (self.rounds - state.step)[:, None]  # (B, 1)
        return torch.where(offenders, self.spec.return_range[0], state.returns + left * self.reward)

    def render(self, state: DilemmaState, board: int = 0) -> str:
        mine, theirs = state.returns[board].tolist()
        plays = " against ".join(self._plays(state, board))
        return f"round {int(state.step[board])} of {self.rounds}: {plays}, {mine:g} to {theirs:g} in all"

    def render_svg(self, state: DilemmaState, board: int = 0) -> str:
        returns = state.returns[board].tolist()
        sides = [
            box(30 + 110 * seat, 40, 90, 70, fill=CARD, edge=GRID, round_=8)
            + words(75 + 110 * seat, 75, play, size=36, colour=SEATS[seat])
            + words(75 + 110 * seat, 130, f"{returns[seat]:g}")
            for seat, play in enumerate(self._plays(state, board))
        ]
        head = words(130, 22, f"round {int(state.step[board])} of {self.rounds}")
        return picture(260, 150, head, *sides, title=self.kind.name.replace("_", " "))

    def notation(self, action: int) -> str:
        return self.kind.letters[action]

    def _plays(self, state: DilemmaState, board: int) -> tuple[str, str]:
        last = int(state.last[board])
        return ("-", "-") if last == UNPLAYED else (self.notation(last // 2), self.notation(last % 2))


def prisoners_dilemma(
    rounds: int = 10,
    noise: float = 0.0,
    *,
    temptation: float = 5.0,
    reward: float = 3.0,
    punishment: float = 1.0,
    sucker: float = 0.0,
) -> Dilemma:
    """To defect pays more whatever the other does, yet both would rather both cooperate."""
    pay = {"temptation": temptation, "reward": reward, "punishment": punishment, "sucker": sucker}
    return Dilemma(PRISONERS_DILEMMA, rounds, noise, **pay)


def stag_hunt(
    rounds: int = 10,
    noise: float = 0.0,
    *,
    temptation: float = 1.0,
    reward: float = 2.0,
    punishment: float = 1.0,
    sucker: float = 0.0,
) -> Dilemma:
    """The stag feeds both best and needs both; a hare is certain."""
    pay = {"temptation": temptation, "reward": reward, "punishment": punishment, "sucker": sucker}
    return Dilemma(STAG_HUNT, rounds, noise, **pay)


def chicken(
    rounds: int = 10,
    noise: float = 0.0,
    *,
    temptation: float = 1.0,
    reward: float = 0.0,
    punishment: float = -10.0,
    sucker: float = -1.0,
) -> Dilemma:
    """Who swerves is chicken; if neither does, both crash."""
    pay = {"temptation": temptation, "reward": reward, "punishment": punishment, "sucker": sucker}
    return Dilemma(CHICKEN, rounds, noise, **pay)


def _require_order(order: str, pays: dict[str, float]) -> None:
    """Raises `BadSpec` unless the pay is in an order that is written like `reward > temptation >= punishment`."""
    names, signs = order.split()[::2], order.split()[1::2]
    if not all(
        (gt if sign == ">" else ge)(pays[more], pays[less])
        for more, sign, less in zip(names, signs, names[1:], strict=False)
    ):
        raise BadSpec(f"expected {order}, got {', '.join(repr(pays[name]) for name in names)}")


def _one_hot(place: int) -> tuple[float, ...]:
    return tuple(float(place == at) for at in range(5))


# What each seat sees of each last round: seat 1 reads CD as DC.
_VIEWS = tuple(map(_one_hot, (0, 1, 2, 3, 4, 0, 2, 1, 3, 4)))
