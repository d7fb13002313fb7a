"""The league as a vector environment of gymnasium's, for training loops that are not ours: many boards in one batch.

    envs = league.vector_env("connect_four", boards=256, opponents="pfsp")
    observations, infos = envs.reset(seed=1)
    observations, rewards, terminations, truncations, infos = envs.step(actions)     # infos["action_mask"] (B, A) bool

Observations are flat. An opponent is drawn for each match when it begins, and moves inside `step`. An illegal action loses
the match. Where a match is over, the next one begins in the same step (gymnasium's same-step autoreset): observation and
infos are those of the next; `infos["final_obs"]` and `infos["final_info"]` have the last ones. A match that the rules cut
short for its length is terminated like any other: that is how the league counts it. A match's rewards sum to its return.

Dimensions: B boards, A actions, N matches that are over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray
from torch import Tensor

from agents.nets import inputs
from arena import torch_settings
from arena.boards import Boards, Seen, Stepped
from arena.errors import BadConfig
from arena.replies import Invalid, read_actions
from games.spec import GameSpec

Array = NDArray[Any]


class LeagueVectorEnv(VectorEnv[Array, Array, Array]):
    """B boards side by side. With `show_seat`, observations end with the learner's seat, one-hot."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP, "render_modes": ["ansi"]}  # noqa: RUF012

    def __init__(self, boards: Boards, game: str, *, show_seat: bool = False, render_mode: str | None = None) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise BadConfig(f"expected render_mode 'ansi' or None, got {render_mode!r}")
        self.boards, self.opponents, self.game, self.show_seat = boards, boards.opponents, game, show_seat
        self.render_mode, self.num_envs = render_mode, boards.count
        self.single_observation_space = observation_space(boards.game.spec, show_seat)
        self.single_action_space = spaces.Discrete(boards.game.spec.actions)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._seen: Seen | None = None
        self._opposite = np.full(self.num_envs, None, dtype=object)  # (B,): who sits there

    @torch_settings.fixed()
    def reset(self, *, seed: int | None = None, options: Mapping[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """New matches on all boards, by one seed for all. Without a seed, those that would have come next."""
        self.demand_open()
        self._seen = self.boards.go_on() if seed is None else self.boards.begin(seed)
        self._meet(torch.arange(self.num_envs))
        return self.shown(self._seen.features, self._seen.seat), self._infos(self._seen)

    @torch_settings.fixed()
    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        """One decision of the learner on every board: actions (B,). Raises `BadConfig` unless they are integers."""
        self.seen()
        try:
            answers = read_actions(actions, torch.Size((self.num_envs,)), torch.device("cpu"))
        except Invalid as invalid:
            raise BadConfig(
                f"expected an action for each of {self.num_envs} boards: {invalid}", hint="illegal ones lose"
            ) from None
        self._seen = None  # until the step is done: one that was interrupted cannot be gone on from
        stepped = self.boards.step(answers)
        self._seen, done = (seen := stepped.seen), stepped.done.numpy()
        infos = self._endings(stepped) | self._infos(seen)
        return self.shown(seen.features, seen.seat), stepped.reward.numpy(), done, np.zeros_like(done), infos

    def action_masks(self) -> Array:
        """(B, A) bool: the legal actions now, as sb3-contrib asks for them."""
        return self.seen().legal.numpy()

    def render(self) -> Any:
        """The boards as text, unless the render mode is None."""
        game, state = self.boards.game, self.boards.state
        return tuple(game.render(state, board) for board in range(self.num_envs)) if self.render_mode is not None else None

    def refresh(self) -> None:
        """Whoever joined the league meanwhile is met in every match that begins from now on."""
        self.demand_open()
        self.boards.refresh()

    def close_extras(self, **kwargs: Any) -> None:
        """Lets go of the opponents: programs among them end."""
        self.boards.close()

    def demand_open(self) -> None:
        """Raises `ClosedEnvironmentError`: the opponents are gone."""
        if self.closed:
            raise ClosedEnvironmentError("the environment is closed: open another, as in league.env(GAME)")

    def seen(self) -> Seen:
        """What the learner sees now. Raises `ClosedEnvironmentError`, `ResetNeeded`."""
        self.demand_open()
        if self._seen is None:
            raise ResetNeeded("no match is on its way, or a step was interrupted: call reset first")
        return self._seen

    def shown(self, features: Tensor, seat: Tensor) -> Array:
        """(N, I) float32: what the learner is shown of matches in which it sees `features` (N, ...) from `seat` (N,)."""
        if not self.show_seat:
            return features.flatten(1).numpy()
        return inputs(features, seat, seats=self.boards.game.spec.seats).numpy()

    def _infos(self, seen: Seen) -> dict[str, Any]:
        return {"action_mask": seen.legal.numpy(), "seat": seen.seat.numpy(), "opponent": self._opposite.copy()}

    def _meet(self, boards: Tensor) -> None:
        self._opposite[boards.numpy()] = self.opponents.names[self.boards.met(boards).numpy()]

    def _endings(self, stepped: Stepped) -> dict[str, Any]:
        """What is told of matches that are over, in arrays with nothing where a board goes on."""
        over, ended = stepped.over.numpy(), stepped.done.numpy()
        if not len(over):
            return {}
        final, seat, met = np.empty(self.num_envs, object), np.zeros(self.num_envs, int), np.empty(self.num_envs, object)
        final[over] = np.fromiter(self.shown(stepped.last, stepped.seat), object, len(over))  # an array for each board
        seat[over], met[over] = stepped.seat.numpy(), self._opposite[over]
        self._meet(stepped.over)
        info = {"seat": seat, "_seat": ended, "opponent": met, "_opponent": ended}
        return {"final_obs": final, "_final_obs": ended, "final_info": info, "_final_info": ended}


def observation_space(game: GameSpec, show_seat: bool) -> spaces.Box:
    """What one board shows."""
    size = int(np.prod(game.observation)) + (game.seats if show_seat else 0)
    return spaces.Box(-np.inf, np.inf, (size,), np.float32)
