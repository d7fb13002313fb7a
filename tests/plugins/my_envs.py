"""Environments of PettingZoo's that a user might bring: turns among three, cats and mice, and all that can be wrong."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete
from pettingzoo import AECEnv, ParallelEnv

_TRIES = itertools.count()


class Nim(AECEnv[str, Any, int]):
    """Two in turn take 1, 2 or 3 of some sticks, and say so by those numbers; who takes the last one wins a point."""

    metadata = {"name": "nim", "render_modes": ["ansi"]}  # noqa: RUF012  (as PettingZoo has it)

    def __init__(self, sticks: int = 9, render_mode: str | None = None) -> None:
        super().__init__()
        self.sticks, self.render_mode = sticks, render_mode
        self.possible_agents = ["first", "second"]

    def observation_space(self, agent: str) -> Box:
        return Box(0, self.sticks, (2, 1), np.int64)

    def action_space(self, agent: str) -> Discrete:
        return Discrete(3, start=1)

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        self.agents = list(self.possible_agents)
        self.left = self.sticks - np.random.default_rng(seed).integers(0, 3)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict(self.rewards)
        self.terminations, self.truncations = (dict.fromkeys(self.agents, False) for _ in range(2))
        self.infos = {agent: self._info() for agent in self.agents}
        self.agent_selection = "first"

    def observe(self, agent: str) -> Any:
        return np.array([[self.left], [0]])

    def step(self, action: int | None) -> None:
        agent = self.agent_selection
        if self.terminations[agent]:
            self._was_dead_step(action)
            return
        assert action is not None
        assert 1 <= action <= min(3, self.left)
        other = "second" if agent == "first" else "first"
        self._cumulative_rewards[agent] = 0.0
        self._clear_rewards()
        self.left -= action
        if self.left == 0:
            self.rewards = {agent: 1.0, other: -1.0}
            self.terminations = dict.fromkeys(self.agents, True)
        self.infos = {one: self._info() for one in self.agents}
        self._accumulate_rewards()
        self.agent_selection = other

    def render(self) -> str | None:
        return "|" * int(self.left) if self.render_mode == "ansi" else None

    def _info(self) -> dict[str, Any]:
        return {"action_mask": np.arange(1, 4) <= max(self.left, 1)}


class Auction(AECEnv[str, Any, int]):
    """Three in turn bid 0 to 3 for a coin worth 4, once each, and everybody pays the bid as it is made; no mask."""

    metadata = {"name": "auction", "render_modes": []}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.possible_agents = ["ann", "bob", "cid"]

    def observation_space(self, agent: str) -> Discrete:
        return Discrete(5)

    def action_space(self, agent: str) -> Discrete:
        return Discrete(4)

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        self.agents, self.bids = list(self.possible_agents), dict[str, int]()
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict(self.rewards)
        self.terminations, self.truncations = (dict.fromkeys(self.agents, False) for _ in range(2))
        self.infos = {agent: {} for agent in self.agents}
        self.agent_selection = "ann"

    def observe(self, agent: str) -> int:
        return max(self.bids.values(), default=4)

    def step(self, action: int | None) -> None:
        agent = self.agent_selection
        if self.terminations[agent]:
            self._was_dead_step(action)
            return
        assert action is not None
        self._cumulative_rewards[agent] = 0.0
        self._clear_rewards()
        self.bids[agent] = action
        self.rewards[agent] -= action
        if len(self.bids) == len(self.agents):
            self.rewards[max(self.bids, key=lambda one: self.bids[one])] += 4.0
            self.terminations = dict.fromkeys(self.agents, True)
        self._accumulate_rewards()
        self.agent_selection = self.agents[(self.agents.index(agent) + 1) % 3]


class Tag(ParallelEnv[str, Any, int]):
    """A cat and two mice on a ring of cells, all at once: left, still, right. A caught mouse is out, and costs its team."""

    metadata = {"name": "tag", "render_modes": []}  # noqa: RUF012

    def __init__(self, cells: int = 7, steps: int = 6) -> None:
        self.cells, self.steps = cells, steps
        self.possible_agents = ["cat", "mouse_0", "mouse_1"]

    def observation_space(self, agent: str) -> Any:
        return Box(0, self.cells, (3,) if agent == "cat" else (2,), np.float32)

    def action_space(self, agent: str) -> Discrete:
        return Discrete(3)

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        self.agents, self.time = list(self.possible_agents), 0
        places = np.random.default_rng(seed).permutation(self.cells)[:3].tolist()
        self.places = dict(zip(self.agents, places, strict=True))
        return self._seen(), {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[Any, ...]:
        assert set(actions) == set(self.agents), "who is out is not heard"
        self.time += 1
        for agent, action in actions.items():
            self.places[agent] = (self.places[agent] + action - 1) % self.cells
        caught = [mouse for mouse in self.agents[1:] if self.places[mouse] == self.places["cat"]]
        over = self.time == self.steps or len(caught) == len(self.agents) - 1
        rewards = {agent: 2.0 * len(caught) * (1 if agent == "cat" else -1) for agent in self.agents}
        ended = {agent: agent in caught or (over and self.time < self.steps) for agent in self.agents}
        cut = {agent: over and not ended[agent] for agent in self.agents}
        self.agents = [] if over else [agent for agent in self.agents if agent not in caught]
        seen, infos = self._seen(), {agent: {} for agent in rewards}
        return seen, rewards, ended, cut, infos

    def _seen(self) -> dict[str, Any]:
        told = {agent: [self.places[agent], self.places["cat"], self.time] for agent in self.agents}
        return {agent: np.array(row if agent == "cat" else row[:2], np.float32) for agent, row in told.items()}


def tag(**options: Any) -> Tag:
    """As many environments are named: a function that makes one."""
    return Tag(**options)


class Continuous(Tag):
    """Steers by a number between -1 and 1."""

    def action_space(self, agent: str) -> Any:
        return Box(-1, 1, (1,), np.float32)


class Secretive(Tag):
    """Shows the mice nothing."""

    def _seen(self) -> dict[str, Any]:
        return {"cat": super()._seen()["cat"]}


class Haunted(Tag):
    """Lets somebody in whom it did not announce."""

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        seen, infos = super().reset(seed)
        self.agents = [*self.agents, "ghost"]
        return {**seen, "ghost": seen["cat"]}, infos


class Unfinished(Nim):
    """Never says who has lost."""

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        super().reset(seed)
        self.terminations = {}


class Solo(Tag):
    """Has but one agent."""

    def __init__(self) -> None:
        super().__init__()
        self.possible_agents = ["cat"]


class Forgetful(Nim):
    """Shows a number of its own beside the sticks, whatever its seed."""

    def observe(self, agent: str) -> Any:
        return np.array([[self.left], [random.SystemRandom().randrange(1 << 30)]])


class Moody(Nim):
    """Shows how often any of its kind has been reset beyond the fourth time: a try-out does not find that out."""

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        super().reset(seed, options)
        self.tried = max(0, next(_TRIES) - 3)

    def observe(self, agent: str) -> Any:
        return np.array([[self.left], [self.tried]])


class Generous(Nim):
    """Pays three points for a win, and takes one for a loss."""

    def step(self, action: int | None) -> None:
        super().step(action)
        for agent, paid in self._cumulative_rewards.items():
            if paid == 1.0:
                self._cumulative_rewards[agent] = 3.0
