"""Independent deep Q-learning: each seat learns as if the others were part of the game.

Deep Q-networks (Mnih et al. 2015) with, as settings, double Q-learning (van Hasselt et al. 2016), a target network and
masks of legal actions. The learner explores by epsilon-greedy, falling from 1; its frozen checkpoints are greedy, but for a
small epsilon that keeps two of them from playing the same match over and over.

Dimensions: R rows, A actions.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from agents.buffer import TransitionBuffer, Transitions
from agents.core import Weights
from agents.nets import MLP, Adam, copy_into, input_size, inputs, masked
from agents.off_policy import OffPolicyLearner
from agents.trajectory import Trajectory
from agents.weights import prefixed
from games import arguments
from games.chance import derive
from games.spec import GameSpec

NETWORK, DRAW = range(2)  # what is derived from the learner's seed


class DQN(OffPolicyLearner):
    """Learns off policy, from a buffer of its newest decisions.

    Rewards are divided by the game's largest return, so that values are of the size of 1 whatever is paid, and the loss is
    Huber's: square up to an error of 1, and straight beyond. The textbook's plain form is the preset `independent`.

    hidden         widths of the network's layers
    lr             Adam's step size
    gamma          discount from one decision of a seat to its next
    buffer         how many decisions are remembered; learning begins when `warmup` of them have been seen
    batch          decisions in one update
    reuse          how often a decision is learned from, on average: updates = decisions * reuse / batch
    epsilon        chance of a random action, falling from 1 to this over `explore` decisions
    rated_epsilon  the same for frozen checkpoints
    double         the learning network chooses the next action that the target network values
    target         updates after which the target network is renewed; 0: no target network
    masks          the best next action is sought among the legal ones; without, among all (played are only legal ones)
    """

    memory: TransitionBuffer

    def __init__(
        self,
        game: GameSpec,
        *,
        seed: int = 0,
        hidden: Sequence[int] = (128, 128),
        lr: float = 1e-3,
        gamma: float = 0.99,
        buffer: int = 50_000,
        warmup: int = 1_000,
        batch: int = 256,
        reuse: float = 2.0,
        epsilon: float = 0.05,
        explore: int = 100_000,
        rated_epsilon: float = 0.02,
        double: bool = True,
        target: int = 500,
        masks: bool = True,
    ) -> None:
        super().__init__(game, seed=seed)
        self.hidden = arguments.widths("hidden", hidden)
        self.lr = arguments.number("lr", lr, low=0, high=1, open_low=True)
        self.gamma = arguments.number("gamma", gamma, low=0, high=1)
        self.capacity = arguments.whole("buffer", buffer, low=1, high=10_000_000)
        self.warmup = arguments.whole("warmup", warmup, low=0)
        self.batch = arguments.whole("batch", batch, low=1, high=100_000)
        self.reuse = arguments.number("reuse", reuse, low=0, high=1000)
        self.epsilon = arguments.number("epsilon", epsilon, low=0, high=1)
        self.explore = arguments.whole("explore", explore, low=1)
        self.rated_epsilon = arguments.number("rated_epsilon", rated_epsilon, low=0, high=1)
        self.double = arguments.switch("double", double)
        self.target = arguments.whole("target", target, low=0)
        self.masks = arguments.switch("masks", masks)
        self._begin()

    def _begin(self) -> None:
        sizes = (input_size(self.game), *self.hidden, self.game.actions)
        self.network = MLP(sizes, seed=derive(self.seed, NETWORK))
        self.goal = MLP(sizes, seed=derive(self.seed, NETWORK))  # the target network
        self.optimizer = Adam(self.network, lr=self.lr)
        self.memory = TransitionBuffer(self.game, capacity=self.capacity)

    def learn(self, trajectory: Trajectory) -> dict[str, float]:
        """Remembers the decisions, then makes the updates that are due. Raises `ArenaError` when it diverges."""
        self.memory.add(trajectory.to(self.device))
        self.steps += len(trajectory)
        return self._report(self._practise(DRAW), self.network.parameters())

    def _update(self, batch: Transitions) -> Tensor:
        """One step of the optimizer; answers the loss."""
        seats = self.game.seats
        expected = self._expect(inputs(batch.next_features, batch.seat, seats=seats), batch.next_legal)  # (R,)
        target = batch.reward / self.unit + self.gamma * torch.where(batch.last, 0.0, expected)
        values = self.network(inputs(batch.features, batch.seat, seats=seats))  # (R, A)
        loss = F.smooth_l1_loss(values.gather(1, batch.action[:, None]).squeeze(1), target)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.updates += 1
        if self.target and self.updates % self.target == 0:
            copy_into(self.goal.state_dict(), self.network.state_dict())
        return loss.detach()

    @torch.no_grad()
    def _expect(self, seen: Tensor, legal: Tensor) -> Tensor:
        """The value (R,) of the best next action, as the target network has it."""
        goal = self.goal if self.target else self.network
        values: Tensor = goal(seen)  # (R, A)
        ranked = self.network(seen) if self.double and self.target else values
        best = (masked(ranked, legal) if self.masks else ranked).argmax(1, keepdim=True)
        return values.gather(1, best).squeeze(1)

    def _parts(self) -> Sequence[MLP | Adam | TransitionBuffer]:
        return self.network, self.goal, self.optimizer, self.memory

    def _policies(self) -> Sequence[Weights]:
        return self.network.state_dict(), self.goal.state_dict()

    def _live(self) -> dict[str, Tensor]:
        return {
            **prefixed("network", self.network.state_dict()),
            **prefixed("goal", self.goal.state_dict()),
            **prefixed("adam", self.optimizer.tensors()),
        }


class Independent(DQN):
    """The textbook's independent agent: DQN in its plain form, without double Q, target network or masks, and with one
    update of 64 for each decision. As in `dqn`, whose settings it has, the loss is Huber's and not the square, and rewards
    are divided by the game's largest return."""

    def __init__(
        self,
        game: GameSpec,
        *,
        seed: int = 0,
        hidden: Sequence[int] = (128, 128),
        lr: float = 1e-3,
        gamma: float = 0.99,
        buffer: int = 50_000,
        epsilon: float = 0.05,
        explore: int = 100_000,
        rated_epsilon: float = 0.02,
    ) -> None:
        super().__init__(
            game,
            seed=seed,
            hidden=hidden,
            lr=lr,
            gamma=gamma,
            buffer=buffer,
            warmup=64,
            batch=64,
            reuse=64,
            epsilon=epsilon,
            explore=explore,
            rated_epsilon=rated_epsilon,
            double=False,
            target=0,
            masks=False,
        )
