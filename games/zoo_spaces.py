"""What the agents of a PettingZoo environment may see and do, as the arrays of fixed size that a game of ours shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from games.errors import BadSpec

MASK = "action_mask"  # where environments put what is legal: into the observation, or into the info
_SEEN = "observation"


class Spaces:
    """The spaces of all agents, in the order of their seats. Raises `BadSpec` where they are not discrete actions and
    views of fixed sizes."""

    def __init__(self, env: Any, agents: Sequence[str]) -> None:
        from gymnasium import spaces

        self._spaces, self._agents = spaces, agents
        self._acts = [env.action_space(agent) for agent in agents]
        for agent, space in zip(agents, self._acts, strict=True):
            if not isinstance(space, spaces.Discrete):
                raise BadSpec(
                    f"{agent!r} has the actions {space}; a league's actions are numbered one by one (Discrete)",
                    hint="take an environment with discrete actions, or a wrapper that numbers them",
                )
        self._views = [self._view_of(env.observation_space(agent)) for agent in agents]
        self.shape = self._shape()

    @property
    def actions(self) -> int:
        """A: of the agent that has most."""
        return max(int(space.n) for space in self._acts)

    def action(self, seat: int, action: int) -> int:
        """An action of ours as the environment counts them."""
        return int(self._acts[seat].start) + action

    def legal(self, seat: int, seen: Any, info: Mapping[str, Any] | None) -> list[int]:
        """What a mask in the observation or the info allows, or all there is."""
        for told in (seen, info):
            if isinstance(told, Mapping) and MASK in told:
                return np.flatnonzero(np.asarray(told[MASK])[: int(self._acts[seat].n)]).tolist()
        return list(range(int(self._acts[seat].n)))

    def features(self, seat: int, seen: Any) -> NDArray[np.float32]:
        """What an agent sees, in `shape`; flat ones are filled up with zeros where another agent sees more."""
        inner = seen[_SEEN] if isinstance(seen, Mapping) and MASK in seen and _SEEN in seen else seen
        if self._plain:
            return np.asarray(inner, np.float32).reshape(self.shape)
        flat = np.asarray(self._spaces.flatten(self._views[seat], inner), np.float32)
        return np.pad(flat, (0, self.shape[0] - len(flat)))

    def _view_of(self, space: Any) -> Any:
        """The space of an observation, without the mask that stands beside it."""
        if isinstance(space, self._spaces.Dict) and MASK in space.spaces and _SEEN in space.spaces:
            return space.spaces[_SEEN]
        return space

    def _shape(self) -> tuple[int, ...]:
        """That of all views where they are arrays of one shape; else the length of the longest, written out flat."""
        shapes = {view.shape for view in self._views}
        arrays = all(isinstance(view, (self._spaces.Box, self._spaces.MultiBinary)) for view in self._views)
        self._plain = arrays and len(shapes) == 1 and shapes != {()}
        if self._plain:
            return tuple(map(int, shapes.pop()))
        try:
            return (max(int(self._spaces.flatdim(view)) for view in self._views),)
        except (NotImplementedError, ValueError) as error:
            raise BadSpec(
                f"views of this kind have no fixed size: {error}", hint="wrap the environment so that it shows a Box"
            ) from None
