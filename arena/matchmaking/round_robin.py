"""Round robin: everybody meets everybody equally often, in Berger's order.

With two seats no checkpoint plays again before the others have played once (give or take one), so a round that is cut short
is still a fair one. With more seats every set of checkpoints that can fill them meets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, combinations_with_replacement

from arena.match import Checkpoint, Pairing
from arena.matchmaking.schedule import MOST, may_meet, mirrored
from arena.matchmaking.stages import Group
from arena.pool import Pool
from games.arguments import whole
from games.spec import Flavour


@dataclass(frozen=True)
class RoundRobin:
    """`games` is what each group plays, rounded up to whole mirrored sets."""

    games: int = 2

    def __post_init__(self) -> None:
        whole("games", self.games, low=1, high=MOST)

    def propose(self, pool: Pool, *, seats: int, flavour: Flavour, seed: int) -> list[Pairing]:
        """All groups of the pool. Nothing is left to chance, so `seed` is not used."""
        return mirrored(all_groups(pool.checkpoints, seats=seats, flavour=flavour), games=self.games, flavour=flavour)


def all_groups(members: Sequence[Checkpoint], *, seats: int, flavour: Flavour) -> Iterator[Group]:
    """Every set of `seats` members. Twins sit together in cooperative and mixed games, and where members are too few."""
    if seats == 2:
        twins = () if flavour == "competitive" else zip(members, members, strict=True)
        return chain(twins, chain.from_iterable(berger(members)))
    if flavour == "competitive" and len(members) >= seats:
        return combinations(members, seats)
    return (group for group in combinations_with_replacement(members, seats) if may_meet(group, flavour))


def berger(members: Sequence[Checkpoint]) -> Iterator[list[tuple[Checkpoint, Checkpoint]]]:
    """Days on which everybody plays once (at odd numbers one rests), until all have met: the circle method.

    Johann Berger's tables, 1893: the last one stays, the others move on around the table by one place a day.
    """
    table: list[Checkpoint | None] = [*members, None] if len(members) % 2 else [*members]
    for _ in range(len(table) - 1):
        half = len(table) // 2
        facing = zip(table[:half], reversed(table[half:]), strict=True)
        yield [(one, other) for one, other in facing if one is not None and other is not None]
        table = [table[-2], *table[:-2], table[-1]]
