"""Players of connect four and tic-tac-toe, from common sense to perfection: the rungs of a ladder for learners to climb.

They see planes (2, height, width), mine and theirs, row 0 on top. Among moves that they hold equally good each row's own
seed decides, so that no two games need be alike.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.scripted.bitboards import Grid
from agents.scripted.minimax import Search
from agents.scripted.needs import need
from agents.scripted.uniform import draw, shares
from games.arguments import whole
from games.spec import GameSpec

_DEEPEST = 10  # plies: all of tic-tac-toe; of connect four 0.2 s a move, and each ply more doubles it or worse
_REMEMBERED = 1 << 16  # boards whose best moves an agent keeps: openings come again and again


class Tactician(Agent):
    """Wins where it can, else blocks where it must, else plays at random."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game)
        self.grid = Grid.of(game, agent="tactician")

    def act(self, observation: Observation) -> Tensor:
        return draw(self._choices(observation), observation)

    def probabilities(self, observation: Observation) -> Tensor:
        return shares(self._choices(observation))

    def _choices(self, observation: Observation) -> Tensor:
        mine, theirs = self.grid.read(observation.features)  # (R,) each
        moves = self.grid.moves(mine | theirs)
        wins, blocks = moves & self.grid.threats(mine), moves & self.grid.threats(theirs)
        chosen = torch.where(wins != 0, wins, torch.where(blocks != 0, blocks, moves))
        return self.grid.covering(chosen)


class Minimax(Agent):
    """Looks `depth` plies ahead by alpha-beta; a draw of lots among the best moves."""

    def __init__(self, game: GameSpec, depth: int = 4) -> None:
        super().__init__(game)
        self.grid = Grid.of(game, agent="minimax")
        search = Search(self.grid, whole("depth", depth, low=1, high=_DEEPEST))
        self.best = lru_cache(_REMEMBERED)(search.best)

    def act(self, observation: Observation) -> Tensor:
        return draw(self._choices(observation), observation)

    def probabilities(self, observation: Observation) -> Tensor:
        return shares(self._choices(observation))

    def _choices(self, observation: Observation) -> Tensor:
        mine, theirs = self.grid.read(observation.features)  # (R,) each
        best = [self.best(*sides) for sides in zip(mine.tolist(), theirs.tolist(), strict=True)]
        return self.grid.covering(torch.tensor(best, dtype=torch.int64, device=mine.device))


class Perfect(Minimax):
    """Solves tic-tac-toe to its end: it never loses, and wins as soon as the other errs."""

    def __init__(self, game: GameSpec) -> None:
        need(game.name == "tic_tac_toe", game, agent="perfect", needs="'tic_tac_toe'")
        super().__init__(game, depth=game.actions)
