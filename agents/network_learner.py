"""What all learners with networks share: how they are saved, loaded, frozen, counted and moved.

The network that acts is the policy. Whatever else a learner goes on with - optimizer, target networks, a magnet, a buffer -
is saved beside it, by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import torch
from torch import Tensor, nn

from agents.buffer import Ring
from agents.core import Agent, Learner, Weights
from agents.nets import Adam, all_finite, copied, copy_into
from agents.weights import check, prefixed, select
from games.errors import ArenaError
from games.spec import GameSpec

_BUFFER = "buffer"  # before the names of what is remembered


class NetworkLearner(Learner):
    """A subclass makes its parts in `_begin`, and says which of them are its weights, and what plays when it is frozen."""

    memory: Ring | None = None  # of decisions, where it learns off policy

    def __init__(self, game: GameSpec, *, seed: int = 0) -> None:
        super().__init__(game, seed=seed)
        self.unit = max(abs(bound) for bound in game.return_range) or 1.0  # returns are learned in this unit
        self.steps = self.updates = 0  # decisions learned from or seen; steps of the optimizer

    def _begin(self) -> None:
        """Makes every network, optimizer and buffer as new."""
        raise NotImplementedError

    def _parts(self) -> Sequence[nn.Module | Adam | Ring]:
        """All that moves to a device."""
        raise NotImplementedError

    def _policies(self) -> Sequence[Weights]:
        """The live weights of the network that acts, and after them of its copies, which begin as it does."""
        raise NotImplementedError

    def _live(self) -> dict[str, Tensor]:
        """All live tensors but the buffer's, by the names under which they are saved."""
        raise NotImplementedError

    def _frozen(self, policies: Sequence[Weights]) -> Agent:
        """What plays K policies whose names, shapes and dtypes fit."""
        raise NotImplementedError

    @property
    def device(self) -> torch.device:
        return next(iter(self._policies()[0].values())).device

    def state(self) -> dict[str, Tensor]:
        remembered = {} if self.memory is None else prefixed(_BUFFER, self.memory.state())
        return {**copied(self._live()), **self._counters(), **remembered}

    def load_state(self, state: Weights) -> None:
        rest = {name: tensor for name, tensor in state.items() if self.memory is None or not name.startswith(f"{_BUFFER}.")}
        check(rest, {**self._live(), **self._counters()})
        if self.memory is not None:
            self.memory.load_state(select(state, _BUFFER))
        copy_into(self._live(), rest)
        self.steps, self.updates = int(rest["steps"]), int(rest["updates"])

    def _counters(self) -> dict[str, Tensor]:
        return {"steps": torch.tensor(self.steps), "updates": torch.tensor(self.updates)}

    def policy(self) -> dict[str, Tensor]:
        return copied(self._policies()[0])

    def load_policy(self, policy: Weights) -> None:
        check(policy, self._policies()[0])
        device = self.device
        self.steps = self.updates = 0
        self._begin()
        for weights in self._policies():
            copy_into(weights, policy)
        self.to(device)

    def frozen(self, policies: Sequence[Weights]) -> Agent:
        for policy in policies:
            check(policy, self._policies()[0])
        return self._frozen(policies)

    def to(self, device: torch.device | str) -> Self:
        for part in self._parts():
            part.to(device)
        return self

    def _report(self, metrics: dict[str, Tensor], weights: Iterable[Tensor]) -> dict[str, float]:
        """Metrics as numbers, and the counters. Raises `ArenaError` where one of them, or a weight, is not finite."""
        if not all_finite([*metrics.values(), *weights]):
            raise ArenaError(
                f"{type(self).__name__.lower()} diverged by update {self.updates}: its loss or a weight is not finite",
                hint="lower lr",
            )
        numbers = {name: float(metric) for name, metric in metrics.items()}
        return {**numbers, "steps": self.steps, "updates": self.updates}
