"""The health game: what a newcomer must survive before the league takes it in.

It plays itself on every seat, and plays the same seeds again as a second, fresh instance. A wrong path, an illegal move or
a crash shows here, and nothing is saved.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import torch

from agents.checks import check_agent, check_learner
from agents.core import Agent, Learner, Policy
from agents.errors import NotItsFault
from agents.registry import make_agent
from agents.weights import pack, unpack
from arena import torch_settings
from arena.match import LIVING, Checkpoint, Match
from arena.roster import let_go
from arena.runner import Cast, Played, play
from games.core import Game
from games.errors import ArenaError, CheckFailed
from games.foreign import Raised, foreign
from games.kept import kept

_SEEDS = (1, 2)


@dataclass(frozen=True)
class Health:
    """How a newcomer played."""

    games: int
    moves: int
    milliseconds: float  # by move, of the slower run
    deterministic: bool  # asked again, be it in the health game or by the contract, it answered the same
    remark: str = ""  # what was not looked at, and why

    def __str__(self) -> str:
        told = "deterministic" if self.deterministic else "NOT deterministic: a season with it cannot be repeated exactly"
        return f"{self.games} games: 0 illegal moves, {self.milliseconds:.2g} ms a move, {told}"

    def without_repeats(self) -> Health:
        """Of an agent that gave other answers when it was asked again, and of which nobody can demand the same ones."""
        remark = "an engine's lots are its own: its moves are legal, and whether it would make them again was not judged"
        return replace(self, deterministic=False, remark=remark)


@dataclass(frozen=True)
class Newcomer:
    """An agent that may join: how it played, the policy that it begins with, and a learner's state."""

    health: Health
    learns: bool
    state: bytes | None = None
    policy: bytes | None = None
    remark: str = ""  # its own, to whoever registers it


@torch_settings.fixed()
def examine(
    spec: str, game: Game, *, seed: int, policy: bytes | None = None, play_games: bool = True, trusted: bool = False
) -> Newcomer:
    """Makes an agent and lets it play. `policy` are weights that a learner begins with instead of new ones.

    Raises `CheckFailed` where it forfeits or cannot learn, or the game has one seat, `BadWeights` for weights that do not
    fit, `BadSpec` and its kin for a spec that makes no agent of this game.
    """
    if game.spec.seats < 2:
        raise CheckFailed(
            f"a league's game needs at least 2 seats, {game.spec.name!r} has {game.spec.seats}",
            hint="who plays alone can be compared with nobody; games.checks tells what games must do",
        )
    agent = make_agent(spec, game.spec, seed=seed, trusted=trusted)
    if isinstance(agent, Policy):
        newcomer = _examine_policy(spec, game, agent, policy, play_games=play_games)
        return replace(newcomer, remark=str(agent.remark))
    if policy is not None:
        raise ArenaError(f"{spec!r} plays by no weights, so it takes none", hint="leave the weights out")
    if not play_games:
        let_go(agent)
        return Newcomer(_UNKNOWN, learns=False, remark=str(agent.remark))
    twin = make_agent(spec, game.spec, seed=seed, trusted=trusted)
    return Newcomer(_health(spec, game, [agent, twin]), learns=False, remark=str(agent.remark))


def hold_to_contract(spec: str, game: Game, *, trusted: bool = False) -> Health:
    """Lets an agent play, then holds it to the contract of agents or of learners, which asks more than a league demands.

    Raises what `examine` raises; where it would be taken all the same, the cause of `CheckFailed` says so.
    """
    newcomer = examine(spec, game, seed=0, trusted=trusted)
    try:
        if newcomer.learns:
            check_learner(spec, game)
        elif not check_agent(spec, game, trusted=trusted):
            return newcomer.health.without_repeats()
    except NotItsFault:
        raise
    except CheckFailed as broken:
        cause = f"a league would take {spec!r}, but it breaks the contract: {broken.cause}"
        raise CheckFailed(cause, hint=broken.hint) from broken
    return newcomer.health


def _examine_policy(spec: str, game: Game, agent: Policy, policy: bytes | None, *, play_games: bool) -> Newcomer:
    """What plays by weights; a learner has a state as well, and must learn from what it played."""
    with _trying(spec, "be frozen"):
        if policy is not None:
            agent.load_policy(unpack(policy, agent.policy()))
        frozen = agent.policy()
        state = pack(agent.state()) if isinstance(agent, Learner) else None
        newcomer = Newcomer(_UNKNOWN, learns=state is not None, state=state, policy=pack(frozen))
        unpack(newcomer.policy or b"", frozen)  # what cannot be read back is not to be stored
        if state is not None:
            unpack(state)
        twins = [agent.frozen([frozen]), agent.frozen([frozen])] if play_games else []
    if play_games:
        newcomer = replace(newcomer, health=_health(spec, game, twins))
        if isinstance(agent, Learner):
            _learns(spec, game, agent)
    return newcomer


@contextmanager
def _trying(spec: str, what: str) -> Iterator[None]:
    try:
        with foreign(ArenaError), kept():
            yield
    except Raised as raised:
        raise CheckFailed(
            f"{spec!r} cannot {what}: {raised}", hint="agents.checks tells what agents must do"
        ) from raised.__cause__


_UNKNOWN = Health(0, 0, 0.0, deterministic=True)


def _health(spec: str, game: Game, twins: list[Agent]) -> Health:
    runs, slowest = [], 0.0
    for agent in twins:
        _begin(agent)
        began = time.perf_counter()
        played = _alone(game, agent)
        slowest = max(slowest, time.perf_counter() - began)
        let_go(agent)
        _without_fault(spec, played)
        runs.append(played.results)
    moves = sum(result.steps for result in runs[0])
    same = [one.tape == other.tape for one, other in zip(*runs, strict=True)]
    return Health(len(_SEEDS) * len(twins), moves, 1000 * slowest / max(1, moves), deterministic=all(same))


def _begin(agent: Agent) -> None:
    """Whatever is there to be started starts before the clock does; where it fails, that shows in its games."""
    with suppress(Raised), foreign():
        agent.reset(torch.zeros(1, dtype=torch.int64), torch.zeros(1, dtype=torch.int64))


def _alone(game: Game, agent: Agent, *, watch: bool = False) -> Played:
    """Two games of an agent against itself."""
    self_ = Checkpoint("newcomer", LIVING, "", None, "newcomer")
    matches = [Match(place, seed, (self_,) * game.spec.seats) for place, seed in enumerate(_SEEDS)]
    return play(game, matches, Cast([agent], {self_: (0, 0)}), watch=self_ if watch else None)


def _without_fault(spec: str, played: Played) -> None:
    for place, result in enumerate(played.results):
        if result.ending.kind != "finished":
            seat = next((seat for seat, fault in enumerate(result.faults) if fault), 0)
            note = played.notes.get((place, seat), "")
            if result.void is not None:
                game = result.void.startswith("rules")
                cure = "mend the game; try: arena games check GAME" if game else "mend that, and register it again"
                raise CheckFailed(
                    f"{spec!r} could not be tried out, by no fault of its own: {note or result.void}",
                    hint=f"nothing was saved; {cure}",
                )
            raise CheckFailed(
                f"{spec!r} does not get through its health game: {result.ending}: {note}",
                hint="nothing was saved; mend it, and try: arena agents check SPEC --game GAME",
            )


def _learns(spec: str, game: Game, learner: Learner) -> None:
    """A learner must learn from what it played and save what it learned."""
    played = _alone(game, learner, watch=True)
    _without_fault(spec, played)
    assert played.trajectory is not None
    with _trying(spec, "learn from a game"):
        state, policy = learner.state(), learner.policy()
        given = pack(state), pack(policy)
        {str(name): float(metric) for name, metric in learner.learn(played.trajectory).items()}
        if given != (pack(state), pack(policy)):
            raise CheckFailed(
                f"{spec!r}: learning changed what state() or policy() had given before",
                hint="give copies: {name: tensor.clone() for ...}",
            )
        learner.load_state(unpack(pack(learner.state())))
