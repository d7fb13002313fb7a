"""Swiss: everybody plays in every stage, against somebody who has done as well and was not met before.

After few stages the best have met each other; nobody is ever out. Of all pairings of a stage that one is taken which, in
this order, repeats fewest meetings, gives the free place to the worst of those that had none yet, pairs the closest scores
(least squares), and among equal scores lets the upper half meet the lower half: a matching of maximum weight (Edmonds
1965). With more than two seats tables are filled from the top, each next seat by who was met least, then by score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import networkx

from arena.match import Checkpoint, Pairing
from arena.matchmaking.schedule import MOST, mirrored
from arena.matchmaking.stages import Encounter, Extent, Group, Span, contested
from arena.matchmaking.swiss_table import SwissStandings
from arena.matchmaking.tournament import Meeting, field, meetings, set_of
from arena.pool import Pool
from games.arguments import whole
from games.spec import Flavour


@dataclass(frozen=True)
class Swiss:
    """`rounds` stages, by default as many as halvings leave one winner, at most until all have met. `games` is what each
    meeting plays, rounded up to a whole mirrored set."""

    rounds: int | None = None
    games: int = 2
    tournament: ClassVar[bool] = True

    def __post_init__(self) -> None:
        whole("games", self.games, low=1, high=MOST)
        if self.rounds is not None:
            whole("rounds", self.rounds, low=1, high=1000)

    def stage(self, pool: Pool, *, past: Sequence[Encounter], seats: int, flavour: Flavour, seed: int) -> list[Pairing]:
        """The next stage's meetings. Nothing is left to chance. Raises `BadConfig` for another flavour, or too few."""
        contested("swiss", flavour)
        seeded = field(pool, schedule="swiss", least=seats)
        days = _days(meetings(past, self.games), len(seeded) // seats)
        if len(days) >= self._stages(len(seeded), seats):
            return []
        standings = SwissStandings.of(seeded, days, games=self.games)
        groups = _pairs(standings) if seats == 2 else _tables(standings, seats)
        return mirrored(groups, games=self.games, flavour=flavour)

    def extent(self, pool: Pool, *, seats: int) -> Extent:
        """Known beforehand: a stage has as many tables as there are places for."""
        size = len(seeded := field(pool, schedule="swiss", least=seats))
        stages = self._stages(size, seats)
        matches = stages * (size // seats) * set_of(tuple(seeded[:seats]), self.games)
        return Extent(Span(stages, stages), Span(matches, matches), always=True)

    def outcome(self, seeded: Sequence[Checkpoint], past: Sequence[Encounter], *, seats: int) -> SwissStandings:
        """How a round's matches so far leave everybody."""
        return SwissStandings.of(seeded, _days(meetings(past, self.games), len(seeded) // seats), games=self.games)

    def _stages(self, size: int, seats: int) -> int:
        stages = self.rounds or (size - 1).bit_length()
        return stages if seats > 2 else min(stages, size - 1 + size % 2)


def _days(met: Sequence[Meeting], tables: int) -> list[Sequence[Meeting]]:
    return [met[start : start + tables] for start in range(0, len(met), tables)]


def _pairs(standings: SwissStandings) -> list[Group]:
    """The stage's pairs, the best first. K places, and one more that is the free one where K is odd."""
    places = standings.places
    graph = networkx.Graph()
    costs = {pair: _cost(*pair, standings) for pair in combinations(range(len(places) + len(places) % 2), 2)}
    steepest = [1 + sum(sorted(cost[level] for cost in costs.values())[-len(places) :]) for level in range(4)]
    for pair, cost in costs.items():
        total = 0
        for level, limit in zip(cost, steepest, strict=True):
            total = total * limit + level  # all that lies below a level never outweighs one step of it
        graph.add_edge(*pair, weight=-total)
    matched = networkx.max_weight_matching(graph, maxcardinality=True)
    pairs = sorted(sorted(pair) for pair in matched)
    return [(places[one].checkpoint, places[other].checkpoint) for one, other in pairs if other < len(places)]


def _cost(one: int, other: int, standings: SwissStandings) -> tuple[int, int, int, int]:
    """What speaks against a pair of places, the gravest first."""
    places = standings.places
    if other == len(places):
        return places[one].free, sum(place.points < places[one].points for place in places), 0, 0
    mine, theirs = places[one], places[other]
    rematches, apart = mine.met.count(theirs.checkpoint), (mine.points - theirs.points) ** 2
    if apart:
        return rematches, 0, apart, 0
    bracket = sum(place.points == mine.points for place in places)
    return rematches, 0, 0, (other - one - bracket // 2) ** 2


def _tables(standings: SwissStandings, seats: int) -> list[Group]:
    """Tables of so many seats, from the top; free are the worst of those that were free least often."""
    places = standings.places
    spare = len(places) % seats
    free = sorted(range(len(places)), key=lambda place: (places[place].free, -place))[:spare]
    waiting = [place for number, place in enumerate(places) if number not in free]
    tables = []
    while waiting:
        sitting = [waiting.pop(0)]
        while len(sitting) < seats:
            known = [sum(one.met.count(other.checkpoint) for one in sitting) for other in waiting]
            sitting.append(waiting.pop(known.index(min(known))))
        tables.append(tuple(one.checkpoint for one in sitting))
    return tables
