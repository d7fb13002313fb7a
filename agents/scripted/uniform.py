"""The agent that knows nothing: every legal action is as likely as any other. The zero of every rating scale."""

from __future__ import annotations

import torch
from torch import Tensor

from agents.core import Agent, Observation, only_reads
from games import chance


class Uniform(Agent):
    """Plays any game, uniformly at random among the legal actions."""

    @only_reads
    def act(self, observation: Observation) -> Tensor:
        return draw(observation.legal, observation)

    def probabilities(self, observation: Observation) -> Tensor:
        return shares(observation.legal)


def draw(weights: Tensor, observation: Observation) -> Tensor:
    """(R,) int64: an action for each row, as likely as its weight in `weights` (R, A), by the row's own chance.

    A mask is a set of equal weights. Weights need not sum to one; a row's must not all be zero.
    """
    heaped = weights.cumsum(1, dtype=torch.float64)  # (R, A): in double, a share below 1 stays below the sum
    share = chance.uniform(observation.seed, observation.step)  # (R,)
    return (heaped <= (share * heaped.select(1, -1)).unsqueeze(1)).sum(1)


def shares(weights: Tensor) -> Tensor:
    """(R, A) float64: how likely `draw` is to take each action."""
    return weights / weights.sum(1, keepdim=True, dtype=torch.float64)
