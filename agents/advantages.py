"""What learners by clipped policy gradient have in common: advantages, the judged batch, and the objective.

Dimensions: N decisions, R rows, A actions, I inputs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """N decisions, judged by the policy and the critic that took them."""

    inputs: Tensor  # (N, I)
    legal: Tensor  # (N, A) bool
    action: Tensor  # (N,) int64
    log_prob: Tensor  # (N,): of the action, when it was taken
    advantage: Tensor  # (N,): normalised
    target: Tensor  # (N,): what the critic should have said

    def take(self, rows: Tensor) -> Batch:
        return Batch(**{field.name: getattr(self, field.name).index_select(0, rows) for field in fields(self)})


def estimate(following: Tensor, reward: Tensor, value: Tensor, *, gamma: float, lambda_: float) -> Tensor:
    """Advantages (N,) by GAE (Schulman et al. 2016) along sequences of any lengths: walks back from all their ends at once.

    `following` (N,) is each decision's next one, -1 at the end, where nothing more is expected.
    """
    ends = following < 0
    expected = torch.where(ends, 0.0, value[following])
    advantage = reward + gamma * expected - value  # the temporal difference, to begin with
    before = torch.full_like(following, -1)
    before[following[~ends]] = (~ends).nonzero().squeeze(1)
    here = before[ends]
    while len(here := here[here >= 0]):
        advantage[here] += gamma * lambda_ * advantage[following[here]]
        here = before[here]
    return advantage


def clipped_loss(ratio: Tensor, advantage: Tensor, *, clip: float) -> Tensor:
    """PPO's clipped objective (Schulman et al. 2017), to be made small: the mean over all rows of both, of one shape."""
    clipped = ratio.clamp(1 - clip, 1 + clip)
    return -torch.min(ratio * advantage, clipped * advantage).mean()
