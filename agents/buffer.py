"""The transition buffer: a ring of the newest decisions, from which a learner learns more than once.

What a decision led to is a later decision of its match, which is in the ring anyway; so the ring keeps only how far ahead
it lies, and nothing is stored twice. The oldest are overwritten first, so what a kept decision leads to is kept as well.

Dimensions: C capacity, N new decisions, R sampled ones, A actions.
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


class TransitionBuffer:
    """At most `capacity` decisions, each seat's own next decision being what it led to."""

    def __init__(self, game: GameSpec, *, capacity: int) -> None:
        self.capacity, self.added = capacity, 0  # `added` counts for ever; the ring's cursor is its remainder
        self._ring = {
            "features": torch.zeros(capacity, *game.observation),
            "seat": torch.zeros(capacity, dtype=torch.int16),
            "legal": torch.zeros(capacity, game.actions, dtype=torch.bool),
            "action": torch.zeros(capacity, dtype=torch.int32),
            "reward": torch.zeros(capacity),
            "ahead": torch.zeros(capacity, dtype=torch.int32),  # how far the following decision is; 0: it was the last
        }

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def add(self, trajectory: Trajectory) -> None:
        """Takes up all decisions of finished matches; of more than the capacity, the newest."""
        following = trajectory.following()
        here = torch.arange(len(trajectory), device=following.device)
        fresh = {
            "features": trajectory.features,
            "seat": trajectory.seat,
            "legal": trajectory.legal,
            "action": trajectory.action,
            "reward": trajectory.paid(following).gather(1, trajectory.seat[:, None]).squeeze(1),
            "ahead": torch.where(following < 0, 0, following - here),
        }
        newest = here[-self.capacity :]
        slots = (self.added + newest) % self.capacity
        for name, values in fresh.items():
            self._ring[name][slots] = values[newest].to(self._ring[name].dtype)
        self.added += len(trajectory)

    def sample(self, count: int, *, generator: torch.Generator) -> Transitions:
        """`count` transitions, uniformly and with repetition, drawn by a generator of the CPU."""
        ring = self._ring
        slot = torch.randint(len(self), (count,), generator=generator).to(ring["ahead"].device)
        later = (slot + ring["ahead"][slot]) % self.capacity
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

    def state(self) -> dict[str, Tensor]:
        """The filled part only; features as bytes where they are small whole numbers, as planes of a board are."""
        filled = {name: values[: len(self)].clone() for name, values in self._ring.items()}
        return {**filled, "features": _compact(filled["features"]), "added": torch.tensor(self.added)}

    def load_state(self, state: Weights) -> None:
        """Takes back what `state` gave. Raises `BadWeights` where it is of another game or capacity."""
        size = min(int(state["added"]), self.capacity) if "added" in state else 0
        expected = {name: values[:size] for name, values in self._ring.items()}
        given = {name: tensor.float() if name == "features" else tensor for name, tensor in state.items()}
        check(given, {**expected, "added": torch.tensor(0)})
        self.added = int(state["added"])
        copy_into(expected, given)

    def to(self, device: torch.device | str) -> None:
        self._ring = {name: values.to(device) for name, values in self._ring.items()}


def _compact(features: Tensor) -> Tensor:
    """The same numbers in a quarter of the bytes, where bytes can hold them."""
    small = features.to(torch.int8)
    return small if bool((small == features).all()) else features
