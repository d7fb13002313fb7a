"""Our games as PettingZoo environments, for training loops that hold all seats: `pip install 'arena-league[pettingzoo]'`.

    env = aec_env("connect_four")            # seat by seat; where all act at once, it asks them one after the other
    env = parallel_env("hide_and_seek")      # all seats at once, for games in which they all act

Agents are called `seat_0`, `seat_1`, ... Each sees `{"observation": ..., "action_mask": ...}`; an illegal action forfeits,
as everywhere in the league. A match that the rules cut short for its length is terminated like any other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from games.chance import derive
from games.core import FORFEIT, Game, State
from games.errors import BadSpec, MissingExtra
from games.registry import GAMES

try:
    from gymnasium import spaces
    from pettingzoo import AECEnv, ParallelEnv
except ImportError as error:
    raise MissingExtra("PettingZoo is not installed", hint="pip install 'arena-league[pettingzoo]'") from error


class _Board:
    """One board of a game: what both views are made of."""

    def __init__(self, game: Game, render_mode: str | None) -> None:
        self.game, self.render_mode = game, render_mode
        self.possible_agents = [f"seat_{seat}" for seat in range(game.spec.seats)]
        self.metadata = {"name": game.spec.name, "render_modes": ["ansi"], "is_parallelizable": game.spec.simultaneous}
        seen: dict[str, spaces.Space[Any]] = {
            "observation": spaces.Box(-np.inf, np.inf, game.spec.observation, np.float32),
            "action_mask": spaces.Box(0, 1, (game.spec.actions,), np.int8),
        }
        self._observations = {agent: spaces.Dict(seen) for agent in self.possible_agents}
        self._actions = {agent: spaces.Discrete(game.spec.actions) for agent in self.possible_agents}
        self._seed, self._begun = 0, 0
        self.state: State | None = None

    def begin(self, seed: int | None) -> State:
        """A fresh board. A seed makes this one and all that follow it."""
        self._seed, self._begun = (self._seed, self._begun + 1) if seed is None else (seed, 0)
        self.state = self.game.reset(torch.tensor([derive(self._seed, self._begun)]))
        return self.state

    def step(self, actions: dict[int, int]) -> State:
        """By the actions of the seats that act."""
        assert self.state is not None, "call reset first"
        said = [actions.get(seat, FORFEIT) for seat in range(self.game.spec.seats)]
        self.state = self.game.step(self.state, torch.tensor([said]))
        return self.state

    def sees(self, seat: int) -> dict[str, Any]:
        assert self.state is not None, "call reset first"
        features = self.game.observe(self.state, torch.tensor([seat]))[0]
        return {"observation": features.numpy(), "action_mask": self.state.legal[0, seat].numpy().astype(np.int8)}

    def render(self) -> str | None:
        assert self.state is not None, "call reset first"
        return self.game.render(self.state) if self.render_mode is not None else None


class GameAEC(AECEnv):  # type: ignore[misc]
    """Seat by seat. In a simultaneous game nobody sees what the others have answered before all have."""

    agent_selection: str

    def __init__(self, game: Game, *, render_mode: str | None = None) -> None:
        super().__init__()
        self.board = _Board(game, render_mode)
        self.possible_agents, self.metadata, self.render_mode = self.board.possible_agents, self.board.metadata, render_mode

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self.board._observations[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self.board._actions[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        self.agents = list(self.possible_agents)
        self.rewards, self._cumulative_rewards = (dict.fromkeys(self.agents, 0.0) for _ in range(2))
        self.terminations, self.truncations = (dict.fromkeys(self.agents, False) for _ in range(2))
        self.infos: dict[str, dict[str, Any]] = {agent: {} for agent in self.agents}
        self._answers: dict[int, int] = {}
        self._ask(self.board.begin(seed))

    def observe(self, agent: str) -> dict[str, Any]:
        return self.board.sees(self.possible_agents.index(agent))

    def step(self, action: int | None) -> None:
        agent = self.agent_selection
        if self.terminations[agent]:
            self._was_dead_step(action)
            return
        self._cumulative_rewards[agent] = 0.0
        self._clear_rewards()
        self._answers[self._asked.pop(0)] = FORFEIT if action is None else int(action)
        if self._asked:
            self.agent_selection = self.possible_agents[self._asked[0]]
            return
        state = self.board.step(self._answers)
        self._answers = {}
        self.rewards = dict(zip(self.possible_agents, state.rewards[0].tolist(), strict=True))
        self._accumulate_rewards()
        if bool(state.done[0]):
            self.terminations = dict.fromkeys(self.agents, True)
            self.agent_selection = self.agents[0]
        else:
            self._ask(state)

    def render(self) -> str | None:
        return self.board.render()

    def close(self) -> None:
        """There is nothing to let go of."""

    def _ask(self, state: State) -> None:
        self._asked = state.to_act[0].nonzero().squeeze(1).tolist()
        self.agent_selection = self.possible_agents[self._asked[0]]


class GameParallel(ParallelEnv):  # type: ignore[misc]
    """All seats at once."""

    def __init__(self, game: Game, *, render_mode: str | None = None) -> None:
        self.board = _Board(game, render_mode)
        self.possible_agents, self.metadata, self.render_mode = self.board.possible_agents, self.board.metadata, render_mode
        self.agents: list[str] = []

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self.board._observations[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self.board._actions[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
        self.agents = list(self.possible_agents)
        self.board.begin(seed)
        return self._seen(), {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[dict[str, Any], ...]:
        state = self.board.step({self.possible_agents.index(agent): int(action) for agent, action in actions.items()})
        seen, over = self._seen(), bool(state.done[0])
        rewards = dict(zip(self.possible_agents, state.rewards[0].tolist(), strict=True))
        ended, cut = dict.fromkeys(self.agents, over), dict.fromkeys(self.agents, False)
        infos: dict[str, dict[str, Any]] = {agent: {} for agent in self.agents}
        self.agents = [] if over else self.agents
        return seen, rewards, ended, cut, infos

    def render(self) -> str | None:
        return self.board.render()

    def close(self) -> None:
        """There is nothing to let go of."""

    def _seen(self) -> dict[str, dict[str, Any]]:
        return {agent: self.board.sees(seat) for seat, agent in enumerate(self.possible_agents)}


def aec_env(game: str, *, render_mode: str | None = None) -> GameAEC:
    """The game that a spec names, seat by seat. Raises what `GAMES.make` raises."""
    return GameAEC(GAMES.make(game), render_mode=render_mode)


def parallel_env(game: str, *, render_mode: str | None = None) -> GameParallel:
    """The game that a spec names, all seats at once. Raises `BadSpec` for a game of turns."""
    rules: Game = GAMES.make(game)
    if not rules.spec.simultaneous:
        raise BadSpec(f"in {game} not all seats act at once", hint="take its other view: games.zoo_views.aec_env")
    return GameParallel(rules, render_mode=render_mode)
