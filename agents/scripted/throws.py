"""Throws that never learn: rock for ever, or a loaded die. What every matrix-game learner should exploit at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from agents.core import Agent, Observation, only_reads
from agents.scripted.needs import need
from agents.scripted.uniform import draw, shares
from games.arguments import number, whole
from games.errors import BadSpec
from games.spec import GameSpec


class Biased(Agent):
    """Throws action a with a probability proportional to `weights[a]`; where none of those is legal, uniformly."""

    def __init__(self, game: GameSpec, weights: Sequence[float]) -> None:
        super().__init__(game)
        need(len(weights) == game.actions, game, agent="biased", needs=f"a game of {len(weights)} actions, one a weight")
        self.weights = tuple(number("each weight", weight, low=0) for weight in weights)
        if not any(self.weights):
            raise BadSpec(f"biased needs weights that are not all zero, got {list(weights)!r}")

    @only_reads
    def act(self, observation: Observation) -> Tensor:
        return draw(self._weights(observation.legal), observation)

    def probabilities(self, observation: Observation) -> Tensor:
        return shares(self._weights(observation.legal))

    def _weights(self, legal: Tensor) -> Tensor:
        liked = legal * torch.tensor(self.weights, device=legal.device)  # (R, A)
        return torch.where(liked.any(1, keepdim=True), liked, legal)


class Fixed(Biased):
    """Throws one action for ever, wherever it is legal."""

    def __init__(self, game: GameSpec, action: int) -> None:
        whole("action", action, low=0)
        need(action < game.actions, game, agent=f"fixed({action})", needs=f"a game that has an action {action}")
        super().__init__(game, [float(other == action) for other in range(game.actions)])


class Rock(Fixed):
    """Good old rock: nothing beats that."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(_three(game, "rock"), 0)


class Paper(Fixed):
    """Paper, always."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(_three(game, "paper"), 1)


class Scissors(Fixed):
    """Scissors, always."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(_three(game, "scissors"), 2)


def _three(game: GameSpec, agent: str) -> GameSpec:
    need(game.simultaneous and game.actions == 3, game, agent=agent, needs="simultaneous throws of rock, paper, scissors")
    return game
