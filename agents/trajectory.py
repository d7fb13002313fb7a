"""What a learner saw, did and earned. Facts only, no values or log-probabilities, so any algorithm can learn from it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Trajectory:
    """N decisions of one learner in M matches, without padding, sorted by match, then step, then seat."""

    features: Tensor  # (N, *game.observation) float32
    legal: Tensor  # (N, A) bool
    action: Tensor  # (N,) int64
    match: Tensor  # (N,) int64: 0..M-1
    seat: Tensor  # (N,) int64
    step: Tensor  # (N,) int64
    earned: Tensor  # (N, P) float32: what every seat had been paid before this decision
    returns: Tensor  # (M, P) float32: what every seat had been paid when the match was over
    state: Tensor | None = None  # (N, G) float32: the game's global state then, for learners that are `centralised`

    def __len__(self) -> int:
        return len(self.action)

    def following(self, *, by_match: bool = False) -> Tensor:
        """(N,) int64: the next decision of the same match and seat (or, `by_match`, of the match), -1 after the last."""
        seats = 1 if by_match else self.returns.shape[1]
        sequence = self.match * seats + (0 if by_match else self.seat)  # (N,)
        order = sequence.argsort(stable=True)
        follows = torch.full_like(order, -1)
        same = sequence[order[1:]] == sequence[order[:-1]]
        follows[order[:-1][same]] = order[1:][same]
        return follows

    def paid(self, following: Tensor) -> Tensor:
        """(N, P) float32: what every seat was paid from each decision until its following one, or the end."""
        later = torch.where((following < 0)[:, None], self.returns[self.match], self.earned[following.clamp(min=0)])
        return later - self.earned

    def to(self, device: torch.device | str) -> Self:
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: tensor.to(device) for name, tensor in told.items() if tensor is not None})
