"""The league as a vector environment of gymnasium's, for training loops that are not ours: many boards in one batch.

    envs = league.vector_env("connect_four", boards=256, opponents="pfsp")
    observations, infos = envs.reset(seed=1)
    observations, rewards, terminations, truncations, infos = envs.step(actions)     # infos["action_mask"] (B, A) bool

Observations are flat. An opponent is drawn for each match when it begins, and moves inside `step`. An illegal action loses
the match. Where a match is over, the next one begins in the same step (gymnasium's same-step autoreset): the observation is
the next match's first, and `infos["final_obs"]` has the last one. A match that the rules cut short for its length is
terminated like any other: that is how the league counts it.

Dimensions: B boards, A actions, N matches that are over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from agents.nets import inputs
from arena.boards import Boards, Seen, Stepped
from games.spec import GameSpec

Array = NDArray[Any]


class LeagueVectorEnv(VectorEnv[Array, Array, Array]):
    """B boards side by side. With `show_seat`, observations end with the learner's seat, one-hot."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP, "render_modes": ["ansi"]}  # noqa: RUF012

    def __init__(self, boards: Boards, game: str, *, show_seat: bool = False, render_mode: str | None = None) -> None:
        self.boards, self.opponents, self.game, self.show_seat = boards, boards.opponents, game, show_seat
        self.render_mode, self.num_envs = render_mode, boards.count
        self.single_observation_space = observation_space(boards.game.spec, show_seat)
        self.single_action_space = spaces.Discrete(boards.game.spec.actions)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._seen: Seen | None = None

    def reset(self, *, seed: int | None = None, options: Mapping[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """New matches on all boards. Without a seed, those that would have come next."""
        self._seen = self.boards.go_on() if seed is None else self.boards.begin(seed)
        return self.shown(self._seen), self._infos(self._seen)

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        """One decision of the learner on every board: actions (B,)."""
        stepped = self.boards.step(torch.as_tensor(np.asarray(actions), dtype=torch.int64).view(self.num_envs))
        self._seen = stepped.seen
        done = stepped.done.numpy()
        infos = self._infos(stepped.seen) | self._endings(stepped)
        return self.shown(stepped.seen), stepped.reward.numpy(), done, np.zeros_like(done), infos

    def action_masks(self) -> Array:
        """(B, A) bool: the legal actions now, as sb3-contrib asks for them."""
        assert self._seen is not None, "call reset first"
        return self._seen.legal.numpy()

    def render(self) -> Any:
        """The boards as text."""
        game, state = self.boards.game, self.boards.state
        return tuple(game.render(state, board) for board in range(self.num_envs))

    def refresh(self) -> None:
        """Meets from the next draw on whoever joined the league meanwhile."""
        self.opponents.refresh()

    def shown(self, seen: Seen) -> Array:
        """(B, I) float32: what the learner is shown."""
        if not self.show_seat:
            return seen.features.flatten(1).numpy()
        return inputs(seen.features, seen.seat, seats=self.boards.game.spec.seats).numpy()

    def _infos(self, seen: Seen) -> dict[str, Any]:
        return {"action_mask": seen.legal.numpy(), "seat": seen.seat.numpy()}

    def _endings(self, stepped: Stepped) -> dict[str, Any]:
        """What is told of matches that are over, in arrays with None where a board goes on."""
        if not len(stepped.over):
            return {}
        over, final = stepped.over.numpy(), np.full(self.num_envs, None, dtype=object)
        met, masks = final.copy(), self.shown(stepped.last)
        for place, board in enumerate(over):
            final[board], met[board] = masks[place], str(stepped.opponents[place].opponent)
        ended = stepped.done.numpy()
        return {"final_obs": final, "_final_obs": ended, "opponent": met, "_opponent": ended}


def observation_space(game: GameSpec, show_seat: bool) -> spaces.Box:
    """What one board shows."""
    size = int(np.prod(game.observation)) + (game.seats if show_seat else 0)
    return spaces.Box(-np.inf, np.inf, (size,), np.float32)
