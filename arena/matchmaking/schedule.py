"""What all schedules share: the protocol, and fairness. Groups of checkpoints become mirrored matches with deals.

A group plays every rotation of its lineup on one deal (one seed), so the luck of the deal and of the seat cancels.

competitive          Each mirrored set of matches has its own deal; nobody plays itself.
cooperative, mixed   The n-th repetition has deal n for *all* groups: agents are compared on the same seed. Groups with
                     twins belong to it, as in Axelrod's tournaments: how well an agent gets on with itself is part of
                     how good it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from math import ceil
from typing import Protocol

from arena.match import Checkpoint, Pairing
from arena.pool import Pool
from games.spec import Flavour

Group = tuple[Checkpoint, ...]  # who sit together; their seats are yet to be dealt


class Matchmaker(Protocol):
    """Proposes the rated matches of one round."""

    def propose(self, pool: Pool, *, seats: int, flavour: Flavour, seed: int) -> list[Pairing]:
        """The matches of a round, in the order to be played. A pure function: all chance comes from `seed`."""


def mirrored(groups: Iterable[Group], *, games: int, flavour: Flavour) -> list[Pairing]:
    """Every group on at least `games` matches, rounded up to whole mirrored sets.

    A rotation that changes nothing is not played twice on one deal: it would be the same match.
    """
    own_deals = count()
    pairings = []
    for group in groups:
        for repetition in range(ceil(games / len(group))):
            deal = next(own_deals) if flavour == "competitive" else repetition
            pairings += [Pairing(lineup, deal) for lineup in rotations(group)]
    return pairings


def rotations(group: Group) -> list[Group]:
    """The distinct lineups that come of moving everybody on by one seat."""
    return list(dict.fromkeys(group[shift:] + group[:shift] for shift in range(len(group))))


def may_meet(group: Sequence[Checkpoint], flavour: Flavour) -> bool:
    """Whether a match of this group could prove anything."""
    return flavour != "competitive" or len(set(group)) > 1
