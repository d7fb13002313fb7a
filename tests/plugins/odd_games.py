"""Games that a user might bring: three at a table, two against two, weather between the moves, and rules that break."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from games.core import Game, GameSpec, State, Wrapper
from games.tic_tac_toe import TicTacToe


@dataclass(frozen=True, kw_only=True)
class PileState(State):
    left: Tensor  # (B,) int64: counters on the pile


class Pile(Game):
    """Three in turn take one or two counters; who takes the last wins 2, the others lose 1. The seed makes the pile."""

    spec = GameSpec(
        name="pile",
        version=1,
        flavour="competitive",
        seats=3,
        actions=2,
        observation=(1,),
        max_steps=12,
        return_range=(-1.0, 2.0),
    )

    def initial(self, seeds: Tensor) -> PileState:
        return PileState(left=5 + seeds % 8, **self.opening(seeds))

    def transition(self, state: PileState, actions: Tensor) -> PileState:
        mover = state.to_act.long().argmax(1)  # (B,)
        left = state.left - 1 - actions.gather(1, mover[:, None]).squeeze(1)
        done = left <= 0
        to_act = state.to_act.roll(1, dims=1)
        return replace(
            state,
            left=left,
            to_act=to_act,
            legal=to_act[:, :, None] & torch.stack([left >= 1, left >= 2], dim=1)[:, None, :],
            rewards=done[:, None] * (3.0 * state.to_act - 1.0),
            done=done,
        )

    def observe(self, state: PileState, seat: Tensor) -> Tensor:
        return state.left[:, None].float()

    def render(self, state: PileState, board: int = 0) -> str:
        return "|" * int(state.left[board]) or "none"


class Blank(Pile):
    """The pile, in the dark: everybody sees the same one number."""

    spec = replace(Pile.spec, name="blank")

    def observe(self, state: PileState, seat: Tensor) -> Tensor:
        return torch.ones(1).expand(len(seat), 1)


class Engraved(Blank):
    """The same one number, each time out of the same memory."""

    spec = replace(Pile.spec, name="engraved")
    stone = torch.ones(1)

    def observe(self, state: PileState, seat: Tensor) -> Tensor:
        return self.stone.expand(len(seat), 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class SlottedState(PileState):
    pass


@dataclass(frozen=True, kw_only=True)
class NotedState(PileState):
    def __post_init__(self) -> None:
        object.__setattr__(self, "free", torch.stack([self.left >= 1, self.left >= 2], dim=1))  # (B, A): no field


class Slotted(Pile):
    """The pile, with states in slots."""

    def initial(self, seeds: Tensor) -> PileState:
        return SlottedState(**vars(super().initial(seeds)))


class Noted(Pile):
    """The pile, with states that note more than their fields when they are made."""

    def initial(self, seeds: Tensor) -> PileState:
        return NotedState(**vars(super().initial(seeds)))

    def transition(self, state: NotedState, actions: Tensor) -> PileState:  # type: ignore[override]
        assert state.free.shape == (len(state), 2)  # type: ignore[attr-defined]
        return super().transition(state, actions)


class Weather(Pile):
    """The pile, with a gust of wind after every move: a step at which nobody acts. Seats move at every other step."""

    spec = replace(Pile.spec, name="weather", max_steps=24)

    def transition(self, state: PileState, actions: Tensor) -> PileState:
        calm = state.step % 2 == 1  # (B,): after the wind it is the turn of the next seat
        moved = super().transition(state, actions)
        turn = torch.nn.functional.one_hot((state.step + 1) // 2 % 3, 3).bool() & calm[:, None]  # (B, P)
        free = torch.stack([state.left >= 1, state.left >= 2], dim=1)[:, None, :]  # (B, 1, A)
        rested = replace(state, to_act=turn, legal=turn[:, :, None] & free, rewards=torch.zeros_like(state.rewards))
        windy = replace(moved, to_act=torch.zeros_like(turn), legal=torch.zeros_like(state.legal))
        return rested.where(calm, windy)


class Shifts(Pile):
    """The pile, with two at work in the first shift, together, and the third alone in the next; all take from it."""

    spec = replace(Pile.spec, name="shifts", flavour="mixed", max_steps=6, return_range=(0.0, 12.0))

    def initial(self, seeds: Tensor) -> PileState:
        first = super().initial(seeds)
        to_act = first.to_act | (torch.arange(3) == 1)  # (B, P)
        return replace(first, to_act=to_act, legal=to_act[:, :, None].expand(-1, -1, 2))

    def transition(self, state: PileState, actions: Tensor) -> PileState:
        taken = torch.where(state.to_act, actions + 1, 0)
        left = (state.left - taken.sum(1)).clamp(min=0)
        to_act = ~state.to_act
        legal = to_act[:, :, None].expand(-1, -1, 2)
        return replace(state, left=left, to_act=to_act, legal=legal, rewards=taken.float(), done=left <= 0)


class Tug(Game):
    """Two against two on a rope, all at once: each pulls with a force of 0 to 2, and the stronger team wins 1."""

    spec = GameSpec(
        name="tug",
        version=1,
        flavour="competitive",
        seats=4,
        actions=3,
        observation=(1,),
        max_steps=1,
        return_range=(-1.0, 1.0),
        teams=(0, 1, 1, 0),
        simultaneous=True,
    )

    def initial(self, seeds: Tensor) -> State:
        return State(**self.opening(seeds))

    def transition(self, state: State, actions: Tensor) -> State:
        signs = torch.tensor([1, -1, -1, 1])
        ahead = (signs * actions).sum(1).sign()  # (B,)
        return replace(state, rewards=(signs * ahead[:, None]).float(), done=torch.ones_like(state.done))

    def observe(self, state: State, seat: Tensor) -> Tensor:
        return torch.zeros(len(seat), 1)

    def render(self, state: State, board: int = 0) -> str:
        return "A---o---B"


class Cursed(Wrapper):
    """Tic-tac-toe whose rules raise on seeds that 5 divides: at the first, the third or any look at the board."""

    def __init__(self, where: str = "step", *, quits: bool = False) -> None:
        super().__init__(TicTacToe())
        self.where, self.quits = where, quits

    def reset(self, seeds: Tensor) -> State:
        self._curse("reset", seeds)
        return super().reset(seeds)

    def step(self, state: State, actions: Tensor) -> State:
        self._curse("step", state.seed[state.step == 2])
        return super().step(state, actions)

    def observe(self, state: State, seat: Tensor) -> Tensor:
        self._curse("observe", state.seed[state.step == 3])
        return super().observe(state, seat)

    def _curse(self, where: str, seeds: Tensor) -> None:
        if where == self.where and bool((seeds % 5 == 0).any()):
            raise SystemExit(0) if self.quits else IndexError("off the board")


class Hopeless(Wrapper):
    """Tic-tac-toe whose rules raise in every match."""

    def __init__(self) -> None:
        super().__init__(TicTacToe())

    def step(self, state: State, actions: Tensor) -> State:
        raise IndexError("off the board")


class Stuck(Wrapper):
    """Tic-tac-toe in which nothing is legal at the third step of seeds that 5 divides, though somebody must act."""

    def __init__(self) -> None:
        super().__init__(TicTacToe())

    def step(self, state: State, actions: Tensor) -> State:
        after = super().step(state, actions)
        stuck = (after.seed % 5 == 0) & (after.step == 3)
        return replace(after, legal=after.legal & ~stuck[:, None, None])


class Alone(Wrapper):
    """Tic-tac-toe that says it has one seat."""

    def __init__(self) -> None:
        super().__init__(TicTacToe())
        self.spec = replace(self.game.spec, seats=1, flavour="mixed")


class Rotten(Wrapper):
    """Tic-tac-toe that pays NaN at the third step of seeds that 5 divides."""

    def __init__(self, pay: float = float("nan")) -> None:
        super().__init__(TicTacToe())
        self.pay = pay

    def step(self, state: State, actions: Tensor) -> State:
        rotten = ((state.seed % 5 == 0) & (state.step == 2) & ~state.done)[:, None]
        after = super().step(state, actions)
        return replace(after, returns=torch.where(rotten, self.pay, after.returns))


def nan() -> Rotten:
    return Rotten()


def infinite() -> Rotten:
    return Rotten(float("inf"))
