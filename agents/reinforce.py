"""REINFORCE: the plain policy gradient, without critic, clip or memory. To be watched in matrix games, where it cycles.

An action becomes as much more likely as it was followed by returns (Williams 1992), and an entropy bonus keeps the policy
from certainty. The policy is a softmax of logits that are linear in what is seen: all there can be in a matrix game, and a
modest player of others.

Dimensions: N decisions, I inputs, A actions.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from agents.core import Agent, Observation, Weights, only_reads
from agents.nets import MLP, input_size, inputs, masked, sample
from agents.network_learner import NetworkLearner
from agents.softmax import SoftmaxPolicies
from agents.trajectory import Trajectory
from games import arguments
from games.spec import GameSpec


class Reinforce(NetworkLearner):
    """Makes one step for each batch of matches: how many that is, training's `boards` say. Begins with the uniform policy.

    lr          how far a step moves a logit whose action was taken by chance 0 in all of the batch and brought 1
    entropy     weight of the policy's entropy, in units of the largest return
    """

    def __init__(self, game: GameSpec, *, seed: int = 0, lr: float = 0.1, entropy: float = 0.2) -> None:
        super().__init__(game, seed=seed)
        self.lr = arguments.number("lr", lr, low=0, high=100, open_low=True)
        self.entropy = arguments.number("entropy", entropy, low=0, high=100)
        self._begin()

    def _begin(self) -> None:
        self.linear = MLP((input_size(self.game), self.game.actions), seed=self.seed, gain=0.0)

    @only_reads
    @torch.no_grad()
    def act(self, observation: Observation) -> Tensor:
        logits = self.linear(inputs(observation.features, observation.seat, seats=self.game.seats))  # (R, A)
        return sample(logits, observation.legal, seed=observation.seed, step=observation.step)

    @torch.no_grad()
    def learn(self, trajectory: Trajectory) -> dict[str, float]:
        """One step up the gradient of returns and entropy. Raises `ArenaError` when it diverges."""
        metrics: dict[str, Tensor] = {}
        if len(trajectory):
            metrics["entropy"] = self._step(trajectory.to(self.device))
            self.steps, self.updates = self.steps + len(trajectory), self.updates + 1
        return self._report(metrics, self.linear.parameters())

    def _step(self, trajectory: Trajectory) -> Tensor:
        """One step up the gradient; answers the entropy, the mean over the batch."""
        seen = inputs(trajectory.features, trajectory.seat, seats=self.game.seats)  # (N, I)
        log_policy = masked(self.linear(seen), trajectory.legal).log_softmax(1)  # (N, A)
        policy = log_policy.exp()
        entropy = -(policy * log_policy).sum(1, keepdim=True)  # (N, 1)
        own = trajectory.seat[:, None]
        to_come = (trajectory.returns[trajectory.match] - trajectory.earned).gather(1, own) / self.unit  # (N, 1)
        score = torch.zeros_like(policy).scatter_(1, trajectory.action[:, None], 1.0) - policy  # d log pi(a) / d logits
        uphill = score * to_come - self.entropy * policy * (log_policy + entropy)  # (N, A)
        # A step is told in logits, so it must not grow with the length of what is seen; the bias sees a 1.
        uphill /= ((seen**2).sum(1, keepdim=True) + 1) * len(seen)
        for weight, rise in zip(self.linear.parameters(), (uphill.T @ seen, uphill.sum(0)), strict=True):
            weight.add_(rise, alpha=self.lr)
        return entropy.mean()

    def _parts(self) -> Sequence[MLP]:
        return (self.linear,)

    def _policies(self) -> Sequence[Weights]:
        return (self.linear.state_dict(),)

    def _live(self) -> dict[str, Tensor]:
        return self.linear.state_dict()

    def _frozen(self, policies: Sequence[Weights]) -> Agent:
        return SoftmaxPolicies(self.game, policies)
