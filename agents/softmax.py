"""A frozen policy of logits: what a checkpoint of PPO, or of any other policy gradient, plays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from agents.core import Agent, Observation, Weights, only_reads
from agents.nets import StackedMLP, masked, sample
from games.spec import GameSpec


class SoftmaxPolicies(Agent):
    """K frozen MLPs, each answering its rows by chance, as it learned to. `policies` are K `MLP.state_dict()`s, which are
    multiplied in `dtype`; what is drawn is drawn in float32."""

    def __init__(self, game: GameSpec, policies: Sequence[Weights], *, dtype: torch.dtype = torch.float32) -> None:
        super().__init__(game)
        self.actors = StackedMLP(policies, seats=game.seats, dtype=dtype)

    @only_reads
    @torch.no_grad()
    def act(self, observation: Observation) -> Tensor:
        logits = self.actors(observation.features, observation.seat, observation.member)  # (R, A)
        return sample(logits, observation.legal, seed=observation.seed, step=observation.step)

    @torch.no_grad()
    def probabilities(self, observation: Observation) -> Tensor:
        logits = self.actors(observation.features, observation.seat, observation.member)  # (R, A)
        return masked(logits, observation.legal).double().softmax(1)

    def to(self, device: torch.device | str) -> Self:
        self.actors.to(device)
        return self
