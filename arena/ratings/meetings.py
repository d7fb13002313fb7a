"""Meetings: who met whom, and how often it came out how. What a batch model is fitted to, whatever order it came in.

Equal comparisons are counted, not listed, so a million of them are as many rows as there are pairs of opponents. A ranking
of three teams or more is all its pairs; as they stand and fall together, each keeps the *bout* that it is part of.
Dimensions: K checkpoints, S teams of them, N rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from arena.match import Checkpoint, Comparison

Team = tuple[Checkpoint, ...]
Reals = NDArray[np.float64]
Whole = NDArray[np.int64]

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
    rows: dict[tuple[Team, Team, bool], Whole] = {}
    for pair in pairs:
        first, second, sided, *outcome = pair
        if not sided and _name(second) < _name(first):
            first, second, outcome = second, first, outcome[::-1]
        seen = rows.setdefault((_sorted(first), _sorted(second), sided), np.zeros(3, np.int64))
        seen += outcome
    rankings = _rankings(bouts or {})
    listed = [(first, second, float(sided), counts, ALONE) for (first, second, sided), counts in rows.items()]
    for number, (ranking, times) in enumerate(rankings):
        for (rank, team), (other_rank, other) in combinations(ranking, 2):
            outcome = np.eye(3, dtype=np.int64)[int(np.sign(rank - other_rank)) + 1] * times
            listed.append((team, other, 0.0, outcome, number))
    return _numbered(listed, np.array([times for _, times in rankings], dtype=np.float64))


def bouts(kinds: Mapping[tuple[Comparison, ...], int]) -> Meetings:
    """Each kind of result, by what it proves, as a bout of its own: its rows stand and fall together.

    They are as likely as if they were counted. Bouts are numbered in the order of the kinds.
    """
    listed = [
        (first, second, float(one.sided), np.eye(3, dtype=np.int64)[outcome] * times, number)
        for number, (proved, times) in enumerate(kinds.items())
        for one in proved
        for first, second, outcome in _pairs(one)
    ]
    return _numbered(listed, np.array(list(kinds.values()), dtype=np.float64))


def _pairs(one: Comparison) -> Iterator[tuple[Team, Team, int]]:
    """Two teams at a time, and whether the first won (0), drew (1) or lost (2)."""
    ranked = zip(one.ranks, map(_sorted, one.teams), strict=True)
    for (rank, team), (other_rank, other) in combinations(ranked, 2):
        yield team, other, int(np.sign(rank - other_rank)) + 1


def _numbered(listed: list[tuple[Team, Team, float, Whole, int]], repeats: Reals) -> Meetings:
    present = {team for first, second, *_ in listed for team in (first, second)}
    teams = sorted(present, key=lambda team: (len(team), _name(team)))
    cast = sorted({who for team in teams for who in team}, key=lambda who: who.id)
    place, whose = {team: number for number, team in enumerate(teams)}, {who: number for number, who in enumerate(cast)}
    listed.sort(key=lambda row: (row[4], place[row[0]], place[row[1]], row[2]))
    return Meetings(
        cast=tuple(cast),
        teams=tuple(tuple(whose[who] for who in team) for team in teams),
        first=np.array([place[row[0]] for row in listed], dtype=np.int64),
        second=np.array([place[row[1]] for row in listed], dtype=np.int64),
        sided=np.array([row[2] for row in listed], dtype=np.float64),
        counts=np.array([row[3] for row in listed], dtype=np.float64).reshape(-1, 3),
        bout=np.array([row[4] for row in listed], dtype=np.int64),
        repeats=repeats,
    )


def _rankings(bouts: dict[Comparison, int]) -> list[tuple[tuple[tuple[int, Team], ...], int]]:
    """Rankings in a fixed order, written alike however their teams came, with how often each came out so."""
    found: Counter[tuple[tuple[int, Team], ...]] = Counter()
    for one, times in bouts.items():
        ranked = ((rank, _sorted(team)) for rank, team in zip(one.ranks, one.teams, strict=True))
        found[tuple(sorted(ranked, key=lambda row: _name(row[1])))] += times
    return sorted(found.items(), key=lambda item: [(_name(team), rank) for rank, team in item[0]])


def _meeting(first: Team, second: Team, ranks: tuple[int, ...], sided: bool, times: int) -> Meeting:
    won, lost = ranks[0] < ranks[1], ranks[1] < ranks[0]
    return Meeting(first, second, sided, won * times, (not won and not lost) * times, lost * times)


def _sorted(team: Team) -> Team:
    return team if len(team) == 1 else tuple(sorted(team, key=lambda who: who.id))


def _name(team: Team) -> list[str]:
    return sorted(who.id for who in team)
