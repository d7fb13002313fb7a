"""Opponents for a training loop that is not ours: drawn from the league's pool by a mix, and counted by what came of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from arena.encounters import Encounters
from arena.match import LIVING, Checkpoint
from arena.pool import MIXES, Candidate, Draw, draw
from arena.rows import DrawRow
from arena.tally import Tally
from games.errors import BadSpec

Gather = Callable[[], tuple[Sequence[Candidate], Tally]]  # the pool as it stands in the league, oldest first, and the tally


@dataclass(frozen=True)
class Lessons:
    """What a learner went through since its last snapshot."""

    begun: Tally  # what it remembered then
    tally: Tally  # with all that it remembers from before
    met: tuple[DrawRow, ...]
    decisions: int


class Opponents:
    """Whom the learner `name` meets. The living self cannot be asked from here: its newest checkpoint stands in for it."""

    def __init__(self, name: str, mix: str, gather: Gather) -> None:
        self.name, self._mix, self._gather = name, MIXES.make(mix), gather
        self.drawn: list[Draw] = []  # the first for every opponent and reason that came up yet: its place is its number
        self.names = np.empty(0, object)  # of those opponents
        self._numbers: dict[tuple[Checkpoint | None, str], int] = {}
        self._told: list[tuple[Tensor, Tensor, Tensor]] = []  # matches that the tally does not know yet
        self._pool, tally = gather()
        self._begun = tally
        self.encounters = Encounters(Checkpoint(name, LIVING, "", None, "living"), tally)
        self._candidates = self.encounters.candidates(self._pool)
        self._choices = self._to_choose()
        self.decisions = 0  # of the learner, since its last snapshot
        self.begin(0)

    def begin(self, seed: int) -> None:
        """Draws by this seed from now on."""
        self._chance = random.Random(seed)

    def refresh(self) -> None:
        """Looks again at who is in the league. What was met since is not forgotten."""
        self._pool, _ = self._gather()

    def draw(self, lots: Tensor) -> Tensor:
        """Who is drawn for each match, by all that is known by now: numbers of `drawn` (N,) int64. The lots (N,) are random
        numbers: by their order it is said who of the drawn is for which match."""
        self._count()
        self._candidates = self.encounters.candidates(self._pool)
        self._choices = self._to_choose()
        numbers = np.array([self._number(choice) for choice in self._choices])
        if len(self.names) < len(self.drawn):
            self.names = np.array([str(one.opponent) for one in self.drawn], object)
        return torch.from_numpy(numbers[draw(self._choices, len(lots), self._chance)])[lots.argsort()]

    def tell(self, which: Tensor, seat: Tensor, returns: Tensor) -> None:
        """What came of matches: the number of each one's draw (N,), the learner's seat (N,), and what every seat earned
        (N, P)."""
        self._told.append((which, seat, returns))

    def lessons(self) -> Lessons:
        """What is to be remembered with a snapshot."""
        self._count()
        return Lessons(self._begun, self.encounters.tally, self.encounters.met, self.decisions)

    def remembered(self) -> None:
        """A snapshot has the lessons: from now on others are collected."""
        self._begun = self.encounters.tally
        self.encounters = Encounters(self.encounters.living, self._begun)
        self.decisions = 0

    def _count(self) -> None:
        if self._told:
            which, seat, returns = map(torch.cat, zip(*self._told, strict=True))
            own = seat.unsqueeze(1)
            margins = returns.gather(1, own).squeeze(1) - returns.scatter(1, own, -torch.inf).amax(1)
            self.encounters.remember(
                self._choices,
                self.drawn,
                which=which.numpy(),
                margins=margins.double().numpy(),
                candidates=self._candidates,
            )
            self._told = []

    def _number(self, choice: Draw) -> int:
        why = choice.opponent, choice.branch
        if (number := self._numbers.get(why)) is None:
            number = len(self.drawn)
            self.drawn.append(choice)
            self._numbers[why] = number  # last: one that is interrupted is numbered anew
        return number

    def _to_choose(self) -> list[Draw]:
        """What the mix gives to choose from. Raises `BadSpec` where that is nobody but the living self."""
        newest = next((one.checkpoint for one in reversed(self._candidates) if one.own), None)
        there = [
            Draw(choice.opponent or newest, choice.branch, choice.probability)
            for choice in self._mix(self._candidates)
            if choice.probability > 0 and (choice.opponent or newest)
        ]
        if not there:
            raise BadSpec(
                f"the opponent mix {self._mix.text!r} draws nobody but the learner itself, which has no checkpoint yet",
                hint="choose another, such as 'uniform' or 'pfsp', or take a snapshot of the learner first",
            )
        total = sum(choice.probability for choice in there)
        return [Draw(choice.opponent, choice.branch, choice.probability / total) for choice in there]
