"""Ladder: most uncertain first, against somebody near. Places a newcomer soon, and spends nothing on foregone matches.

Of each table the first member is whoever is most uncertain; the others are drawn from the `NEAREST` by mu, where each
meeting in this round counts as a step away. A share of all tables is drawn at random, so that the field stays connected
and a rating that is wrong by luck is found out. Ratings are those of all matches so far, stage by stage.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

from arena.match import Checkpoint, Pairing
from arena.matchmaking.schedule import MOST, mirrored
from arena.matchmaking.stages import GROWTH, Encounter, Extent, Group, Span, contested
from arena.pool import Pool
from games.arguments import number, whole
from games.chance import derive
from games.spec import Flavour

NEAREST = 3  # as many by mu are drawn from
REMATCH = 1.0  # how many of its own sigmas a member seems farther away for each meeting in this round
LEARNED = 0.7  # what is left of a sigma after a meeting, as long as it is not known: so a stage is spread over many


@dataclass(frozen=True)
class Ladder:
    """`games` is what a checkpoint plays in a round, on average; `random` the share of tables drawn at random.

    An `endless` one goes on until something else ends the round, such as the sigmas that it has come to.
    """

    games: int = 40
    random: float = 0.05
    endless: bool = False
    tournament: ClassVar[bool] = False

    def __post_init__(self) -> None:
        whole("games", self.games, low=1, high=MOST)
        number("random", self.random, low=0.0, high=1.0)

    def stage(self, pool: Pool, *, past: Sequence[Encounter], seats: int, flavour: Flavour, seed: int) -> list[Pairing]:
        """As many tables as the pool fills, by its ratings. Raises `BadConfig` for another flavour."""
        contested("ladder", flavour)
        if len(pool) < seats:
            return []
        tables = self._tables(len(pool), len(past), seats)
        chance = random.Random(derive(seed, len(past)))
        drawn = _Draw(pool, past, chance).tables(tables, seats, self.random)
        return mirrored(drawn, games=seats, flavour=flavour)

    def extent(self, pool: Pool, *, seats: int) -> Extent:
        """Known beforehand, but for an endless one: who meets is left to the results, how many do is not."""
        stages = matches = 0
        while len(pool) >= seats and (tables := self._tables(len(pool), matches, seats)):
            stages, matches = stages + 1, matches + tables * seats
            if self.endless:
                return Extent(Span(stages, None), Span(matches, None))
        return Extent(Span(stages, stages), Span(matches, matches))

    def _tables(self, members: int, played: int, seats: int) -> int:
        """How many tables the next stage has, after so many matches."""
        tables = max(members // seats, played // (GROWTH * seats))
        if self.endless:
            return tables
        missing = self.games * members - played * seats  # seats to be taken
        return max(0, min(tables, -(-missing // seats**2)))


class _Draw:
    """Tables of one stage, one after the other."""

    def __init__(self, pool: Pool, past: Sequence[Encounter], chance: random.Random) -> None:
        self.chance, self.members = chance, list(pool.checkpoints)
        self.mu = {member.checkpoint: member.rating.mu for member in pool}
        self.sigma = {member.checkpoint: member.rating.sigma for member in pool}
        self.met: Counter[frozenset[Checkpoint]] = Counter()
        for one in past:
            self.met.update(map(frozenset, combinations(dict.fromkeys(one.lineup), 2)))

    def tables(self, count: int, seats: int, share: float) -> Iterator[Group]:
        for _ in range(count):
            self.chance.shuffle(self.members)  # so that chance decides among equals
            group = tuple(self.members[:seats]) if self.chance.random() < share else self._near(seats)
            for who in group:
                self.sigma[who] *= LEARNED
            for pair in combinations(group, 2):
                self.met[frozenset(pair)] += seats
            yield group

    def _near(self, seats: int) -> Group:
        first = max(self.members, key=lambda who: self.sigma[who])
        near = sorted((who for who in self.members if who != first), key=lambda who: self._distance(first, who))
        return (first, *self.chance.sample(near[: max(NEAREST, seats - 1)], seats - 1))

    def _distance(self, one: Checkpoint, other: Checkpoint) -> float:
        meetings = self.met[frozenset((one, other))] / 2
        return abs(self.mu[one] - self.mu[other]) + REMATCH * self.sigma[one] * meetings
