"""Meetings: who met whom, and how often it came out how. What a batch model is fitted to, whatever order it came in.

Equal comparisons are counted, not listed, so a million of them are as many rows as there are pairs of opponents. A ranking
of three teams or more is all its pairs; as they stand and fall together, each keeps the *bout* that it is part of.
Dimensions: K checkpoints, S teams of them, N rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from arena.match import Checkpoint, Comparison

Team = tuple[Checkpoint, ...]
Reals = NDArray[np.float64]
Whole = NDArray[np.int64]

_Name = tuple[str, ...]  # of a team: its members' ids, sorted
_Row = tuple[int, _Name, _Name, bool, list[int]]  # bout, the two teams, sided, and how often the first won, drew and lost

ALONE = -1  # the bout of a row that is part of none


class Meeting(NamedTuple):
    """How often the first of two teams won, drew and lost against the second, and whether it sat first."""

    first: Team
    second: Team
    sided: bool
    won: int
    drawn: int
    lost: int


@dataclass(frozen=True)
class Meetings:
    """N rows, sorted: equal for equal comparisons, bit for bit."""

    cast: tuple[Checkpoint, ...]  # K, by id
    teams: tuple[tuple[int, ...], ...]  # S, each the places of its members in the cast
    first: Whole  # (N,) of each row, the place of its first team in `teams`
    second: Whole  # (N,)
    sided: Reals  # (N,) 1 where the first team sat first, else 0
    counts: Reals  # (N, 3) how often the first team won, drew and lost
    bout: Whole  # (N,) which ranking the row is part of, or ALONE
    repeats: Reals  # (bouts,) how often each of those rankings came out so

    @property
    def total(self) -> int:
        """How many comparisons of two."""
        return int(self.counts.sum())

    def around(self, some: Iterable[Checkpoint]) -> Meetings:
        """The rows among some checkpoints and all those that they met."""
        wanted = set(some)
        own = np.array([who in wanted for who in self.cast], dtype=np.bool_)
        theirs = np.array([any(own[who] for who in team) for team in self.teams], dtype=np.bool_)  # (S,)
        met = theirs[self.first] | theirs[self.second]  # (N,)
        kept = own.copy()
        for side in (self.first, self.second):
            for team in np.unique(side[met]):
                kept[list(self.teams[team])] = True
        whole = np.array([all(kept[who] for who in team) for team in self.teams], dtype=np.bool_)
        rows = whole[self.first] & whole[self.second]
        cast, teams = np.cumsum(kept) - 1, np.cumsum(whole) - 1  # the new places
        return Meetings(
            cast=tuple(who for who, stays in zip(self.cast, kept, strict=True) if stays),
            teams=tuple(
                tuple(int(cast[who]) for who in team) for team, stays in zip(self.teams, whole, strict=True) if stays
            ),
            first=teams[self.first[rows]],
            second=teams[self.second[rows]],
            sided=self.sided[rows],
            counts=self.counts[rows],
            bout=self.bout[rows],
            repeats=self.repeats,
        )

    @property
    def members(self) -> Reals | None:
        """(S, K) the part of each checkpoint in each team: a team is as strong as its mean. None: everybody is one."""
        if all(len(team) == 1 for team in self.teams):
            return None
        part = np.zeros((len(self.teams), len(self.cast)))
        for row, team in enumerate(self.teams):
            part[row, list(team)] = 1 / len(team)
        return part


class Tally:
    """Comparisons, counted as they come."""

    def __init__(self) -> None:
        self.total = 0  # how many there were
        self._duels: dict[tuple[str, str, tuple[int, ...], bool], int] = {}
        self._faces: dict[str, Checkpoint] = {}
        self._others: Counter[Comparison] = Counter()

    def add(self, comparisons: Iterable[Comparison]) -> None:
        """Counts more of them."""
        duels, faces, others = self._duels, self._faces, self._others
        for one in comparisons:
            self.total += 1
            teams, ranks, sided = one
            if len(teams) != 2 or len(teams[0]) != 1 or len(teams[1]) != 1:
                others[one] += 1
                continue
            (a,), (b,) = teams
            key = a.id, b.id, ranks, sided  # a text is hashed once and for all, a checkpoint each time
            try:
                duels[key] += 1
            except KeyError:
                duels[key] = 1
                faces[a.id], faces[b.id] = a, b

    def meetings(self) -> Meetings:
        """All that were counted so far."""
        singles = {id: (who,) for id, who in self._faces.items()}
        pairs = [
            _meeting(singles[a], singles[b], ranks, sided, times) for (a, b, ranks, sided), times in self._duels.items()
        ]
        others = self._others.items()
        pairs += [_meeting(*one.teams, one.ranks, one.sided, times) for one, times in others if len(one.teams) == 2]
        return arranged(pairs, {one: times for one, times in others if len(one.teams) > 2})


def gather(comparisons: Iterable[Comparison]) -> Meetings:
    """Counts comparisons."""
    tally = Tally()
    tally.add(comparisons)
    return tally.meetings()


def arranged(pairs: Iterable[Meeting], bouts: dict[Comparison, int] | None = None) -> Meetings:
    """Meetings from rows in any order, and from rankings of three teams or more, each so many times."""
    rows: dict[tuple[_Name, _Name, bool], list[int]] = {}
    faces: dict[str, Checkpoint] = {}
    for first, second, sided, won, drawn, lost in pairs:
        one, other = _named(first, faces), _named(second, faces)
        if not sided and other < one:
            one, other, won, lost = other, one, lost, won
        seen = rows.setdefault((one, other, sided), [0, 0, 0])
        seen[0] += won
        seen[1] += drawn
        seen[2] += lost
    rankings = _rankings(bouts or {}, faces)
    listed: list[_Row] = [(ALONE, one, other, sided, counts) for (one, other, sided), counts in rows.items()]
    for number, (ranking, times) in enumerate(rankings):
        for (one, rank), (other, other_rank) in combinations(ranking, 2):
            listed.append((number, one, other, False, _outcome(rank, other_rank, times)))
    return _numbered(listed, faces, np.array([times for _, times in rankings], dtype=np.float64))


def bouts(kinds: Mapping[tuple[Comparison, ...], int]) -> Meetings:
    """Each kind of result, by what it proves, as a bout of its own: its rows stand and fall together.

    They are as likely as if they were counted. Bouts are numbered in the order of the kinds.
    """
    faces: dict[str, Checkpoint] = {}
    listed: list[_Row] = []
    for number, (proved, times) in enumerate(kinds.items()):
        for one in proved:
            named = zip(one.ranks, [_named(team, faces) for team in one.teams], strict=True)
            for (rank, team), (other_rank, other) in combinations(named, 2):
                listed.append((number, team, other, one.sided, _outcome(rank, other_rank, times)))
    return _numbered(listed, faces, np.array(list(kinds.values()), dtype=np.float64))


def _outcome(rank: int, other: int, times: int) -> list[int]:
    """How often the first of two won, drew and lost."""
    return [times * (rank < other), times * (rank == other), times * (rank > other)]


def _numbered(listed: list[_Row], faces: dict[str, Checkpoint], repeats: Reals) -> Meetings:
    teams = sorted({name for _, one, other, *_ in listed for name in (one, other)}, key=lambda name: (len(name), name))
    cast = sorted({id for name in teams for id in name})
    place, whose = {name: number for number, name in enumerate(teams)}, {id: number for number, id in enumerate(cast)}
    bout = np.array([row[0] for row in listed], dtype=np.int64)
    first = np.array([place[row[1]] for row in listed], dtype=np.int64)
    second = np.array([place[row[2]] for row in listed], dtype=np.int64)
    sided = np.array([row[3] for row in listed], dtype=np.float64)
    order = np.lexsort((sided, second, first, bout))
    return Meetings(
        cast=tuple(faces[id] for id in cast),
        teams=tuple(tuple(whose[id] for id in name) for name in teams),
        first=first[order],
        second=second[order],
        sided=sided[order],
        counts=np.array([row[4] for row in listed], dtype=np.float64).reshape(-1, 3)[order],
        bout=bout[order],
        repeats=repeats,
    )


def _rankings(
    bouts: dict[Comparison, int], faces: dict[str, Checkpoint]
) -> list[tuple[tuple[tuple[_Name, int], ...], int]]:
    """Rankings in a fixed order, written alike however their teams came, with how often each came out so."""
    found: Counter[tuple[tuple[_Name, int], ...]] = Counter()
    for one, times in bouts.items():
        named = (_named(team, faces) for team in one.teams)
        found[tuple(sorted(zip(named, one.ranks, strict=True)))] += times
    return sorted(found.items())


def _named(team: Team, faces: dict[str, Checkpoint]) -> _Name:
    """A team's name; whose it is, is kept."""
    if len(team) == 1:  # nearly all
        (who,) = team
        faces[who.id] = who
        return (who.id,)
    faces |= {who.id: who for who in team}
    return tuple(sorted(who.id for who in team))


def _meeting(first: Team, second: Team, ranks: tuple[int, ...], sided: bool, times: int) -> Meeting:
    won, lost = ranks[0] < ranks[1], ranks[1] < ranks[0]
    return Meeting(first, second, sided, won * times, (not won and not lost) * times, lost * times)
