"""Opponents for a training loop that is not ours: drawn from the league's pool by a mix, and counted by what came of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from arena.encounters import Encounters
from arena.match import LIVING, Checkpoint
from arena.pool import MIXES, Candidate, Draw, Tally, often
from arena.rows import DrawRow
from games.chance import permutation
from games.errors import BadSpec

Objects = NDArray[Any]  # of draws
Floats = NDArray[np.float64]
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
        self._told: list[tuple[Objects, Floats]] = []  # matches that the tally does not know yet
        self._pool, tally = gather()
        self._begun = tally
        self.encounters = Encounters(Checkpoint(name, LIVING, "", None, "living"), tally)
        self._candidates = self.encounters.candidates(self._pool)
        self._choices = self._to_choose()
        self.decisions = 0  # of the learner, since its last snapshot
        self.begin(0)

    def begin(self, seed: int) -> None:
        """Draws by this seed from now on."""
        self._chance, self._seed, self._drawn = random.Random(seed), seed, 0

    def refresh(self) -> None:
        """Looks again at who is in the league. What was met since is not forgotten."""
        self._count()
        self._pool, _ = self._gather()

    def draw(self, matches: int) -> tuple[list[Draw], Tensor]:
        """Who is drawn for so many matches, by all that is known by now; and which of them each match (N,) int64 is for, in
        an order that tells nothing."""
        self._count()
        self._candidates = self.encounters.candidates(self._pool)
        self._choices = self._to_choose()
        times = often(self._choices, matches, self._chance)
        drawn = [(choice, count) for choice, count in zip(self._choices, times, strict=True) if count]
        order, self._drawn = permutation(torch.tensor(self._seed), self._drawn, matches), self._drawn + 1
        which = torch.arange(len(drawn)).repeat_interleave(torch.tensor([count for _, count in drawn]))
        return [choice for choice, _ in drawn], which[order]

    def tell(self, matches: Objects, margins: Floats) -> None:
        """What came of matches, each by its draw: by how much the learner was above its opponent (N,), NaN where that tells
        nothing."""
        self._told.append((matches, margins))

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
            draws, margins = map(np.concatenate, zip(*self._told, strict=True))
            self.encounters.remember(self._choices, draws, margins, self._candidates)
            self._told = []

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
