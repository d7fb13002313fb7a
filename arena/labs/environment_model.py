"""A model of an environment, learned from what happened in it: dream on from a state, without the environment.

    seen = collect("CartPole-v1", random_policy, steps=5000, seed=1)
    model = EnvironmentModel(features=4, actions=2, seed=1)
    ModelTrainer(model, seed=1).train(seen)
    dreamt = model.predict(states, actions)

Dimensions: N transitions, F features of a state, A actions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from agents.nets import MLP, Adam
from arena.labs.lab import need
from games.chance import derive

Policy = Callable[[Sequence[float], float], int]  # a state, and a number from 0 to 1 for its chance -> an action


@dataclass(frozen=True)
class Transitions:
    """N steps of an environment, in the order in which they were taken."""

    state: Tensor  # (N, F) float32
    action: Tensor  # (N,) int64
    reward: Tensor  # (N,) float32
    following: Tensor  # (N, F) float32
    last: Tensor  # (N,) bool: the environment ended with this step
    episode: Tensor  # (N,) int64

    def __len__(self) -> int:
        return len(self.action)


def random_policy(state: Sequence[float], chance: float) -> int:
    """One of two actions, by a fair coin."""
    return int(chance < 0.5)


def collect(name: str, policy: Policy, *, steps: int, seed: int) -> Transitions:
    """What a policy lives through in a gymnasium environment, episode after episode."""
    environment = need("gymnasium").make(name)
    chances = torch.rand(steps, generator=torch.Generator().manual_seed(derive(seed, 0))).tolist()
    told: list[tuple[list[float], int, float, list[float], bool, int]] = []
    episode = 0
    state, _ = environment.reset(seed=derive(seed, 1) % 2**31)
    for chance in chances:
        action = policy(state.tolist(), chance)
        following, reward, ended, cut, _ = environment.step(action)
        told.append((state.tolist(), action, float(reward), following.tolist(), ended, episode))
        state = following
        if ended or cut:
            episode, (state, _) = episode + 1, environment.reset()
    states, actions, rewards, followings, lasts, episodes = zip(*told, strict=True)
    return Transitions(
        torch.tensor(states),
        torch.tensor(actions),
        torch.tensor(rewards),
        torch.tensor(followings),
        torch.tensor(lasts),
        torch.tensor(episodes),
    )


class Prediction(NamedTuple):
    """What a model expects of N steps."""

    following: Tensor  # (N, F)
    reward: Tensor  # (N,)
    last: Tensor  # (N,) bool


class EnvironmentModel:
    """A small MLP: from state and action to the change of the state, the reward, and whether it ends there."""

    def __init__(self, features: int, actions: int, *, hidden: Sequence[int] = (64, 64), seed: int = 0) -> None:
        self.features, self.actions = features, actions
        self.network = MLP((features + actions, *hidden, features + 2), seed=seed)
        self.centre, self.scale = torch.zeros(features), torch.ones(features)  # of states
        self.stride = torch.ones(features)  # of their changes

    @torch.no_grad()
    def predict(self, state: Tensor, action: Tensor) -> Prediction:
        """(N, F), (N,) -> what comes next."""
        change, reward, end = self.outputs(state, action)
        return Prediction(state + change * self.stride, reward, end > 0)

    def outputs(self, state: Tensor, action: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The change (N, F) in strides, the reward (N,), and the logit (N,) of an end."""
        seen = torch.cat([(state - self.centre) / self.scale, F.one_hot(action, self.actions)], dim=1)
        out: Tensor = self.network(seen)
        return out[:, :-2], out[:, -2], out[:, -1]


class ModelTrainer:
    """Fits a model to transitions: squared errors of change and reward, cross-entropy of the end, by Adam."""

    def __init__(self, model: EnvironmentModel, *, lr: float = 1e-3, batch: int = 128, seed: int = 0) -> None:
        self.model, self.batch, self.seed = model, batch, seed
        self.optimizer = Adam(model.network, lr=lr)

    def train(self, seen: Transitions, *, epochs: int = 60) -> list[float]:
        """Measures the scales, then goes through all transitions `epochs` times; answers the mean loss of each."""
        model, changes = self.model, seen.following - seen.state
        model.centre, model.scale = seen.state.mean(0), seen.state.std(0).clamp(min=1e-6)
        model.stride = changes.std(0).clamp(min=1e-6)
        order = torch.Generator().manual_seed(self.seed)
        losses = []
        for _ in range(epochs):
            batches = torch.split(torch.randperm(len(seen), generator=order), self.batch)
            losses.append(sum(self._step(seen, rows) * len(rows) for rows in batches) / len(seen))
        return losses

    def _step(self, seen: Transitions, rows: Tensor) -> float:
        state, following = seen.state[rows], seen.following[rows]
        change, reward, end = self.model.outputs(state, seen.action[rows])
        loss = (
            F.mse_loss(change, (following - state) / self.model.stride)
            + F.mse_loss(reward, seen.reward[rows])
            + F.binary_cross_entropy_with_logits(end, seen.last[rows].float())
        )
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return float(loss.detach())
