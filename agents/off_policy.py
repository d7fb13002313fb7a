"""What learners of action values share: they explore by epsilon-greedy, remember, and learn from memory at a set pace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from agents.buffer import JointBuffer, TransitionBuffer
from agents.core import Agent, Observation, Weights, only_reads
from agents.greedy import GreedyPolicies
from agents.nets import MLP, epsilon_greedy, inputs
from agents.network_learner import NetworkLearner
from games.chance import derive


class OffPolicyLearner(NetworkLearner):
    """A subclass sets what is named here, makes `network` and `memory` in `_begin`, and writes `_update`."""

    memory: TransitionBuffer | JointBuffer
    network: MLP  # of action values, by which it acts
    epsilon: float  # chance of a random action, falling from 1 to this over `explore` steps
    explore: int
    rated_epsilon: float  # the same for frozen checkpoints
    warmup: int  # steps before learning begins
    batch: int  # remembered steps in one update
    reuse: float  # how often a step is learned from, on average

    @only_reads
    @torch.no_grad()
    def act(self, observation: Observation) -> Tensor:
        values = self.network(inputs(observation.features, observation.seat, seats=self.game.seats))  # (R, A)
        epsilon = max(self.epsilon, 1 - (1 - self.epsilon) * self.steps / self.explore)
        return epsilon_greedy(values, observation.legal, epsilon=epsilon, seed=observation.seed, step=observation.step)

    def _practise(self, chance: int) -> dict[str, Tensor]:
        """Makes the updates that are due by now, from batches drawn by the number `chance`; answers their mean loss."""
        generator = torch.Generator().manual_seed(derive(self.seed, chance, self.updates))
        due = int((self.steps - self.warmup) * self.reuse / self.batch) - self.updates
        losses = [self._update(self.memory.sample(self.batch, generator=generator)) for _ in range(due)]
        return {"loss": torch.stack(losses).mean()} if losses else {}

    def _update(self, batch: Any) -> Tensor:
        """One step of the optimizer, from what `memory.sample` gives; answers the loss."""
        raise NotImplementedError

    def _frozen(self, policies: Sequence[Weights]) -> Agent:
        return GreedyPolicies(self.game, policies, epsilon=self.rated_epsilon)
