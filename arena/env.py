"""The league as an environment of gymnasium's, for training loops that are not ours: one board.

    env = league.env("connect_four", opponents="pfsp")
    observation, info = env.reset(seed=1)
    observation, reward, terminated, truncated, info = env.step(action)     # info["action_mask"] (A,) bool

It is `arena.vector_env` with a single board, and what is said there holds here. `info["opponent"]` is who sits opposite,
`info["seat"]` where the learner sits. What a program among the opponents needs is let go of by `env.close()`.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from arena.boards import Boards
from arena.vector_env import Array, LeagueVectorEnv


class LeagueEnv(gymnasium.Env[Array, np.int64]):
    """One board. With `show_seat`, observations end with the learner's seat, one-hot."""

    metadata = {"render_modes": ["ansi"]}  # noqa: RUF012

    def __init__(self, boards: Boards, game: str, *, show_seat: bool = False, render_mode: str | None = None) -> None:
        self._many = LeagueVectorEnv(boards, game, show_seat=show_seat, render_mode=render_mode)
        self.opponents, self.game, self.show_seat, self.render_mode = boards.opponents, game, show_seat, render_mode
        self.observation_space, self.action_space = self._many.single_observation_space, self._many.single_action_space
        self._over: tuple[Array, dict[str, Any]] | None = None  # what the next reset answers

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """A new match."""
        self._many.demand_open()
        super().reset(seed=seed)
        if seed is None and self._over is not None:  # it began when the last one was over
            begun, self._over = self._over, None
            return begun
        observations, infos = self._many.reset(seed=seed)
        self._over = None
        return observations[0], _info(infos)

    def step(self, action: np.int64) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """One decision of the learner."""
        self._many.demand_open()
        if self._over is not None:
            raise gymnasium.error.ResetNeeded("the match is over: call reset first")
        observations, rewards, terminations, _, infos = self._many.step(np.asarray(action).reshape(-1))
        if not terminations[0]:
            return observations[0], float(rewards[0]), False, False, _info(infos)
        self._over = observations[0], _info(infos)
        info = _info(infos["final_info"] | {"action_mask": np.zeros_like(infos["action_mask"])})
        return infos["final_obs"][0], float(rewards[0]), True, False, info

    def action_masks(self) -> Array:
        """(A,) bool: the legal actions now, as sb3-contrib asks for them."""
        mask: Array = self._many.action_masks()[0]
        return mask

    def render(self) -> Any:
        """The board as text, unless the render mode is None."""
        pictures = self._many.render()
        return pictures and pictures[0]

    def refresh(self) -> None:
        """Whoever joined the league meanwhile is met in every match that begins from now on."""
        self._many.refresh()

    def close(self) -> None:
        """Lets go of the opponents: programs among them end."""
        self._many.close()


def _info(infos: dict[str, Any]) -> dict[str, Any]:
    """What is told of the one board."""
    return {
        "action_mask": infos["action_mask"][0],
        "seat": int(infos["seat"][0]),
        "opponent": infos["opponent"][0],
    }
