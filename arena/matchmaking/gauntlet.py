"""Gauntlet: challengers meet everybody else. Cheap where one agent is new and the rest are known: linear, not quadratic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

from arena.match import Checkpoint, Pairing
from arena.matchmaking.schedule import MOST, may_meet, mirrored
from arena.matchmaking.stages import Group
from arena.pool import Pool
from games.arguments import whole
from games.errors import ArenaError
from games.spec import Flavour


@dataclass(frozen=True)
class Gauntlet:
    """`agent`'s newest checkpoint is the challenger; without one, each learner's newest is. `games` as in `RoundRobin`."""

    agent: str | None = None
    games: int = 2

    def __post_init__(self) -> None:
        whole("games", self.games, low=1, high=MOST)

    def propose(self, pool: Pool, *, seats: int, flavour: Flavour, seed: int) -> list[Pairing]:
        """Each challenger with all that may sit with it. Raises `UnknownName`, and `ArenaError` where nobody challenges."""
        return mirrored(self._groups(pool, seats=seats, flavour=flavour), games=self.games, flavour=flavour)

    def _groups(self, pool: Pool, *, seats: int, flavour: Flavour) -> Iterator[Group]:
        met = set()
        for challenger in self._challengers(pool):
            for group in _groups_with(challenger, pool, seats=seats, flavour=flavour):
                table = frozenset((who, group.count(who)) for who in group)
                if table not in met:  # two challengers meet once
                    met.add(table)
                    yield group

    def _challengers(self, pool: Pool) -> list[Checkpoint]:
        names = [self.agent] if self.agent is not None else pool.learners
        if not names:
            raise ArenaError("a gauntlet needs a learner in the pool", hint="name a challenger: gauntlet('alice')")
        return [pool.newest(name).checkpoint for name in names]


def _groups_with(challenger: Checkpoint, pool: Pool, *, seats: int, flavour: Flavour) -> Iterator[Group]:
    others = [who for who in pool.checkpoints if who != challenger]
    if flavour == "competitive" and len(others) >= seats - 1:
        return ((challenger, *rest) for rest in combinations(others, seats - 1))
    company = combinations_with_replacement([challenger, *others], seats - 1)
    return ((challenger, *rest) for rest in company if may_meet((challenger, *rest), flavour))
