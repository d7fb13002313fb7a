"""A policy as a table over the information sets of a small game: read from an agent, or played by one.

Dimensions: H information sets, A actions, R rows.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.scripted.uniform import draw
from games.errors import ArenaError, BadSpec, UnknownName
from games.registry import GAMES
from games.spec import GameSpec
from games.tree import Floats, NotExact, Tree, grow

_SAY = "say which game it is, as in cfr(rules='matrix([[1, 0], [0, 2]])')"
_ROUNDING = 1e-4  # how far probabilities of float32 may be from a sum of 1


def read_table(agent: Agent, tree: Tree) -> Floats:
    """The policy (H, A) of an agent, by its own word. Raises `ArenaError` where it does not tell, or tells nonsense."""
    sets = len(tree.legal)
    seen = Observation(
        features=tree.features.clone(),
        legal=torch.from_numpy(tree.legal.copy()),
        seat=torch.from_numpy(tree.seat.copy()),
        step=torch.from_numpy(tree.step.copy()),
        seed=torch.zeros(sets, dtype=torch.int64),
        row=torch.arange(sets),
        member=torch.zeros(sets, dtype=torch.int64),
    )
    told: Floats = agent.probabilities(seen).double().numpy()
    sound = told.shape == tree.legal.shape and bool((told >= 0).all()) and not told[~tree.legal].any()
    if not sound or not np.allclose(total := told.sum(1, keepdims=True), 1, rtol=0, atol=_ROUNDING):
        raise ArenaError(
            f"expected probabilities {tree.legal.shape} of legal actions, each row's sum 1, from {type(agent).__name__}",
            hint="see `probabilities` in agents/core.py",
        )
    table: Floats = told / total
    return table


class Tabular(Agent):
    """Plays a table (H, A) that a subclass makes in `solve`, when it is first asked."""

    def __init__(self, game: GameSpec, rules: str) -> None:
        super().__init__(game)
        if not game.zero_sum:
            raise BadSpec(
                f"{type(self).__name__} solves zero-sum games of two seats, and {game.name!r} is none",
                hint="'uniform' plays any game",
            )
        self.rules = rules or game.text or game.name
        try:
            self.tree = written_out(self.rules)
        except (BadSpec, UnknownName) as error:
            if rules or game.text:
                raise
            raise BadSpec(f"{game.name!r} cannot be made by its name: {error}", hint=_SAY) from None
        except NotExact as error:
            raise NotExact(error.cause, hint="ppo and dqn learn any game, 'uniform' plays any") from None
        if self.tree.spec != game:
            raise BadSpec(f"the game that is played is not {self.rules!r}", hint=_SAY)

    def solve(self) -> Floats:
        """The policy (H, A); kept by the subclass for all who ask in this process."""
        raise NotImplementedError

    def act(self, observation: Observation) -> Tensor:
        return draw(self.probabilities(observation), observation)

    def probabilities(self, observation: Observation) -> Tensor:
        place = self.tree.find(observation.step, observation.seat, observation.features, observation.legal)
        return torch.from_numpy(self.solve()[place])


@lru_cache(maxsize=8)
def written_out(game: str) -> Tree:
    """The tree of the game that a spec names. Raises `NotExact`, and what the registry raises."""
    return grow(GAMES.make(game))
