"""Opponents for a training loop that is not ours: drawn from the league's pool by a mix, and counted by what came of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from arena.encounters import Encounters
from arena.match import LIVING, Checkpoint
from arena.pool import MIXES, Candidate, Draw, Tally, draw
from arena.rows import DrawRow
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
        self._chance = random.Random(0)
        self._told: list[Draw] = []  # matches that the tally does not know yet
        self._margins: list[float | None] = []
        self._pool, tally = gather()
        self._begun = tally
        self.encounters = Encounters(Checkpoint(name, LIVING, "", None, "living"), tally)
        self._candidates = self.encounters.candidates(self._pool)
        self._choices = self._to_choose()
        self.decisions = 0  # of the learner, since its last snapshot

    def begin(self, seed: int) -> None:
        """Draws by this seed from now on."""
        self._chance.seed(seed)

    def refresh(self) -> None:
        """Looks again at who is in the league. What was met since is not forgotten."""
        self._count()
        self._pool, _ = self._gather()

    def draw(self, matches: int) -> list[Draw]:
        """An opponent for each of so many matches, in an order that tells nothing, by all that is known by now."""
        self._count()
        self._candidates = self.encounters.candidates(self._pool)
        self._choices = self._to_choose()
        drawn = draw(self._choices, matches, self._chance)
        self._chance.shuffle(drawn)
        return drawn

    def tell(self, matches: Sequence[Draw], margins: Sequence[float | None]) -> None:
        """What came of matches: by how much the learner was above its opponent, None where that tells nothing."""
        self._told += matches
        self._margins += margins

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
            self.encounters.remember(self._choices, self._told, self._margins, self._candidates)
            self._told, self._margins = [], []

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
