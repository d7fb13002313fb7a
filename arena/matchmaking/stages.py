"""A round in stages: what is proposed next may depend on what the round's earlier matches came to.

A schedule that wants this has a method `stage` in the place of `propose`; it is asked again whenever all that it proposed
is played, until it proposes nothing. Its state is the matches themselves, so a round that was killed goes on from the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum
from typing import NamedTuple, Protocol, runtime_checkable

from arena.errors import BadConfig
from arena.match import Checkpoint, Pairing, Result
from arena.pool import Pool
from games.spec import Flavour

GROWTH = 16  # a stage that may be of any size is at least one of so many parts of what went before: long rounds have few

Group = tuple[Checkpoint, ...]  # who sit together; their seats are yet to be dealt


class Encounter(NamedTuple):
    """A match that was played, by its sides: a seat, or a team where teams compete."""

    lineup: Group  # a checkpoint for each side
    points: tuple[int, ...]  # of each side: 2 for every other side that earned less, 1 for one that earned as much
    void: bool = False  # it does not count, and nobody has points


class Span(NamedTuple):
    """How many there will be; exactly so many where both are equal."""

    least: int
    most: int | None  # None: something else ends it

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {self.least:,}"
        return f"{self.least:,}" if self.least == self.most else f"from {self.least:,} to {self.most:,}"


class Extent(NamedTuple):
    """How long a round goes on, as far as can be said before it is played."""

    stages: Span
    matches: Span
    always: bool = False  # the same in every round, however many checkpoints there have come to be


@runtime_checkable
class Staged(Protocol):
    """Proposes a round's matches bit by bit. One that can foretell how many also has `extent`, as in `Foretold`."""

    tournament: bool  # whether it ends with a winner; if not, it is asked with the ratings as they have become

    def stage(self, pool: Pool, *, past: Sequence[Encounter], seats: int, flavour: Flavour, seed: int) -> Iterable[Pairing]:
        """The next matches, after those of the round so far; none when it is over. Deals are numbered in each stage anew.

        A pure function: `seed` is the round's, and all chance comes from it and from how many matches there were.
        """


@runtime_checkable
class Foretold(Protocol):
    """A staged schedule that knows how long its round goes on."""

    def extent(self, pool: Pool, *, seats: int) -> Extent:
        """How many stages and matches there will be, whatever comes of them."""


def encounters(results: Iterable[Result], sides: Sequence[int]) -> list[Encounter]:
    """A competitive game's results by side. `sides` is the side of each seat."""
    return [_encounter(result, sides) for result in results]


def contested(schedule: str, flavour: Flavour) -> None:
    """Raises `BadConfig` where a game's matches have no winner, so that a schedule that goes by them has no meaning."""
    if flavour != "competitive":
        raise BadConfig(
            f"a {schedule} needs matches that somebody wins, and those of a {flavour} game prove something only together",
            hint="choose the schedule round_robin, or gauntlet",
        )


def _encounter(result: Result, sides: Sequence[int]) -> Encounter:
    lineup = tuple(result.match.lineup[sides.index(side)] for side in range(max(sides) + 1))
    if result.void is not None:
        return Encounter(lineup, (0,) * len(lineup), void=True)
    earned = result.returns
    if len(lineup) < len(sides):
        teams = [[pay for pay, its in zip(earned, sides, strict=True) if its == side] for side in range(len(lineup))]
        earned = tuple(fsum(pays) / len(pays) for pays in teams)
    return Encounter(lineup, tuple(sum((mine > other) + (mine >= other) for other in earned) - 1 for mine in earned))
