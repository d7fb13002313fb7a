"""Learners that talk: team-mates pass vectors to each other before they act, and learn what to say by learning to win.

CommNet (Sukhbaatar et al. 2016): in each round of talk everybody hears the mean of what the others have on their minds.
TarMAC (Das et al. 2019): messages have a signature and a value, and everybody chooses by attention whom to hear. By a gate
(IC3Net, Singh et al. 2019) a seat may keep silent; here it is learned straight through, as part of the messages, not as an
action of its own. Without communication the same network is an independent learner: the baseline.

Only seats of one team of one board hear each other, and only where one checkpoint holds them: what another one's vectors
mean nobody has learned. A row that is asked alone hears nothing.

Trained by clipped policy gradient with a baseline (as in PPO, Schulman et al. 2017), through the messages.

Dimensions: N decisions, R rows, C circles (see `agents.talk`), P seats, I inputs, A actions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from agents.advantages import Batch, clipped_loss, estimate
from agents.core import Agent, Observation, Weights
from agents.errors import Untold
from agents.nets import MLP, Adam, copy_into, input_size, inputs, masked, sample
from agents.network_learner import NetworkLearner
from agents.talk import Circles, Team
from agents.trajectory import Trajectory
from agents.weights import prefixed
from games import arguments
from games.chance import derive
from games.core import constant
from games.spec import GameSpec

POLICY, VALUE, SHUFFLE = range(3)  # what is derived from the learner's seed


def _hear_each_other(game: GameSpec) -> bool:
    """Whether two seats of one team ever act at once, which is when they talk."""
    return game.simultaneous and len(set(game.team_of)) < game.seats


class CommNet(NetworkLearner):
    """Learns on policy: every batch of matches is learned from at once and forgotten.

    hidden       width of what is on a seat's mind, and of what it says
    rounds       how often all talk and think before they act
    communicate  whether they talk at all; without, the same network learns alone
    gate         whether a seat learns when to be silent
    seat         whether a row is told which seat it holds; without, only what it sees tells it from its team-mates
    lr           Adam's step size
    gamma        discount from one decision of a seat to its next
    decay        GAE's lambda
    clip         how far the probability of an action may move in one batch, as a ratio
    entropy      weight of the policy's entropy in the loss
    epochs       how often a batch is learned from, in `minibatches` parts
    max_norm     to which the gradient is clipped
    """

    whole_team = True
    kind = "mean"

    def __init__(
        self,
        game: GameSpec,
        *,
        seed: int = 0,
        hidden: int = 64,
        rounds: int = 2,
        communicate: bool = True,
        gate: bool = False,
        seat: bool = True,
        lr: float = 3e-3,
        gamma: float = 0.99,
        decay: float = 0.95,
        clip: float = 0.2,
        entropy: float = 0.0,
        epochs: int = 2,
        minibatches: int = 1,
        max_norm: float = 0.5,
    ) -> None:
        super().__init__(game, seed=seed)
        self.hidden = arguments.whole("hidden", hidden, low=1, high=arguments.WIDEST)
        self.rounds = arguments.whole("rounds", rounds, low=1, high=arguments.DEEPEST)
        self.communicate = arguments.switch("communicate", communicate)
        self.gate = arguments.switch("gate", gate)
        self.seat = arguments.switch("seat", seat)
        self.lr = arguments.number("lr", lr, low=0, high=1, open_low=True)
        self.gamma = arguments.number("gamma", gamma, low=0, high=1)
        self.decay = arguments.number("decay", decay, low=0, high=1)
        self.clip = arguments.number("clip", clip, low=0, high=1, open_low=True)
        self.entropy = arguments.number("entropy", entropy, low=0, high=1000)
        self.epochs = arguments.whole("epochs", epochs, low=1, high=1000)
        self.minibatches = arguments.whole("minibatches", minibatches, low=1, high=1000)
        self.max_norm = arguments.number("max_norm", max_norm, low=0, open_low=True)
        if self.communicate and not _hear_each_other(game):
            self.remark = f"nobody hears anybody at {game.name!r}, so {type(self).__name__} does not talk there"
        self._begin()

    def _begin(self) -> None:
        seen = input_size(self.game) - (0 if self.seat else self.game.seats)
        self.team = Team(
            (seen, self.hidden, self.game.actions),
            kind=self.kind,
            rounds=self.rounds,
            communicate=self.communicate,
            gate=self.gate,
            seed=derive(self.seed, POLICY),
        )
        self.value = MLP((self.hidden, 1), seed=derive(self.seed, VALUE))
        self.networks = nn.ModuleDict({"policy": self.team, "value": self.value})
        self.optimizer = Adam(self.networks, lr=self.lr)

    @torch.no_grad()
    def act(self, observation: Observation) -> Tensor:
        logits = self.team(self._seen(observation), heard(observation, self.game))
        return sample(logits, observation.legal, seed=observation.seed, step=observation.step)

    def _seen(self, rows: Observation | Trajectory) -> Tensor:
        return seen_by(rows, self.game, seat=self.seat)

    def learn(self, trajectory: Trajectory) -> dict[str, float]:
        """A few epochs of clipped policy gradient. Raises `ArenaError` when it diverges."""
        metrics: dict[str, Tensor] = {}
        if len(trajectory):
            trajectory = trajectory.to(self.device)
            circles = self._circles(trajectory)
            batch = self._judge(trajectory, circles)
            for rows in self._minibatches(circles):
                metrics = self._update(batch.take(rows), circles.take(rows))
            self.steps += len(trajectory)
        return self._report(metrics, self.networks.parameters())

    def _circles(self, trajectory: Trajectory) -> Circles:
        """Who heard whom when they decided: the seats of one team at one step of a match."""
        moment = trajectory.match * (self.game.max_steps + 1) + trajectory.step
        key = moment * self.game.seats + _team(trajectory.seat, self.game)
        return Circles.of(key, trajectory.seat, seats=self.game.seats)

    @torch.no_grad()
    def _judge(self, trajectory: Trajectory, circles: Circles) -> Batch:
        """Facts into what is learned from: how likely each action was, and how much better than expected it turned out."""
        seen = self._seen(trajectory)
        minds = self.team.minds(seen, circles)
        log_policy = masked(self.team.policy(minds), trajectory.legal).log_softmax(1)  # (N, A)
        value = self.value(minds).squeeze(1)  # (N,)
        following = trajectory.following()
        reward = trajectory.paid(following).gather(1, trajectory.seat[:, None]).squeeze(1) / self.unit
        advantage = estimate(following, reward, value, gamma=self.gamma, lambda_=self.decay)
        return Batch(
            inputs=seen,
            legal=trajectory.legal,
            action=trajectory.action[:, None],
            log_prob=log_policy.gather(1, trajectory.action[:, None]),
            advantage=((advantage - advantage.mean()) / (advantage.std(correction=0) + 1e-8)).unsqueeze(1),
            target=(advantage + value).unsqueeze(1),
        )

    def _minibatches(self, circles: Circles) -> Iterator[Tensor]:
        """The rows (R,) of some circles, shuffled: who heard each other stay together."""
        chance = torch.Generator().manual_seed(derive(self.seed, SHUFFLE, self.updates))
        for _ in range(self.epochs):
            order = torch.randperm(len(circles.taken), generator=chance).to(circles.circle.device)
            for part in order.chunk(self.minibatches):
                chosen = torch.zeros_like(order, dtype=torch.bool).index_fill(0, part, True)  # (C,)
                yield chosen[circles.circle].nonzero().squeeze(1)

    def _update(self, batch: Batch, circles: Circles) -> dict[str, Tensor]:
        """One step of the optimizer."""
        minds = self.team.minds(batch.inputs, circles)
        log_policy = masked(self.team.policy(minds), batch.legal).log_softmax(1)  # (R, A)
        ratio = (log_policy.gather(1, batch.action) - batch.log_prob).exp()  # (R, 1)
        policy_loss = clipped_loss(ratio, batch.advantage, clip=self.clip)
        entropy = -(log_policy.exp() * log_policy).sum(1).mean()
        value_loss = F.mse_loss(self.value(minds), batch.target)
        self.optimizer.zero_grad()
        loss = policy_loss - self.entropy * entropy + value_loss
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.networks.parameters(), self.max_norm)
        self.optimizer.step()
        self.updates += 1
        measured = {"policy_loss": policy_loss, "value_loss": value_loss, "entropy": entropy}
        return {name: metric.detach() for name, metric in measured.items()}

    def _parts(self) -> Sequence[nn.Module | Adam]:
        return self.networks, self.optimizer

    def _policies(self) -> Sequence[Weights]:
        return (self.team.state_dict(),)

    def _live(self) -> dict[str, Tensor]:
        return {**self.networks.state_dict(), **prefixed("adam", self.optimizer.tensors())}

    def _frozen(self, policies: Sequence[Weights]) -> Agent:
        teams = [deepcopy(self.team) for _ in policies]
        for team, policy in zip(teams, policies, strict=True):
            copy_into(team.state_dict(), policy)
        return FrozenTeams(self.game, teams, seat=self.seat)


class TarMAC(CommNet):
    """CommNet that listens by attention; its settings are the same."""

    kind = "attention"


class FrozenTeams(Agent):
    """K frozen networks; the rows of each hear each other, and nobody else."""

    def __init__(self, game: GameSpec, teams: Sequence[Team], *, seat: bool) -> None:
        super().__init__(game)
        self.teams, self.seat = teams, seat

    @torch.no_grad()
    def act(self, observation: Observation) -> Tensor:
        logits = self._logits(observation, lambda rows: heard(rows, self.game))
        return sample(logits, observation.legal, seed=observation.seed, step=observation.step)

    @torch.no_grad()
    def probabilities(self, observation: Observation) -> Tensor:
        """As `Agent.probabilities`. Raises `Untold` where team-mates talk: what they say is nothing that a row sees."""
        if self.teams[0].talks and len(set(self.game.team_of)) < self.game.seats:
            raise Untold(
                f"the team-mates of {self.game.name!r} talk, so that no seat's chances depend on what it sees alone",
                hint="judge it with communicate=False, or by a trained exploiter",
            )
        logits = self._logits(observation, lambda rows: Circles.alone(rows.seat, seats=self.game.seats))
        return masked(logits, observation.legal).double().softmax(1)

    def _logits(self, observation: Observation, circles: Callable[[Observation], Circles]) -> Tensor:
        """(R, A), where `circles` says of one member's rows who hear each other."""
        logits = torch.empty_like(observation.legal, dtype=torch.float32)
        for member in set(observation.member.tolist()):
            mine = (observation.member == member).nonzero().squeeze(1)
            rows = observation.take(mine)
            logits[mine] = self.teams[member](seen_by(rows, self.game, seat=self.seat), circles(rows))
        return logits

    def to(self, device: torch.device | str) -> Self:
        for team in self.teams:
            team.to(device)
        return self


def seen_by(rows: Observation | Trajectory, game: GameSpec, *, seat: bool) -> Tensor:
    """(R, I): what a network is shown of rows."""
    return inputs(rows.features, rows.seat, seats=game.seats) if seat else rows.features.flatten(1)


def heard(rows: Observation, game: GameSpec) -> Circles:
    """Rows of one checkpoint in their circles: one for each team of each board."""
    key = rows.row // game.seats * game.seats + _team(rows.seat, game)
    return Circles.of(key, rows.seat, seats=game.seats)


def _team(seat: Tensor, game: GameSpec) -> Tensor:
    """(R,) int64 below P: the first seat of each seat's team."""
    return constant(tuple(game.team_of.index(team) for team in game.team_of), seat.device)[seat]
