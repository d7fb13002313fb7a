"""The strategies of the Axelrod library (Knight et al. 2016, J. Open Research Software 4) as agents of the dilemmas.

    axelrod("TitForTat")
    axelrod("GTFT", options={"p": 0.2})

A strategy is told how many rounds there are, as in the library's own matches, and the library's usual pay; it is not told
of noise. Those that read or change their opponent's code need an opponent who has some, and are refused. Needs the extra
`axelrod`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.scripted.dilemma import DEFECT, dilemma
from games import arguments
from games.errors import BadSpec, MissingExtra, UnknownName, meant
from games.foreign import Raised, foreign
from games.spec import GameSpec

_SEEDS = (1 << 32) - 1  # its generators take seeds of 32 bits
_MEDDLERS = ("inspects_source", "manipulates_source", "manipulates_state")


@dataclass
class _Match:
    """What a row remembers: both players as the library has them, and the last answer."""

    player: Any
    other: Any
    step: int = -1
    answer: int = 0


class Axelrod(Agent):
    """One strategy of the library by the name of its class, with keywords `options`.

    Raises `MissingExtra`, `UnknownName`, or `BadSpec` for a strategy that cannot be played by what a seat sees.
    """

    def __init__(self, game: GameSpec, strategy: str, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(dilemma(game))
        self.library = _library()
        self._strategy = self._found(strategy)
        self._options = arguments.options(options)
        self._matches: dict[int, _Match] = {}  # by row
        self._new(seed=0)

    def reset(self, rows: Tensor, seeds: Tensor) -> None:
        for row, seed in zip(rows.tolist(), seeds.tolist(), strict=True):
            self._matches[row] = _Match(self._new(seed=seed & _SEEDS), self.library.MockPlayer())

    def act(self, observation: Observation) -> Tensor:
        last = observation.features[:, :4].argmax(1).tolist()  # CC, CD, DC, DD, mine first
        told = zip(observation.row.tolist(), observation.step.tolist(), last, strict=True)
        return torch.tensor([self._answer(*one) for one in told], device=observation.row.device)

    def _answer(self, row: int, step: int, last: int) -> int:
        match, actions = self._matches[row], self.library.Action
        if match.step != step:  # else it is asked again
            if step > 0:
                mine, theirs = (actions.D if bit else actions.C for bit in divmod(last, 2))
                match.player.update_history(mine, theirs)
                match.other.update_history(theirs, mine)
            match.answer = DEFECT if match.player.strategy(match.other) == actions.D else 1 - DEFECT
            match.step = step
        return match.answer

    def _new(self, *, seed: int) -> Any:
        """A player at the start of a match."""
        try:
            with foreign():
                player = self._strategy(**self._options)
                player.set_match_attributes(length=self.game.max_steps)
                player.set_seed(seed)
        except Raised as raised:
            raise BadSpec(
                f"{self._strategy.__name__} cannot be made: {raised}", hint='its keywords are options={"name": value}'
            ) from raised.__cause__
        return player

    def _found(self, name: str) -> Any:
        known = {one.__name__: one for one in self.library.all_strategies}
        if name not in known:
            raise UnknownName(
                f"the Axelrod library has no strategy {name!r}{meant(str(name), known)}",
                hint="python -c 'import axelrod; print(axelrod.all_strategies)' lists them",
            )
        meddles = [what for what in _MEDDLERS if known[name].classifier.get(what)]
        if meddles:
            raise BadSpec(
                f"{name} {meddles[0].replace('_', ' ')} of its opponent, and here a seat sees what was played and no more",
                hint="take another strategy",
            )
        return known[name]


def _library() -> Any:
    try:
        import axelrod
    except ImportError as error:
        raise MissingExtra("the Axelrod library is not installed", hint="pip install 'arena-league[axelrod]'") from error
    return axelrod
