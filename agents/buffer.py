"""Transition buffers: rings of the newest decisions, from which a learner learns more than once.

What a decision led to is a later decision of its match, which is in the ring anyway; so the ring keeps only how far ahead
it lies, and nothing is stored twice. The oldest are overwritten first, so what a kept decision leads to is kept as well.

Dimensions: N new decisions, J joint ones, R sampled ones, P seats, A actions, G numbers of global state.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from agents.core import Weights
from agents.nets import copy_into
from agents.trajectory import Trajectory
from agents.weights import check
from games.spec import GameSpec


@dataclass(frozen=True)
class Transitions:
    """R transitions. Where `last`, nothing followed, and the `next_` fields are the decision's own."""

    features: Tensor  # (R, *game.observation) float32
    seat: Tensor  # (R,) int64
    legal: Tensor  # (R, A) bool
    action: Tensor  # (R,) int64
    reward: Tensor  # (R,) float32: paid to the seat until its next decision
    last: Tensor  # (R,) bool
    next_features: Tensor  # (R, *game.observation) float32
    next_legal: Tensor  # (R, A) bool; the next seat is the same


LARGE = {"features", "state"}  # columns that are saved as bytes where they can be


class Ring:
    """At most `capacity` rows of named columns, of which the newest stay.

    `columns` is a row of each; each row says in `ahead` how far what followed it lies, and 0 where nothing did.
    """

    def __init__(self, columns: Weights, *, capacity: int) -> None:
        self.capacity, self.added = capacity, 0  # `added` counts for ever; the ring's cursor is its remainder
        columns = {**columns, "ahead": torch.zeros((), dtype=torch.int32)}
        self._ring = {name: row.new_zeros(capacity, *row.shape) for name, row in columns.items()}

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def put(self, fresh: Weights, following: Tensor) -> None:
        """Takes up rows (N, ...), each followed by another one (N,) int64, or by none, -1. Of too many, the newest stay."""
        here = torch.arange(len(following), device=following.device)
        fresh = {**fresh, "ahead": torch.where(following < 0, 0, following - here)}
        newest = here[-self.capacity :]
        slots = (self.added + newest) % self.capacity
        for name, values in fresh.items():
            self._ring[name][slots] = values[newest].to(self._ring[name].dtype)
        self.added += len(following)

    def draw(self, count: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Slots (R,) of `count` rows, uniformly and with repetition, by a generator of the CPU, and of what followed them.

        A row that nothing followed is its own next.
        """
        slot = torch.randint(len(self), (count,), generator=generator).to(self._ring["ahead"].device)
        return slot, self.later(slot)

    def later(self, slot: Tensor) -> Tensor:
        """The slots (R,) of what followed the rows in these."""
        return (slot + self._ring["ahead"][slot]) % self.capacity

    def state(self) -> dict[str, Tensor]:
        """The filled part only; what is seen as bytes where it is small whole numbers, as planes of a board are."""
        filled = {name: values[: len(self)].clone() for name, values in self._ring.items()}
        small = {name: _compact(filled[name]) for name in LARGE & filled.keys()}
        return {**filled, **small, "added": torch.tensor(self.added)}

    def load_state(self, state: Weights) -> None:
        """Takes back what `state` gave. Raises `BadWeights` where it is of another game or capacity."""
        size = min(int(state["added"]), self.capacity) if "added" in state else 0
        expected = {name: values[:size] for name, values in self._ring.items()}
        given = {name: tensor.float() if name in LARGE else tensor for name, tensor in state.items()}
        check(given, {**expected, "added": torch.tensor(0)})
        self.added = int(state["added"])
        copy_into(expected, given)

    def to(self, device: torch.device | str) -> None:
        self._ring = {name: values.to(device) for name, values in self._ring.items()}


class TransitionBuffer(Ring):
    """At most `capacity` decisions, each seat's own next decision being what it led to."""

    def __init__(self, game: GameSpec, *, capacity: int) -> None:
        columns = {
            "features": torch.zeros(game.observation),
            "seat": torch.zeros((), dtype=torch.int16),
            "legal": torch.zeros(game.actions, dtype=torch.bool),
            "action": torch.zeros((), dtype=torch.int32),
            "reward": torch.zeros(()),
        }
        super().__init__(columns, capacity=capacity)

    def add(self, trajectory: Trajectory) -> None:
        """Takes up all decisions of finished matches; of more than the capacity, the newest."""
        following = trajectory.following()
        fresh = {
            "features": trajectory.features,
            "seat": trajectory.seat,
            "legal": trajectory.legal,
            "action": trajectory.action,
            "reward": trajectory.paid(following).gather(1, trajectory.seat[:, None]).squeeze(1),
        }
        self.put(fresh, following)

    def sample(self, count: int, *, generator: torch.Generator) -> Transitions:
        """`count` transitions, uniformly and with repetition, drawn by a generator of the CPU."""
        ring = self._ring
        slot, later = self.draw(count, generator=generator)
        return Transitions(
            features=ring["features"][slot],
            seat=ring["seat"][slot].long(),
            legal=ring["legal"][slot],
            action=ring["action"][slot].long(),
            reward=ring["reward"][slot],
            last=later == slot,
            next_features=ring["features"][later],
            next_legal=ring["legal"][later],
        )


@dataclass(frozen=True)
class JointTransitions:
    """R joint transitions of a team whose P seats act at once. Where `last`, nothing followed."""

    features: Tensor  # (R, P, *game.observation) float32
    legal: Tensor  # (R, P, A) bool
    action: Tensor  # (R, P) int64
    reward: Tensor  # (R,) float32: paid to the team, by seat, until its next decision
    state: Tensor  # (R, G) float32: the game's global state
    last: Tensor  # (R,) bool
    next_features: Tensor  # (R, P, *game.observation) float32
    next_legal: Tensor  # (R, P, A) bool
    next_state: Tensor  # (R, G) float32
    next_slot: Tensor  # (R,) int64: where in the buffer what followed is; its own where nothing did


class JointBuffer(Ring):
    """At most `capacity` joint decisions of a team: what all its seats saw and did at one step of a match."""

    def __init__(self, game: GameSpec, *, capacity: int, states: int) -> None:
        self.seats = game.seats
        columns = {
            "features": torch.zeros(game.seats, *game.observation),
            "legal": torch.zeros(game.seats, game.actions, dtype=torch.bool),
            "action": torch.zeros(game.seats, dtype=torch.int32),
            "reward": torch.zeros(()),
            "state": torch.zeros(states),
        }
        super().__init__(columns, capacity=capacity)

    def add(self, trajectory: Trajectory) -> None:
        """Takes up all decisions of finished matches that all seats took together; of too many, the newest."""
        first = _complete(trajectory, seats=self.seats)  # (J,): each joint decision's row of seat 0
        team = first[:, None] + torch.arange(self.seats, device=first.device)  # (J, P)
        match, earned = trajectory.match[first], trajectory.earned[first].mean(1)
        goes_on = torch.zeros_like(match, dtype=torch.bool)
        goes_on[:-1] = match[1:] == match[:-1]
        later = torch.where(goes_on, earned.roll(-1), trajectory.returns.mean(1)[match])
        following = torch.where(goes_on, torch.arange(1, len(first) + 1, device=first.device), -1)
        fresh = {name: getattr(trajectory, name)[team] for name in ("features", "legal", "action")}
        states = earned.new_zeros(len(first), 0) if trajectory.state is None else trajectory.state[first]
        self.put({**fresh, "reward": later - earned, "state": states[:, : self._ring["state"].shape[1]]}, following)

    def sample(self, count: int, *, generator: torch.Generator) -> JointTransitions:
        """`count` joint transitions, as `TransitionBuffer.sample` draws them."""
        return self.at(self.draw(count, generator=generator)[0])

    def at(self, slot: Tensor) -> JointTransitions:
        """The joint transitions in these slots (R,)."""
        ring = self._ring
        later = self.later(slot)
        return JointTransitions(
            features=ring["features"][slot],
            legal=ring["legal"][slot],
            action=ring["action"][slot].long(),
            reward=ring["reward"][slot],
            state=ring["state"][slot],
            last=later == slot,
            next_features=ring["features"][later],
            next_legal=ring["legal"][later],
            next_state=ring["state"][later],
            next_slot=later,
        )


def _complete(trajectory: Trajectory, *, seats: int) -> Tensor:
    """(J,): the first row of each step of a match at which all seats decided. A forfeit leaves gaps."""
    when = torch.stack([trajectory.match, trajectory.step], 1)
    _, counts = torch.unique_consecutive(when, dim=0, return_counts=True)
    first: Tensor = counts.cumsum(0) - counts
    return first[counts == seats]


def _compact(features: Tensor) -> Tensor:
    """The same numbers in a quarter of the bytes, where bytes can hold them."""
    small = features.to(torch.int8)
    return small if bool((small == features).all()) else features
