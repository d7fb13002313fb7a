"""REINFORCE: the plain policy gradient, without critic, clip or memory. To be watched in matrix games, where it cycles.

An action becomes as much more likely as it was followed by returns (Williams 1992), and an entropy bonus keeps the policy
from certainty. The policy is a softmax of logits that are linear in what is seen: all there can be in a matrix game, and a
modest player of others.

Dimensions: N decisions, I inputs, A actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from agents.core import Agent, Learner, Observation, Weights
from agents.nets import MLP, all_finite, copied, copy_into, input_size, inputs, masked, sample
from agents.softmax import SoftmaxPolicies
from agents.trajectory import Trajectory
from agents.weights import check
from games import arguments
from games.errors import ArenaError
from games.spec import GameSpec


class Reinforce(Learner):
    """Makes one step for each batch of matches: how many that is, training's `boards` say. Begins with the uniform policy.

    lr          how far a step moves a logit whose action was taken by chance 0 in all of the batch and brought 1
    entropy     weight of the policy's entropy, in units of the largest return
    """

    def __init__(self, game: GameSpec, *, seed: int = 0, lr: float = 0.1, entropy: float = 0.2) -> None:
        super().__init__(game, seed=seed)
        self.lr = arguments.number("lr", lr, low=0, high=100, open_low=True)
        self.entropy = arguments.number("entropy", entropy, low=0, high=100)
        self.unit = max(abs(bound) for bound in game.return_range) or 1.0  # returns are learned in this unit
        self._begin()

    def _begin(self) -> None:
        self.linear = MLP((input_size(self.game), self.game.actions), seed=self.seed, gain=0.0)
        self.steps = self.updates = 0  # decisions learned from; steps made

    @torch.no_grad()
    def act(self, observation: Observation) -> Tensor:
        logits = self.linear(inputs(observation.features, observation.seat, seats=self.game.seats))  # (R, A)
        return sample(logits, observation.legal, seed=observation.seed, step=observation.step)

    @torch.no_grad()
    def learn(self, trajectory: Trajectory) -> dict[str, float]:
        """One step up the gradient of returns and entropy. Raises `ArenaError` when it diverges."""
        metrics: dict[str, float] = {}
        if len(trajectory):
            mean_entropy = self._step(trajectory.to(self.linear.device))
            self.steps, self.updates = self.steps + len(trajectory), self.updates + 1
            if not all_finite(self.linear.parameters()):
                raise ArenaError(f"reinforce diverged by update {self.updates}: a weight is not finite", hint="lower lr")
            metrics["entropy"] = mean_entropy
        return {**metrics, "steps": self.steps, "updates": self.updates}

    def _step(self, trajectory: Trajectory) -> float:
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
        return float(entropy.mean())

    def state(self) -> dict[str, Tensor]:
        return {**self.policy(), **self._counters()}

    def load_state(self, state: Weights) -> None:
        check(state, {**self.linear.state_dict(), **self._counters()})
        copy_into(self.linear.state_dict(), state)
        self.steps, self.updates = int(state["steps"]), int(state["updates"])

    def _counters(self) -> dict[str, Tensor]:
        return {"steps": torch.tensor(self.steps), "updates": torch.tensor(self.updates)}

    def policy(self) -> dict[str, Tensor]:
        return copied(self.linear.state_dict())

    def load_policy(self, policy: Weights) -> None:
        check(policy, self.linear.state_dict())
        device = self.linear.device
        self._begin()
        copy_into(self.linear.state_dict(), policy)
        self.to(device)

    def frozen(self, policies: Sequence[Weights]) -> Agent:
        for policy in policies:
            check(policy, self.linear.state_dict())
        return SoftmaxPolicies(self.game, policies)

    def to(self, device: torch.device | str) -> Self:
        self.linear.to(device)
        return self
