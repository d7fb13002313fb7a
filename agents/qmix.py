"""Team learning by a value of the joint action: QMIX, and VDN, its simplest case.

Each seat has a value of its own actions, from what it sees alone, and acts by it. In training a mixer makes one value of
the whole team from theirs: for VDN (Sunehag et al. 2018) their sum; for QMIX (Rashid et al. 2018) a small network whose
weights come from the game's global state and are never negative. So what is best for the team is what is best for each
seat, and no seat needs to know the others' actions to find it. Double Q-learning and a target copy, as in `agents.dqn`.

Dimensions: R joint decisions, P seats, A actions, G numbers of global state, E embedding.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from agents.buffer import JointBuffer, JointTransitions
from agents.core import Weights
from agents.nets import MLP, Adam, copy_into, input_size, inputs, masked
from agents.off_policy import OffPolicyLearner
from agents.trajectory import Trajectory
from agents.weights import prefixed
from games import arguments
from games.chance import derive
from games.errors import ArenaError, BadSpec
from games.spec import GameSpec

NETWORK, MIXER, DRAW = range(3)  # what is derived from the learner's seed
_NOTHING = 0.01  # of a lambda-return: so little of what lies farther ahead is left out
MOST_STATES = 1_000_000  # numbers of a global state; a mixer is not made larger because a saved state says so


class QMIXMixer(nn.Module):
    """Two layers whose weights and biases are made from the global state by hypernetworks, with ELU between.

    The absolute value of the weights makes the team's value rise with each seat's. Without it (`monotone=False`) any mix is
    possible, and seats that each do what they think best need not do what is best for the team.
    """

    def __init__(self, seats: int, states: int, *, seed: int, embedding: int = 32, monotone: bool = True) -> None:
        super().__init__()
        self.states, self.embedding, self.monotone = states, embedding, monotone
        sizes = ((states, seats * embedding), (states, embedding), (states, embedding), (states, embedding, 1))
        self.weights1, self.bias1, self.weights2, self.bias2 = (
            MLP(layers, seed=derive(seed, part)) for part, layers in enumerate(sizes)
        )

    def forward(self, values: Tensor, state: Tensor) -> Tensor:
        """The seats' values (R, P) of their actions, in the global state (R, G) -> the team's (R,)."""
        weights1 = self._signed(self.weights1(state)).view(*values.shape, self.embedding)  # (R, P, E)
        hidden = F.elu((values.unsqueeze(1) @ weights1).squeeze(1) + self.bias1(state))  # (R, E)
        weights2 = self._signed(self.weights2(state))  # (R, E)
        return (hidden * weights2).sum(1) + self.bias2(state).squeeze(1)  # type: ignore[no-any-return]

    def _signed(self, weights: Tensor) -> Tensor:
        return weights.abs() if self.monotone else weights


class Sum(nn.Module):
    """VDN's mixer: the team's value is the sum of the seats'."""

    states = 0  # it looks at none

    def forward(self, values: Tensor, state: Tensor) -> Tensor:
        return values.sum(1)


class QMIX(OffPolicyLearner):
    """Learns off policy, from a buffer of its team's newest joint decisions. For cooperative games, all seats at once.

    hidden         widths of the layers of the seats' network; they share it, and know which seat they hold
    embedding      width of the mixer
    monotone       whether the mixer may only raise the team's value with each seat's; without, what it learns is no plan
    lr             Adam's step size
    gamma          discount from one step to the next
    decay          lambda of the returns that are learned: 0 looks one step ahead, 1 to the end (Peng and Williams 1996)
    buffer         how many joint decisions are remembered; learning begins when `warmup` of them have been seen
    batch          joint decisions in one update
    reuse          how often a joint decision is learned from, on average
    epsilon        chance of a random action, falling from 1 to this over `explore` joint decisions; 1 explores for ever
    rated_epsilon  the same for frozen checkpoints
    double         the learning network chooses the next actions that the target copy values
    target         updates after which the target copy of network and mixer is renewed
    """

    centralised = whole_team = True
    memory: JointBuffer

    def __init__(
        self,
        game: GameSpec,
        *,
        seed: int = 0,
        hidden: Sequence[int] = (64, 64),
        embedding: int = 32,
        monotone: bool = True,
        lr: float = 2e-3,
        gamma: float = 0.99,
        decay: float = 0.0,
        buffer: int = 10_000,
        warmup: int = 200,
        batch: int = 64,
        reuse: float = 16.0,
        epsilon: float = 0.05,
        explore: int = 50_000,
        rated_epsilon: float = 0.0,
        double: bool = True,
        target: int = 100,
    ) -> None:
        super().__init__(game, seed=seed)
        name = type(self).__name__.lower()
        if game.flavour != "cooperative" or not game.simultaneous:
            raise BadSpec(
                f"{name} learns cooperative games in which all seats act at once, and {game.name!r} is none",
                hint="choose such a game, or a learner for any game: ppo or dqn",
            )
        self.hidden = arguments.widths("hidden", hidden)
        self.embedding = arguments.whole("embedding", embedding, low=1, high=arguments.WIDEST)
        self.monotone = arguments.switch("monotone", monotone)
        self.lr = arguments.number("lr", lr, low=0, high=1, open_low=True)
        self.gamma = arguments.number("gamma", gamma, low=0, high=1)
        self.decay = arguments.number("decay", decay, low=0, high=1)
        self.capacity = arguments.whole("buffer", buffer, low=1, high=10_000_000)
        self.warmup = arguments.whole("warmup", warmup, low=0)
        self.batch = arguments.whole("batch", batch, low=1, high=100_000)
        self.reuse = arguments.number("reuse", reuse, low=0, high=1000)
        self.epsilon = arguments.number("epsilon", epsilon, low=0, high=1)
        self.explore = arguments.whole("explore", explore, low=1)
        self.rated_epsilon = arguments.number("rated_epsilon", rated_epsilon, low=0, high=1)
        self.double = arguments.switch("double", double)
        self.target = arguments.whole("target", target, low=1)
        self.states = game.seats * torch.Size(game.observation).numel()  # numbers of a global state, until one is seen
        self._begin()

    def _begin(self) -> None:
        sizes = (input_size(self.game), *self.hidden, self.game.actions)
        self.network, self.goal = (MLP(sizes, seed=derive(self.seed, NETWORK)) for _ in range(2))
        self._meet(self.states)

    def _mixer(self) -> QMIXMixer | Sum:
        seed, shape = derive(self.seed, MIXER), {"embedding": self.embedding, "monotone": self.monotone}
        return QMIXMixer(self.game.seats, self.states, seed=seed, **shape)  # type: ignore[arg-type]

    def _meet(self, states: int) -> None:
        """Begins all but the seats' network. Only the first lesson tells how large a game's own global state is."""
        self.states = states
        self.mixer, self.goal_mixer = self._mixer(), self._mixer()
        self.live = nn.ModuleDict({"network": self.network, "mixer": self.mixer})
        self.goals = nn.ModuleDict({"network": self.goal, "mixer": self.goal_mixer})
        self.optimizer = Adam(self.live, lr=self.lr)
        self.memory = JointBuffer(self.game, capacity=self.capacity, states=self.mixer.states)

    def learn(self, trajectory: Trajectory) -> dict[str, float]:
        """Remembers the joint decisions, then makes the updates that are due. Raises `ArenaError` when it diverges."""
        self._look_at(trajectory)
        self.memory.add(trajectory.to(self.device))
        self.steps = self.memory.added
        return self._report(self._practise(DRAW), self.live.parameters())

    def _look_at(self, trajectory: Trajectory) -> None:
        """Sees how large the game's global state is. Raises `ArenaError` where it is not what was learned from."""
        if not self.centralised or not len(trajectory):
            return
        if trajectory.state is None:
            raise ArenaError("qmix learns from the game's global state, and the trajectory tells none")
        states = trajectory.state.shape[1]
        if states == self.mixer.states:
            return
        if self.steps:
            raise ArenaError(
                f"qmix has learned from a global state of {self.mixer.states} numbers, and this one has {states}",
                hint="a game's `global_state` has one size: see arena games check",
            )
        self._resize(states)

    def _resize(self, states: int) -> None:
        device = self.device
        self._meet(states)
        self.to(device)

    def _update(self, batch: JointTransitions) -> Tensor:
        """One step of the optimizer; answers the loss."""
        target = self._returns(batch)  # (R,)
        values = self._values(self.network, batch.features)  # (R, P, A)
        total = self.mixer(values.gather(2, batch.action[:, :, None]).squeeze(2), batch.state)  # (R,)
        loss = F.mse_loss(total, target)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.updates += 1
        if self.updates % self.target == 0:
            copy_into(self.goals.state_dict(), self.live.state_dict())
        return loss.detach()

    @torch.no_grad()
    def _returns(self, batch: JointTransitions) -> Tensor:
        """What the team should have expected (R,): the pay, and what is expected next, mixed with what came of it."""
        ahead = [batch]
        while self.decay ** len(ahead) > _NOTHING and len(ahead) < self.game.max_steps and not ahead[-1].last.all():
            ahead.append(self.memory.at(ahead[-1].next_slot))
        came = self._expect(ahead[-1])
        for step in reversed(ahead):
            next_value = came if step is ahead[-1] else (1 - self.decay) * self._expect(step) + self.decay * came
            came = step.reward / self.unit + self.gamma * torch.where(step.last, 0.0, next_value)
        return came

    @torch.no_grad()
    def _expect(self, batch: JointTransitions) -> Tensor:
        """The team's value (R,) of the next joint action, each seat's best one, as the target copy has it."""
        values = self._values(self.goal, batch.next_features)  # (R, P, A)
        ranked = self._values(self.network, batch.next_features) if self.double else values
        best = masked(ranked, batch.next_legal).argmax(2, keepdim=True)  # (R, P, 1)
        expected: Tensor = self.goal_mixer(values.gather(2, best).squeeze(2), batch.next_state)
        return expected

    def _values(self, network: MLP, features: Tensor) -> Tensor:
        """(R, P, A): each seat's values of its actions, from what it sees alone."""
        seat = torch.arange(self.game.seats, device=features.device).repeat(len(features))  # (R * P,)
        values: Tensor = network(inputs(features.flatten(0, 1), seat, seats=self.game.seats))
        return values.view(len(features), self.game.seats, -1)

    def load_state(self, state: Weights) -> None:
        seen = state.get("buffer.state")
        if seen is not None and seen.dim() == 2 and seen.shape[1] != self.mixer.states:
            self._resize(min(seen.shape[1], MOST_STATES))
        super().load_state(state)

    def _parts(self) -> Sequence[nn.Module | Adam | JointBuffer]:
        return self.live, self.goals, self.optimizer, self.memory

    def _policies(self) -> Sequence[Weights]:
        return self.network.state_dict(), self.goal.state_dict()

    def _live(self) -> dict[str, Tensor]:
        return {
            **self.live.state_dict(),
            **prefixed("goal", self.goals.state_dict()),
            **prefixed("adam", self.optimizer.tensors()),
        }


class VDN(QMIX):
    """QMIX with a sum in the mixer's place: it needs no global state. `embedding` and `monotone` mean nothing to it."""

    centralised = False

    def _mixer(self) -> QMIXMixer | Sum:
        return Sum()
