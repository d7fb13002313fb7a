"""One training phase: a learner meets opponents drawn from the pool, and learns from every batch of matches.

A phase is a function of its task alone: it starts from the learner's saved state and ends in the next one. So it may run in
any process, next to other learners' phases, and a season that was killed trains again to the very same weights.
"""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from agents.core import Learner
from agents.registry import make_agent
from agents.trajectory import Trajectory
from agents.weights import pack, unpack
from arena.compare import Compared, compare, question
from arena.encounters import Encounters, Floats
from arena.match import LIVING, Checkpoint, Entrant
from arena.pool import MIXES, Candidate, Draw, draw
from arena.roles import RESETS, begins_anew, frozen_after
from arena.roster import let_go
from arena.rows import DrawRow
from arena.runner import play
from arena.series import Lineup, Matches, Results
from arena.tally import Tally
from arena.workers import Desk
from games.chance import derive
from games.errors import CheckFailed
from games.foreign import Raised, foreign
from games.kept import kept

log = logging.getLogger(__name__)
GATE_GAMES = 2000  # the most that a gate plays; who is not found better by then does not join
_GATE = -2  # the place of its chance below a phase's seed; -1 is that of `arena.roles`


@dataclass(frozen=True)
class TrainingTask:
    """A learner, its state, its opponents and its budget: `steps` decisions or `seconds`, whichever is given."""

    entrant: Entrant
    state: bytes
    pool: tuple[Candidate, ...]  # whom it may meet, oldest first, with the win rates that the ratings give it
    tally: Tally
    mix: str
    boards: int
    steps: int | None
    seconds: float | None
    seed: int
    device: str = "cpu"
    gate: float | None = None  # Elo that a test must find over the checkpoint before; None: it need not be better
    phases: int | None = None  # since it was last frozen, with this one; None: it is frozen whatever it has learned

    def __str__(self) -> str:
        return f"the training of {self.entrant.name!r}"

    def needs(self) -> Iterable[str]:
        return [one.checkpoint.weights for one in self.pool if one.checkpoint.weights]

    def do(self, desk: Desk) -> Trained:
        phase = _Phase(self, desk)
        try:
            return phase.run()
        finally:
            let_go(phase.learner)


@dataclass(frozen=True)
class Trained:
    """What a phase made of a learner."""

    name: str
    state: bytes  # all of it, to go on with
    policy: bytes | None  # what a checkpoint freezes; None where it is not worth one
    anew: bool  # whether the state is its first one again
    tally: Tally
    met: tuple[DrawRow, ...]  # whom, and why
    metrics: Mapping[str, float]  # means over the phase's last quarter
    steps: int  # decisions learned from in this phase: whole batches of matches, until it is `asked` or more
    asked: int | None  # None where a time was given
    games: int
    seconds: float
    rollout: float  # seconds of them spent playing
    update: float  # and learning


class _Phase:
    def __init__(self, task: TrainingTask, desk: Desk) -> None:
        self.task, self.desk, self.game = task, desk, desk.game(task.entrant.game)
        self.roster = desk.roster(task.entrant.game, task.device)
        self.living = Checkpoint(task.entrant.name, LIVING, task.entrant.spec, None, "living")
        with self._trying("being made"):
            self.learner = self._made()
            self.born = self.learner.policy()  # what a policy of its kind looks like
        with self._trying("being loaded"):
            self.learner.load_state(unpack(task.state))
        self.mix = MIXES.make(task.mix)
        self.encounters = Encounters(self.living, task.tally)

    def run(self) -> Trained:
        began, steps, games, batch = time.monotonic(), 0, 0, 0
        rollout = update = 0.0
        measured: list[Mapping[str, float]] = []
        while not self._spent(steps, time.monotonic() - began):
            candidates = self.encounters.candidates(self.task.pool)
            choices = self.mix(candidates)
            which = draw(choices, self.task.boards, random.Random(derive(self.task.seed, batch)))
            matches = self._matches([choices[number] for number in which], batch)
            cast = self.roster.cast(matches.cast, living={self.living: self.learner})
            begun = time.monotonic()
            played = play(self.game, matches, cast, watch=self.living, device=self.task.device)
            done = time.monotonic()
            assert played.trajectory is not None
            if not len(played.trajectory):  # it never came to a decision, and would train for ever
                log.warning("%s learns nothing: %s", self.living.agent, next(iter(played.notes.values()), "it never acts"))
                break
            measured.append(self._learn(played.trajectory))
            rollout, update = rollout + done - begun, update + time.monotonic() - done
            self.encounters.remember(
                choices, choices, which=np.array(which), margins=self._margins(played.results), candidates=candidates
            )
            steps, games, batch = steps + len(played.trajectory), games + len(matches), batch + 1
        state, policy = self._saved()
        worthy = self.task.phases is None or frozen_after(
            self.role, self.encounters.candidates(self.task.pool), self.task.phases
        )
        gated = self._gated(policy) if worthy and self.task.gate is not None and self.role not in RESETS else None
        worthy = worthy and (gated is None or gated.stronger is True)
        anew = worthy and self.task.phases is not None and begins_anew(self.role, self.task.seed)
        return Trained(
            name=self.task.entrant.name,
            state=self._first_state() if anew else state,
            policy=policy if worthy else None,
            anew=anew,
            tally=self.encounters.tally,
            met=self.encounters.met,
            metrics={**_said(gated), **_means(measured[-max(1, len(measured) // 4) :])},
            steps=steps,
            asked=self.task.steps,
            games=games,
            seconds=time.monotonic() - began,
            rollout=rollout,
            update=update,
        )

    def _gated(self, policy: bytes) -> Compared:
        """How what was learned compares with the newest checkpoint, which is the best so far: the others did not join."""
        before = [one.checkpoint for one in self.task.pool if one.own][-1]
        sha = sha256(policy).hexdigest()
        now = Checkpoint.make(before.agent, before.version + 1, spec=before.spec, weights=sha)
        return compare(
            self.game,
            (now, before),
            weights=lambda wanted: policy if wanted == sha else self.desk.weights(wanted),
            test=question(0.0, self.task.gate or 0.0, "normalised"),
            max_games=GATE_GAMES,
            seed=derive(self.task.seed, _GATE),
        )

    @property
    def role(self) -> str:
        return self.task.entrant.role

    def _made(self) -> Learner:
        """The learner as it was made at first, but for weights that it was given."""
        agent = make_agent(self.task.entrant.spec, self.game.spec, seed=self.task.entrant.seed).to(self.task.device)
        assert isinstance(agent, Learner)
        return agent

    def _first_state(self) -> bytes:
        """The state with the weights of its first checkpoint, and everything else as new."""
        first = next(one.checkpoint for one in self.task.pool if one.own)
        assert first.weights, "a learner has weights"
        with self._trying("beginning anew"):
            learner = self._made()
            try:
                learner.load_policy(unpack(self.desk.weights(first.weights), self.born))
                return pack(learner.state())
            finally:
                let_go(learner)

    def _learn(self, trajectory: Trajectory) -> Mapping[str, float]:
        with self._trying("learning"):
            return {str(name): float(metric) for name, metric in self.learner.learn(trajectory).items()}

    def _saved(self) -> tuple[bytes, bytes]:
        """State and policy, read back once: what is not finite or has other shapes must never be a checkpoint."""
        with self._trying("being saved"):
            state, policy = pack(self.learner.state()), pack(self.learner.policy())
            unpack(state)
            unpack(policy, self.born)
        return state, policy

    @contextmanager
    def _trying(self, what: str) -> Iterator[None]:
        """A learner of a user's at work. A league that went on without it would not be the one that was asked for."""
        try:
            with foreign(), kept():
                yield
        except Raised as raised:
            raise CheckFailed(
                f"{self.living.agent!r} broke while {what}: {raised}",
                hint="nothing of this round is saved for it; mend it, then: arena season resume",
            ) from raised.__cause__

    def _spent(self, steps: int, seconds: float) -> bool:
        if self.task.seconds is not None:
            return seconds >= self.task.seconds
        return steps >= (self.task.steps or 0)

    def _matches(self, draws: Sequence[Draw], batch: int) -> Matches:
        """One match for each draw. The learner holds its seats, by turns; the opponent holds the others."""
        seats = self.game.spec.seats
        met = {choice.opponent or self.living for choice in draws}
        lineups = {
            (who, seat): tuple(self.living if mine else who for mine in self._held(seat))
            for who in met
            for seat in range(seats)
        }
        return Matches(
            range(len(draws)),
            [derive(self.task.seed, batch, index) for index in range(len(draws))],
            [lineups[choice.opponent or self.living, index % seats] for index, choice in enumerate(draws)],
        )

    def _held(self, seat: int) -> list[bool]:
        """Which seats the learner holds when it is the turn of `seat`: that one, with its team where teams compete."""
        spec = self.game.spec
        if spec.flavour == "competitive":
            return [team == spec.team_of[seat] for team in spec.team_of]
        together = spec.flavour == "cooperative" and self.learner.whole_team
        return [together or place == seat for place in range(spec.seats)]

    def _margins(self, results: Results) -> Floats:
        """The margin of each match: few lineups earn few different returns."""
        known: dict[tuple[int, tuple[float, ...]], float] = {}
        margins = []
        for lineup, returns in zip(results.matches.lineups, results.returns, strict=True):
            if (id(lineup), returns) not in known:
                known[id(lineup), returns] = self._margin(lineup, returns)
            margins.append(known[id(lineup), returns])
        return np.array(margins)

    def _margin(self, lineup: Lineup, returns: tuple[float, ...]) -> float:
        """What the learner earned above the best of its opponents; NaN where it had none, or the match is void."""
        paid = list(zip(lineup, returns, strict=False))
        mine = [earned for one, earned in paid if one == self.living]
        theirs = [earned for one, earned in paid if one != self.living]
        return sum(mine) / len(mine) - max(theirs) if mine and theirs else math.nan


def _said(gated: Compared | None) -> dict[str, float]:
    """What a gate found, to be kept with the training: why a checkpoint joined or did not."""
    if gated is None:
        return {}
    said = {"gate_llr": gated.llr, "gate_games": float(gated.games), "gate_elo": gated.estimate.elo}
    return {"gate_passed": float(gated.stronger is True), **said}


def _means(metrics: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each metric over the batches that measured it."""
    measured = {name: [float(one[name]) for one in metrics if name in one] for one in metrics for name in one}
    return {name: sum(values) / len(values) for name, values in measured.items()}
