"""Knockout: who loses is out, until one is left. Fewest matches for a winner, and they tell little of all the others.

In every stage the best seed meets the worst, the second best the second worst; where places are left over the best seeds
go through. A table whose members are level plays another mirrored set, until it is decided or `replays` are used up: then
the better seed goes on, so that a knockout ends whoever draws, forfeits or breaks. With P seats, one of P goes on; the last
few, where they are too few, fill the seats by turns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from arena.match import Checkpoint, Pairing
from arena.matchmaking.bracket import Bracket, Tie
from arena.matchmaking.schedule import MOST, mirrored
from arena.matchmaking.stages import Encounter, Extent, Group, Span, contested
from arena.matchmaking.tournament import Meeting, field, meetings, set_of
from arena.pool import Pool
from games.arguments import whole
from games.spec import Flavour


@dataclass(frozen=True)
class Knockout:
    """`games` is what a table plays, rounded up to a whole mirrored set; `replays` how many more sets a level one has."""

    games: int = 2
    replays: int = 3
    tournament: ClassVar[bool] = True

    def __post_init__(self) -> None:
        whole("games", self.games, low=1, high=MOST)
        whole("replays", self.replays, low=0, high=1000)

    def stage(self, pool: Pool, *, past: Sequence[Encounter], seats: int, flavour: Flavour, seed: int) -> list[Pairing]:
        """The tables that are not decided. Nothing is left to chance. Raises as `Swiss.stage` does."""
        contested("knockout", flavour)
        played, waiting = self._played(past), list[Group]()
        for tie in self._bracket(field(pool, schedule="knockout"), played, seats=seats):
            waiting += [group for group in fillings(tie.table, seats) if tie.winner is None]
        return mirrored(waiting, games=self.games, flavour=flavour)

    def extent(self, pool: Pool, *, seats: int) -> Extent:
        """The tables are known beforehand, and how often one that is level may play again, which is no stage of its own."""
        alive, stages, matches = field(pool, schedule="knockout"), 0, 0
        while len(alive) > 1:
            through, tables = draw(alive, seats)
            matches += sum(set_of(group, self.games) for table in tables for group in fillings(table, seats))
            alive, stages = [*through, *(table[0] for table in tables)], stages + 1
        return Extent(Span(stages, stages), Span(matches, matches * (self.replays + 1)), always=True)

    def outcome(self, seeded: Sequence[Checkpoint], past: Sequence[Encounter], *, seats: int) -> Bracket:
        """The bracket that a round's matches make up, as far as it is."""
        ties = list(self._bracket(seeded, self._played(past), seats=seats))
        return Bracket(tuple(ties), ties[-1].winner if ties and ties[-1].last else None)

    def _played(self, past: Sequence[Encounter]) -> dict[frozenset[Checkpoint], list[Meeting]]:
        played: dict[frozenset[Checkpoint], list[Meeting]] = {}
        for meeting in meetings(past, self.games):
            played.setdefault(frozenset(meeting.group), []).append(meeting)
        return played

    def _bracket(
        self, seeded: Sequence[Checkpoint], played: Mapping[frozenset[Checkpoint], Sequence[Meeting]], *, seats: int
    ) -> Iterator[Tie]:
        """All tables of the stages so far; the last stage's may be undecided."""
        alive, stage = list(seeded), 0
        while len(alive) > 1:
            through, tables = draw(alive, seats)
            ties = [self._tie(table, played.get(frozenset(table), ()), stage, seats, len(alive)) for table in tables]
            yield from ties
            winners = {tie.winner for tie in ties}
            if None in winners:
                return
            alive, stage = [who for who in alive if who in winners or who in through], stage + 1

    def _tie(self, table: Group, sets: Sequence[Meeting], stage: int, seats: int, alive: int) -> Tie:
        points = tuple(sum((_share(who, one) for one in sets), Fraction()) for who in table)
        best = [who for who, earned in zip(table, points, strict=True) if earned == max(points)]
        fillers = len(fillings(table, seats))
        decided = bool(sets) and (len(best) == 1 or len(sets) > self.replays * fillers)
        return Tie(stage, table, points, len(sets) // fillers, best[0] if decided else None, last=alive == len(table))


def draw(alive: Sequence[Checkpoint], seats: int) -> tuple[list[Checkpoint], list[Group]]:
    """Who goes through without playing, and the tables, of survivors from the best seed to the worst.

    So many tables that a power of `seats` is left, if that can be; members are dealt to them there and back again.
    """
    if len(alive) <= seats:
        return [], [tuple(alive)]
    power = seats
    while power * seats <= len(alive):
        power *= seats
    surplus = len(alive) - power
    count = min(-(-surplus // (seats - 1)), len(alive) // seats) if surplus else power // seats
    through, playing = alive[: len(alive) - count * seats], alive[len(alive) - count * seats :]
    rows = [playing[start : start + count] for start in range(0, len(playing), count)]
    rows = [row[::-1] if number % 2 else row for number, row in enumerate(rows)]
    return list(through), list(zip(*rows, strict=True))


def fillings(table: Group, seats: int) -> list[Group]:
    """The table itself; where it has too few members, each of them once as the one who fills first."""
    if len(table) == seats:
        return [table]
    turns = [tuple(table[(first + seat) % len(table)] for seat in range(seats)) for first in range(len(table))]
    unlike: dict[frozenset[tuple[Checkpoint, int]], Group] = {}
    for turn in turns:
        unlike.setdefault(frozenset((who, turn.count(who)) for who in turn), turn)
    return list(unlike.values())


def _share(who: Checkpoint, meeting: Meeting) -> Fraction:
    return Fraction(meeting.points[who], meeting.group.count(who))
