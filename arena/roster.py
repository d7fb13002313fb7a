"""Checkpoints to living agents, loaded once. Frozen policies of one spec are stacked into one actor."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

from torch import Tensor

from agents.core import Agent, Learner
from agents.registry import make_agent
from agents.weights import unpack
from arena.match import Checkpoint
from arena.runner import Cast
from games.spec import GameSpec

WeightSource = Callable[[str], bytes]  # sha256 -> the stored weights


class Roster:
    """The agents of one game in this process. Scripted agents live on; policies are kept in a bounded cache."""

    def __init__(self, game: GameSpec, weights: WeightSource, *, device: str = "cpu", capacity: int = 256) -> None:
        self.game, self.device, self.capacity = game, device, capacity
        self._weights = weights
        self._agents: dict[str, Agent] = {}  # by spec
        self._policies: OrderedDict[tuple[str, str], Mapping[str, Tensor]] = OrderedDict()  # by spec and sha256

    def cast(self, checkpoints: Iterable[Checkpoint], *, living: Mapping[Checkpoint, Agent] | None = None) -> Cast:
        """Living agents for these checkpoints, `living` ones as given.

        The stacks depend on the checkpoints alone, not on what else is loaded, so a chunk plays the same everywhere.
        """
        living = living or {}
        by_spec: dict[tuple[str, bool], list[Checkpoint]] = {}
        for checkpoint in sorted(set(checkpoints) - set(living), key=lambda one: one.id):
            by_spec.setdefault((checkpoint.spec, checkpoint.weights is not None), []).append(checkpoint)
        actors: list[Agent] = list(living.values())
        places = {checkpoint: (index, 0) for index, checkpoint in enumerate(living)}
        for (spec, stacked), members in by_spec.items():
            places |= {one: (len(actors), place if stacked else 0) for place, one in enumerate(members)}
            actors.append(self._stack(spec, members) if stacked else self._agent(spec))
        return Cast(actors, places)

    def close(self) -> None:
        """Lets go of every agent."""
        for agent in self._agents.values():
            agent.close()
        self._agents.clear()

    def _agent(self, spec: str) -> Agent:
        if spec not in self._agents:
            self._agents[spec] = make_agent(spec, self.game).to(self.device)
        return self._agents[spec]

    def _stack(self, spec: str, members: list[Checkpoint]) -> Agent:
        template = self._agent(spec)
        assert isinstance(template, Learner), f"{spec} has weights but does not learn"
        return template.frozen([self._policy(template, member) for member in members]).to(self.device)

    def _policy(self, template: Learner, checkpoint: Checkpoint) -> Mapping[str, Tensor]:
        assert checkpoint.weights
        key = (checkpoint.spec, checkpoint.weights)
        if key not in self._policies:
            self._policies[key] = unpack(self._weights(checkpoint.weights), template.policy())
            if len(self._policies) > self.capacity:
                self._policies.popitem(last=False)
        self._policies.move_to_end(key)
        return self._policies[key]
