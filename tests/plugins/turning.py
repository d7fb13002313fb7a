"""Users' code that is not tomorrow what it is today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from agents.core import Agent, Learner, Observation, Weights
from agents.scripted.uniform import Uniform
from agents.trajectory import Trajectory
from games.tic_tac_toe import TicTacToe

WAY = "well"  # how a `Breaking` learner breaks
VERSION = 1  # of `Changing`'s rules


class Changing(TicTacToe):
    """Tic-tac-toe whose rules get a new version."""

    def __init__(self) -> None:
        self.spec = replace(super().spec, version=VERSION)


class Breaking(Learner):
    """Plays uniformly, and breaks in the way that `WAY` says as soon as it has learned."""

    def __init__(self, game, *, seed: int = 0) -> None:  # type: ignore[no-untyped-def]
        super().__init__(game, seed=seed)
        self.weights = {"w": torch.zeros(2)}
        self.memory = {"lessons": torch.tensor(0)}

    def act(self, observation: Observation) -> Tensor:
        return Uniform(self.game).act(observation)

    def learn(self, trajectory: Trajectory) -> dict[str, float]:
        self.memory["lessons"] += 1
        if WAY == "raises":
            raise ValueError("no")
        if WAY == "nan_weights":
            self.weights["w"][0] = torch.nan
        if WAY == "nan_state":
            self.memory["loss"] = torch.tensor(torch.nan)
        if WAY == "other_shape":
            self.weights["w"] = torch.zeros(3)
        return {"loss": None} if WAY == "no_metrics" else {"loss": 0.0}  # type: ignore[dict-item]

    def state(self) -> dict[str, Tensor]:
        return {name: tensor.clone() for name, tensor in {**self.weights, **self.memory}.items()}

    def load_state(self, state: Weights) -> None:
        self.weights, self.memory = {"w": state["w"].clone()}, {"lessons": state["lessons"].clone()}

    def policy(self) -> dict[str, Tensor]:
        return {"w": self.weights["w"].clone()}

    def frozen(self, policies: Sequence[Weights]) -> Agent:
        return Uniform(self.game)


class Polite(Uniform):
    """Notes that it was made, and that it was let go of."""

    def __init__(self, game, notes: str) -> None:  # type: ignore[no-untyped-def]
        super().__init__(game)
        self.notes = Path(notes)
        self._note("made")

    def close(self) -> None:
        self._note("closed")

    def _note(self, what: str) -> None:
        with self.notes.open("a") as notes:
            notes.write(f"{what}\n")


class Leaky(Breaking):
    """Gives its own tensors away, so that what was saved changes with every lesson."""

    def state(self) -> dict[str, Tensor]:
        return {**self.weights, **self.memory}
