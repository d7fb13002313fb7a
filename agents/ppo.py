"""Masked PPO with a zero-sum critic: the default learner.

Proximal policy optimisation (Schulman et al. 2017) with illegal actions masked (Huang and Ontanon 2022). In a two-seat
zero-sum game of turns one critic values the match for both seats: their decisions form one interleaved sequence, told from
seat 0, along which advantages are estimated (GAE, Schulman et al. 2016). What is good for seat 0 is bad for seat 1, so
there the sign turns. Where only one seat was recorded this is the plain estimate. In every other game each seat has a
sequence of its own.

In games of hidden cards the last policy of self-play need not settle. A magnet holds it: a policy that the learner's is
drawn to by its KL divergence from it. The uniform policy makes this magnetic mirror descent (Sokota et al. 2023), a copy of
the learner that is renewed now and then NashPG, and a moving average of its weights EMAgnet.

Dimensions: N decisions, R rows, A actions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from agents.advantages import Batch, clipped_loss, estimate
from agents.core import Agent, Observation, Weights, only_reads
from agents.nets import MLP, Adam, copied, copy_into, input_size, inputs, masked, sample
from agents.network_learner import NetworkLearner
from agents.softmax import SoftmaxPolicies
from agents.trajectory import Trajectory
from agents.weights import prefixed
from games import arguments
from games.chance import derive
from games.spec import GameSpec

MAGNETS = ("none", "uniform", "copy", "average")
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
_CACHED = 1024  # rows of which all that a network computes stays in the processor's cache
_ROUND = 128  # rows
_NOISE = 0.01  # advantages that differ less, as where a game is solved, are noise: it must not be blown up to a signal
POLICY, VALUE, SHUFFLE = range(3)  # what is derived from the learner's seed


class PPO(NetworkLearner):
    """Learns on policy: every batch of matches is learned from at once and forgotten.

    The defaults are those of a league, whose batches are large (512 matches), and which does not know how much training is
    still to come. So the step size is large and stays (`anneal=0`): what falls with time must know when it ends. Measured
    on connect four, larger steps on larger batches learn faster, and two epochs of twice the decisions teach as well as
    four, in less time. Where cards are hidden other settings do better: see those of the lab on poker.

    hidden      widths of the layers of the policy's network, and of the critic's
    lr          Adam's step size
    anneal      over so many decisions lr falls to a fiftieth and entropy to `entropy_end`; 0: they stay. Where cards are
                hidden, a fixed entropy keeps the policy from the equilibrium, and none at first keeps it from going there
    gamma       discount from one decision of the sequence to the next
    decay       GAE's lambda; lower learns connect four faster, higher strays less where cards are hidden
    clip        how far the probability of an action may move in one batch, as a ratio
    entropy     weight of the policy's entropy in the loss, to begin with
    epochs      how often a batch is learned from, in `minibatches` parts
    max_norm    to which the gradient of either network is clipped
    magnet      "none", "uniform", "copy" or "average"
    pull        weight of the divergence from the magnet in the loss
    lag         how far a magnet of weights lags behind: a copy is renewed after so many updates, an average spans as many
    precision   of the matmuls of learning, "float32" or "bfloat16", which halves their cost on a processor that has it and
                is slower on others. Weights, loss and optimizer are float32 in any case
    play        precision of the matmuls of play, in training and by checkpoints, alike. It makes another policy, by a
                little. Logits are made float32 before an action is drawn
    """

    def __init__(
        self,
        game: GameSpec,
        *,
        seed: int = 0,
        hidden: Sequence[int] = (128, 128),
        lr: float = 3e-3,
        anneal: int = 0,
        gamma: float = 0.99,
        decay: float = 0.9,
        clip: float = 0.2,
        entropy: float = 0.05,
        entropy_end: float = 0.0,
        epochs: int = 2,
        minibatches: int = 8,
        max_norm: float = 0.5,
        magnet: str = "none",
        pull: float = 0.1,
        lag: int = 1000,
        precision: str = "float32",
        play: str = "float32",
    ) -> None:
        super().__init__(game, seed=seed)
        self.hidden = arguments.widths("hidden", hidden)
        self.lr = arguments.number("lr", lr, low=0, high=1, open_low=True)
        self.anneal = arguments.whole("anneal", anneal, low=0)
        self.gamma = arguments.number("gamma", gamma, low=0, high=1)
        self.decay = arguments.number("decay", decay, low=0, high=1)
        self.clip = arguments.number("clip", clip, low=0, high=1, open_low=True)
        self.entropy = arguments.number("entropy", entropy, low=0, high=100)
        self.entropy_end = arguments.number("entropy_end", entropy_end, low=0, high=100)
        self.epochs = arguments.whole("epochs", epochs, low=1, high=1000)
        self.minibatches = arguments.whole("minibatches", minibatches, low=1, high=10_000)
        self.max_norm = arguments.number("max_norm", max_norm, low=0, high=1e9, open_low=True)
        self.magnet = arguments.one_of("magnet", magnet, MAGNETS)
        self.pull = arguments.number("pull", pull, low=0, high=1000)
        self.lag = arguments.whole("lag", lag, low=1)
        self.precision = PRECISIONS[arguments.one_of("precision", precision, tuple(PRECISIONS))]
        self.play = PRECISIONS[arguments.one_of("play", play, tuple(PRECISIONS))]
        self.one_critic = game.zero_sum and not game.simultaneous
        self._begin()

    def _begin(self) -> None:
        sizes, outputs = (input_size(self.game), *self.hidden), self.game.actions
        self.actor = MLP((*sizes, outputs), seed=derive(self.seed, POLICY), gain=0.01)
        self.critic = MLP((*sizes, 1), seed=derive(self.seed, VALUE))
        self.networks = nn.ModuleDict({"policy": self.actor, "value": self.critic})
        self.optimizer = Adam(self.networks, lr=self.lr)
        self.anchor = copied(self.actor.state_dict()) if self.magnet in ("copy", "average") else {}  # the magnet's weights

    @only_reads
    @torch.no_grad()
    def act(self, observation: Observation) -> Tensor:
        seen = inputs(observation.features, observation.seat, seats=self.game.seats)  # (R, I)
        logits = _evaluated(self.actor, seen, self.play)  # (R, A)
        return sample(logits, observation.legal, seed=observation.seed, step=observation.step)

    def learn(self, trajectory: Trajectory) -> dict[str, float]:
        """A few epochs of clipped policy gradient. Raises `ArenaError` when it diverges."""
        metrics: dict[str, Tensor] = {}
        if len(trajectory):
            batch = self._judge(trajectory.to(self.device))
            self.optimizer.lr = self.lr * max(0.02, self._left())
            for rows in self._minibatches(len(trajectory)):
                metrics = self._update(batch.take(rows))
            self.steps += len(trajectory)
        return self._report(metrics, self.networks.parameters())

    def _left(self) -> float:
        """How much of the annealing lies ahead, from 1 to 0."""
        return max(0.0, 1 - self.steps / self.anneal) if self.anneal else 1.0

    @torch.no_grad()
    def _judge(self, trajectory: Trajectory) -> Batch:
        """Facts into what PPO learns from: how likely each action was, and how much better than expected it turned out."""
        seen = inputs(trajectory.features, trajectory.seat, seats=self.game.seats)  # (N, I)
        parts = torch.split(seen, _CACHED)
        logits = torch.cat([self._evaluated(self.actor, part) for part in parts], 1)  # (A, N)
        value = torch.cat([self._evaluated(self.critic, part) for part in parts], 1)[0]  # (N,): to the seat that decides
        log_policy = masked(logits, trajectory.legal.T).log_softmax(0)  # (A, N)
        if self.one_critic:
            following = trajectory.following(by_match=True)
            reward = trajectory.paid(following)[:, 0]  # to seat 0
            sign = 1.0 - 2.0 * trajectory.seat
        else:
            following = trajectory.following()
            reward = trajectory.paid(following).gather(1, trajectory.seat[:, None]).squeeze(1)
            sign = torch.ones_like(value)
        advantage = sign * estimate(following, reward / self.unit, sign * value, gamma=self.gamma, lambda_=self.decay)
        return Batch(
            inputs=seen,
            legal=trajectory.legal,
            action=trajectory.action,
            log_prob=log_policy.gather(0, trajectory.action[None])[0],
            advantage=(advantage - advantage.mean()) / advantage.std(correction=0).clamp(min=_NOISE),
            target=advantage + value,
        )

    def _evaluated(self, network: MLP, seen: Tensor) -> Tensor:
        """(R, I) -> (A, R), for learning: few long rows, of which what follows the network is made much quicker."""
        return _evaluated(network, seen, self.precision).T.contiguous()

    def _minibatches(self, count: int) -> Iterator[Tensor]:
        chance = torch.Generator().manual_seed(derive(self.seed, SHUFFLE, self.updates))
        for _ in range(self.epochs):
            order = torch.randperm(count, generator=chance).to(self.device)
            yield from order.chunk(self.minibatches)

    def _update(self, batch: Batch) -> dict[str, Tensor]:
        """One step of the optimizer."""
        log_policy = masked(self._evaluated(self.actor, batch.inputs), batch.legal.T).log_softmax(0)  # (A, R)
        log_ratio = log_policy.gather(0, batch.action[None])[0] - batch.log_prob  # (R,)
        ratio = log_ratio.exp()
        policy_loss = clipped_loss(ratio, batch.advantage, clip=self.clip)
        entropy = -(log_policy.exp() * log_policy).sum(0).mean()
        value_loss = F.mse_loss(self._evaluated(self.critic, batch.inputs)[0], batch.target)
        self.optimizer.zero_grad()
        # One sum serves two networks: they share no weight, and each gradient is clipped by itself.
        weight = self.entropy_end + (self.entropy - self.entropy_end) * self._left()
        loss = policy_loss - weight * entropy + value_loss
        if self.magnet != "none":
            loss = loss + self.pull * self._stray(batch, log_policy)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step(max_norm=self.max_norm)
        self.updates += 1
        self._follow()
        drift = (ratio - 1 - log_ratio).mean()  # an estimate of KL(old, new) that is never negative (Schulman 2020)
        measured = {"policy_loss": policy_loss, "value_loss": value_loss, "entropy": entropy, "kl": drift}
        return {name: metric.detach() for name, metric in measured.items()}

    def _stray(self, batch: Batch, log_policy: Tensor) -> Tensor:
        """KL(policy, magnet), the mean over a batch."""
        with torch.no_grad():
            logits = (
                functional_call(self.actor, self.anchor, batch.inputs).T if self.anchor else torch.zeros_like(log_policy)
            )
            log_magnet = masked(logits, batch.legal.T).log_softmax(0)  # (A, R)
        return (log_policy.exp() * (log_policy - log_magnet)).sum(0).mean()

    @torch.no_grad()
    def _follow(self) -> None:
        """Moves a magnet of weights after the policy."""
        if self.magnet == "copy" and self.updates % self.lag == 0:
            copy_into(self.anchor, self.actor.state_dict())
        if self.magnet == "average":
            for name, weight in self.actor.state_dict().items():
                self.anchor[name].lerp_(weight, 1 / self.lag)

    def _parts(self) -> Sequence[nn.Module | Adam]:
        return self.networks, self.optimizer

    def _policies(self) -> Sequence[Weights]:
        return self.actor.state_dict(), self.anchor

    def _live(self) -> dict[str, Tensor]:
        return {
            **self.networks.state_dict(),
            **prefixed("adam", self.optimizer.tensors()),
            **prefixed("magnet", self.anchor),
        }

    def _frozen(self, policies: Sequence[Weights]) -> Agent:
        return SoftmaxPolicies(self.game, policies, dtype=self.play)

    def to(self, device: torch.device | str) -> Self:
        self.anchor = {name: weight.to(device) for name, weight in self.anchor.items()}
        return super().to(device)


def _evaluated(network: MLP, seen: Tensor, precision: torch.dtype) -> Tensor:
    """(R, I) -> (R, A) float32, by matmuls of some precision."""
    output: Tensor
    if precision == torch.float32:
        output = network(seen)
    else:  # rounded up, because for every new number of rows such a matmul is compiled anew
        with torch.autocast(seen.device.type, precision):
            rounded = F.pad(seen, (0, 0, 0, -len(seen) % _ROUND)) if len(seen) % _ROUND else seen
            output = network(rounded)[: len(seen)].float()
    return output
