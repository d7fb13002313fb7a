"""Meetings: who met whom, and how often it came out how. What a batch model is fitted to, whatever order it came in.

Equal comparisons are counted, not listed, so a million of them are as many rows as there are pairs of opponents. A ranking
of three teams or more is all its pairs; as they stand and fall together, each keeps the *bout* that it is part of.
Dimensions: K checkpoints, S teams of them, N rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from arena.match import Checkpoint, Comparison, Result
from arena.ratings.comparisons import comparisons
from games.spec import GameSpec

Team = tuple[Checkpoint, ...]
Reals = NDArray[np.float64]
Whole = NDArray[np.int64]

_Name = tuple[str, ...]  # of a team: its members' ids, sorted
_Row = tuple[int, _Name, _Name, bool, Sequence[int]]  # bout, two teams, sided, and how often the first won, drew, lost

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
        self._duels: dict[tuple[str, str, bool], list[int]] = {}  # how often the first won, drew and lost
        self._faces: dict[str, Checkpoint] = {}
        self._others: Counter[Comparison] = Counter()

    def add(self, proved: Iterable[Comparison]) -> None:
        """Counts more of them."""
        duel, others = self._duel, self._others
        for total, one in enumerate(proved, start=self.total + 1):
            self.total = total
            teams, ranks, sided = one
            if len(teams) == 2 and len(teams[0]) == len(teams[1]) == 1:
                (a,), (b,) = teams
                mine, theirs = ranks
                duel(a, b, sided)[0 if mine < theirs else 2 if theirs < mine else 1] += 1
            else:
                others[one] += 1

    def see(self, results: Iterable[Result], game: GameSpec) -> None:
        """Counts what the results of one round prove, as `comparisons` has it."""
        if game.flavour != "competitive" or game.seats != 2:
            self.add(comparisons(results, game.flavour, game.team_of))
            return
        duel, rest, seen = self._duel, list[Result](), 0
        for result in results:  # nearly all are a duel played to its end, of which no comparison need be made
            match, returns, _, _, faults, void, neutral, _ = result
            (a, b), (mine, theirs) = match[2], returns or (0.0, 0.0)
            if faults or void is not None or a.id == b.id:
                rest.append(result)
            else:
                duel(a, b, not neutral)[0 if mine > theirs else 2 if theirs > mine else 1] += 1
                seen += 1
        self.total += seen
        self.add(comparisons(rest, game.flavour, game.team_of))

    def _duel(self, a: Checkpoint, b: Checkpoint, sided: bool) -> list[int]:
        """How often `a` won, drew and lost."""
        try:
            return self._duels[a.id, b.id, sided]  # a text is hashed once and for all, a checkpoint each time
        except KeyError:
            self._faces[a.id], self._faces[b.id] = a, b
            return self._duels.setdefault((a.id, b.id, sided), [0, 0, 0])

    def meetings(self) -> Meetings:
        """All that were counted so far."""
        names, faces = {id: (id,) for id in self._faces}, dict(self._faces)
        listed: list[_Row] = [(ALONE, names[a], names[b], sided, counts) for (a, b, sided), counts in self._duels.items()]
        for one, times in self._others.items():
            if len(one.teams) == 2:
                (first, second), (mine, theirs) = one.teams, one.ranks
                listed.append(
                    (ALONE, _named(first, faces), _named(second, faces), one.sided, _outcome(mine, theirs, times=times))
                )
        return _ranked(listed, {one: times for one, times in self._others.items() if len(one.teams) > 2}, faces)


def gather(proved: Iterable[Comparison]) -> Meetings:
    """Counts comparisons."""
    tally = Tally()
    tally.add(proved)
    return tally.meetings()


def arranged(pairs: Iterable[Meeting]) -> Meetings:
    """Meetings from rows in any order."""
    faces: dict[str, Checkpoint] = {}
    listed: list[_Row] = [
        (ALONE, _named(first, faces), _named(second, faces), sided, (won, drawn, lost))
        for first, second, sided, won, drawn, lost in pairs
    ]
    return _numbered(listed, faces)


def _ranked(listed: list[_Row], bouts: dict[Comparison, int], faces: dict[str, Checkpoint]) -> Meetings:
    """Rows, and rankings of three teams or more, each so many times."""
    rankings = _rankings(bouts, faces)
    for number, (ranking, times) in enumerate(rankings):
        for (one, rank), (other, other_rank) in combinations(ranking, 2):
            listed.append((number, one, other, False, _outcome(rank, other_rank, times=times)))
    return _numbered(listed, faces, [times for _, times in rankings])


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
                listed.append((number, team, other, one.sided, _outcome(rank, other_rank, times=times)))
    return _numbered(listed, faces, list(kinds.values()))


def _outcome(rank: int, other: int, *, times: int) -> list[int]:
    """How often the first of two won, drew and lost."""
    return [times * (rank < other), times * (rank == other), times * (rank > other)]


def _numbered(listed: list[_Row], faces: dict[str, Checkpoint], repeats: Sequence[int] = ()) -> Meetings:
    """Rows by the places of their teams, sorted; those that are part of no ranking once for each pair of teams."""
    bout, ones, others, sided, counts = zip(*listed, strict=True) if listed else [()] * 5
    teams = sorted({*ones, *others}, key=lambda name: (len(name), name))
    cast = sorted({id for name in teams for id in name})
    place, whose = {name: number for number, name in enumerate(teams)}, {id: number for number, id in enumerate(cast)}
    columns = _Columns(
        bout=np.array(bout, dtype=np.int64),
        first=np.array([place[name] for name in ones], dtype=np.int64),
        second=np.array([place[name] for name in others], dtype=np.int64),
        sided=np.array(sided, dtype=np.float64),
        counts=np.array(counts, dtype=np.float64).reshape(-1, 3),
    )
    return Meetings(
        cast=tuple(faces[id] for id in cast),
        teams=tuple(tuple(whose[id] for id in name) for name in teams),
        **columns.tidied()._asdict(),
        repeats=np.array(repeats, dtype=np.float64),
    )


class _Columns(NamedTuple):
    """What `Meetings` says of its rows (N,)."""

    bout: Whole
    first: Whole
    second: Whole
    sided: Reals
    counts: Reals

    def tidied(self) -> _Columns:
        """Sorted, and each pair that is part of no ranking once: where nobody sat first, either may be written first."""
        alone = self.bout == ALONE
        turned = alone & (self.sided == 0) & (self.second < self.first)
        first, second = np.where(turned, self.second, self.first), np.where(turned, self.first, self.second)
        counts = np.where(turned[:, None], self.counts[:, ::-1], self.counts)
        order = np.lexsort((self.sided, second, first, self.bout))
        rows = _Columns(self.bout[order], first[order], second[order], self.sided[order], counts[order])
        same = np.logical_and.reduce([column[1:] == column[:-1] for column in rows[:-1]])
        new = np.append(True, ~(same & alone[order][1:]))[: len(order)]
        starts = np.flatnonzero(new)
        merged = rows.counts if new.all() else np.add.reduceat(rows.counts, starts)
        return _Columns(rows.bout[starts], rows.first[starts], rows.second[starts], rows.sided[starts], merged)


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
