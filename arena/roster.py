"""Checkpoints to living agents, loaded once. Frozen policies of one spec are stacked into one actor.

An agent that cannot be made here any more forfeits its matches, like one that crashes; the others' go on.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Mapping

from torch import Tensor

from agents.core import Agent, Policy, Stacker
from agents.registry import make_agent
from agents.weights import unpack
from arena.match import Checkpoint
from arena.runner import Cast
from games.errors import ArenaError
from games.foreign import Raised, foreign
from games.spec import GameSpec

log = logging.getLogger(__name__)
ROOM = 64 << 20  # bytes of policies that a roster keeps: some 500 of the default size
WeightSource = Callable[[str], bytes]  # sha256 -> the stored weights
_Key = tuple[str, bool]  # a spec, and whether it is trusted


class Unable(Agent):
    """Sits in for an agent that cannot be made any more."""

    def __init__(self, game: GameSpec, why: Raised) -> None:
        super().__init__(game)
        self.why = why

    def reset(self, rows: Tensor, seeds: Tensor) -> None:
        raise self.why


def let_go(agent: Agent) -> None:
    """Closes an agent; what it raises then can hurt nobody."""
    try:
        with foreign():
            agent.close()
    except Raised as raised:
        log.warning("an agent could not be closed: %s", raised)


class Roster:
    """The agents of one game in this process. Scripted agents live on; policies are kept where `room` (bytes) is for them.

    Who must make room is drawn by lot. A pool is met over and over, and one that is a little larger than the cache would
    find nothing in it if the one used longest ago had to go: that is the one needed next.
    """

    def __init__(self, game: GameSpec, weights: WeightSource, *, device: str = "cpu", room: int = ROOM) -> None:
        self.game, self.device, self.room = game, device, room
        self._weights = weights
        self._agents: dict[_Key, Agent] = {}
        self._policies: dict[tuple[str, str], Mapping[str, Tensor]] = {}  # by spec and sha256
        self._kept = 0  # bytes of them
        self._lot = random.Random(0)  # who goes shows in the time that it takes, and in nothing else

    def cast(self, checkpoints: Iterable[Checkpoint], *, living: Mapping[Checkpoint, Agent] | None = None) -> Cast:
        """Living agents for these checkpoints, `living` ones as given.

        The stacks depend on the checkpoints alone, not on what else is loaded, so a chunk plays the same everywhere.
        """
        living = living or {}
        by_spec: dict[tuple[str, bool, bool], list[Checkpoint]] = {}
        for checkpoint in sorted(set(checkpoints) - set(living), key=lambda one: one.id):
            key = (checkpoint.spec, checkpoint.trusted, checkpoint.weights is not None)
            by_spec.setdefault(key, []).append(checkpoint)
        actors: list[Agent] = list(living.values())
        places = {checkpoint: (index, 0) for index, checkpoint in enumerate(living)}
        alike: dict[Agent | Stacker, list[_Key]] = {}  # an agent that stands alone, or what stacks those of these specs
        for (spec, trusted, weighty), members in by_spec.items():
            if weighty:
                places |= {one: (len(actors), place) for place, one in enumerate(members)}
                actors.append(self._stack(spec, members))
            else:
                agent = self._agent(spec, trusted)
                alike.setdefault(agent.stacker() or agent, []).append((spec, trusted))
        for one, keys in alike.items():
            places |= {who: (len(actors), place) for place, key in enumerate(keys) for who in by_spec[*key, False]}
            actors.append(one if isinstance(one, Agent) else self._together(one, keys))
        return Cast(actors, places)

    def close(self) -> None:
        """Lets go of every agent."""
        for agent in self._agents.values():
            let_go(agent)
        self._agents.clear()

    def _agent(self, spec: str, trusted: bool = False) -> Agent:
        if (spec, trusted) not in self._agents:
            made = self._able(lambda: make_agent(spec, self.game, trusted=trusted).to(self.device))
            self._agents[spec, trusted] = made
        return self._agents[spec, trusted]

    def _together(self, stacker: Stacker, keys: list[_Key]) -> Agent:
        return self._able(lambda: stacker([self._agent(*key) for key in keys]).to(self.device))

    def _able(self, make: Callable[[], Agent]) -> Agent:
        try:
            with foreign(ArenaError):
                return make()
        except ArenaError as error:  # made for people, with what to do: a program that is not there any more
            return Unable(self.game, Raised(f"{error.cause} ({error.hint})" if error.hint else error.cause))
        except Raised as raised:
            return Unable(self.game, raised)

    def _stack(self, spec: str, members: list[Checkpoint]) -> Agent:
        template = self._agent(spec)
        if isinstance(template, Unable):
            return template
        assert isinstance(template, Policy), f"{spec} has weights but does not play by any"
        try:
            with foreign(ArenaError):
                like = template.policy()
            policies = [self._policy(member, like) for member in members]
            with foreign(ArenaError):
                return template.frozen(policies).to(self.device)
        except Raised as raised:
            return Unable(self.game, raised)

    def _policy(self, checkpoint: Checkpoint, like: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        assert checkpoint.weights
        key = (checkpoint.spec, checkpoint.weights)
        if key in self._policies:
            return self._policies[key]
        policy = unpack(self._weights(checkpoint.weights), like)
        self._keep(key, policy)
        return policy

    def _keep(self, key: tuple[str, str], policy: Mapping[str, Tensor]) -> None:
        """Takes a policy into the cache, others out of it; one that is larger than all the room is not taken."""
        if (size := _size(policy)) > self.room:
            return
        while self._kept + size > self.room:
            self._kept -= _size(self._policies.pop(self._lot.choice(list(self._policies))))
        self._policies[key] = policy
        self._kept += size


def _size(policy: Mapping[str, Tensor]) -> int:
    return sum(tensor.nbytes for tensor in policy.values())
