"""Tournaments played out on paper: who beats whom is given, and no game is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena.match import Checkpoint
from arena.matchmaking.stages import Encounter, Group, Staged
from arena.pool import Member, Pool
from arena.ratings.model import Rating

Play = Callable[[Group, int], Encounter]  # a lineup and how many matches there were before it


def seeded(members: Sequence[Checkpoint]) -> Pool:
    """A pool whose first is rated highest."""
    return Pool(tuple(Member(who, "main", False, Rating(50.0 - place, 2.0)) for place, who in enumerate(members)))


def by_strength(members: Sequence[Checkpoint]) -> Play:
    """The earlier of the list always wins."""
    place = {who: number for number, who in enumerate(members)}

    def play(lineup: Group, _: int) -> Encounter:
        return Encounter(lineup, tuple(2 * sum(place[one] < place[who] for who in lineup) for one in lineup))

    return play


def drawn(lineup: Group, _: int) -> Encounter:
    """Nobody wins."""
    return Encounter(lineup, (len(lineup) - 1,) * len(lineup))


def void(lineup: Group, _: int) -> Encounter:
    """The rules break every time."""
    return Encounter(lineup, (0,) * len(lineup), void=True)


def played(maker: Staged, pool: Pool, play: Play, *, seats: int = 2, limit: int = 1000) -> list[list[Encounter]]:
    """All stages of a round, to its end."""
    stages: list[list[Encounter]] = []
    past: list[Encounter] = []
    while proposed := list(maker.stage(pool, past=past, seats=seats, flavour="competitive", seed=1)):
        assert len(stages) < limit, "it does not end"
        stages.append([play(one.lineup, len(past) + place) for place, one in enumerate(proposed)])
        past += stages[-1]
    return stages
