"""A frozen network of action values: what a checkpoint of DQN, QMIX or VDN plays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from agents.core import Agent, Observation, Weights, only_reads
from agents.nets import StackedMLP, epsilon_greedy, epsilon_greedy_chances
from games.spec import GameSpec


class GreedyPolicies(Agent):
    """K frozen value networks, each choosing its best action, equals by lot, and now and then any. `policies` are K
    `MLP.state_dict()`s."""

    def __init__(self, game: GameSpec, policies: Sequence[Weights], *, epsilon: float) -> None:
        super().__init__(game)
        self.networks, self.epsilon = StackedMLP(policies, seats=game.seats), epsilon

    @only_reads
    @torch.no_grad()
    def act(self, observation: Observation) -> Tensor:
        values = self.networks(observation.features, observation.seat, observation.member)  # (R, A)
        return epsilon_greedy(values, observation.legal, epsilon=self.epsilon, seed=observation.seed, step=observation.step)

    @torch.no_grad()
    def probabilities(self, observation: Observation) -> Tensor:
        values = self.networks(observation.features, observation.seat, observation.member)  # (R, A)
        return epsilon_greedy_chances(values, observation.legal, epsilon=self.epsilon)

    def to(self, device: torch.device | str) -> Self:
        self.networks.to(device)
        return self
