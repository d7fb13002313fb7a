"""The lever game: strangers pull levers at once, and their team is paid for every lever that is pulled.

Observation  (agents,) float32: who I am among all agents of the pool, one-hot.
Actions      0..seats-1, the lever.
Returns      to the team: the number of distinct levers that were pulled, divided by the number of seats.

Each match seats other agents of the pool, so nobody knows who else is there. Without a word between them they do no better
than chance; told who is there, they can sort themselves onto the levers (Sukhbaatar et al. 2016, CommNet, section 4.1).
That holds for agents that do not look at their seat: whoever pulls the lever of its seat's number needs no word. The lab on
levers hides the seat (`commnet(seat=False)`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from games.arguments import whole
from games.chance import bits
from games.core import Game, GameSpec, State
from games.svg import BOARD, GRID, box, disc, picture, words


@dataclass(frozen=True, kw_only=True)
class LeversState(State):
    who: Tensor  # (B, P) int64: the agent of the pool on each seat, no two alike
    pulled: Tensor  # (B, P) int64: the lever of each seat, -1 before it


class Levers(Game):
    """`seats` agents out of a pool of `agents`, and as many levers. Raises `BadSpec` for a pool too small or too large."""

    def __init__(self, agents: int = 500, seats: int = 5) -> None:
        self.seats = whole("seats", seats, low=2, high=100)
        self.agents = whole("agents", agents, low=self.seats, high=10_000)
        self.spec = GameSpec(
            name="levers",
            version=1,
            flavour="cooperative",
            seats=self.seats,
            actions=self.seats,
            observation=(self.agents,),
            max_steps=1,
            return_range=(0.0, 1.0),
            simultaneous=True,
        )

    def initial(self, seeds: Tensor) -> LeversState:
        who = drawn(seeds, self.seats, self.agents)
        return LeversState(who=who, pulled=torch.full_like(who, -1), **self.opening(seeds))

    def transition(self, state: LeversState, actions: Tensor) -> LeversState:
        pulls = state.rewards.new_zeros(len(state), self.seats).scatter(1, actions, 1.0)  # (B, levers): 1 where pulled
        pay = pulls.sum(1, keepdim=True) / self.seats  # (B, 1)
        return replace(state, pulled=actions, rewards=pay.expand(-1, self.seats), done=torch.ones_like(state.done))

    def observe(self, state: LeversState, seat: Tensor) -> Tensor:
        who = state.who.gather(1, seat[:, None])  # (B, 1)
        return state.rewards.new_zeros(len(state), self.agents).scatter_(1, who, 1.0)

    def render(self, state: LeversState, board: int = 0) -> str:
        who, pulled = state.who[board].tolist(), state.pulled[board].tolist()
        pulls = [
            f"agent {agent}" + (f" pulls {lever}" if lever >= 0 else "") for agent, lever in zip(who, pulled, strict=True)
        ]
        return "\n".join(pulls)

    def render_svg(self, state: LeversState, board: int = 0) -> str:
        who, pulled = state.who[board].tolist(), state.pulled[board].tolist()
        levers = [
            box(26 + 60 * lever, 40, 8, 60, fill=BOARD if lever in pulled else GRID, round_=4)
            + disc(30 + 60 * lever, 40, 10, fill=BOARD if lever in pulled else GRID)
            for lever in range(self.seats)
        ]
        waiting = [lever if lever >= 0 else seat for seat, lever in enumerate(pulled)]
        names = [
            words(30 + 60 * lever, 120 + 20 * waiting[:seat].count(lever), str(agent), size=14)
            for seat, (agent, lever) in enumerate(zip(who, waiting, strict=True))
        ]
        return picture(60 * self.seats, 120 + 20 * self.seats, *levers, *names, title="levers")


def drawn(seeds: Tensor, count: int, pool: int) -> Tensor:
    """(B, count) int64: different numbers below `pool`, drawn for each seed (B,) one after the other.

    To shuffle the whole pool for a few of them would cost more than all the rest of the game.
    """
    found = seeds.new_zeros(len(seeds), 0)
    for nth in range(count):
        rank = bits(seeds, 0, nth) % (pool - nth)  # (B,): its place among those that are left
        left_out = found.sort(dim=1).values - torch.arange(nth, device=seeds.device) <= rank[:, None]  # (B, nth)
        found = torch.cat([found, (rank + left_out.sum(1))[:, None]], dim=1)
    return found
