"""Payoffs: what the row earned against the column, as sums that add up, so that a store can keep them and add to them.

Each ordered pair of opponents in a match is one game of the row against the column; a void match is none. So a match
counts for a seat as often as it has opponents. Team-mates say nothing of each other, and those that one checkpoint holds
are one. In a cooperative game all are
partners, and the pairs are theirs: they draw, and the interesting number is the mean return (cross-play), not the win
rate. A checkpoint that sits opposite its twin is on the diagonal, once for each seat: that counts for its mean score, as
in Axelrod's tournaments, and never for its win rate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from math import fsum, sqrt

from arena.match import Checkpoint, Result
from arena.series import Results
from games.spec import Flavour

Z95 = 1.959963984540054  # the normal's two-sided 95 %

Pair = tuple[Checkpoint, Checkpoint]  # row, column
Sums = tuple[int, int, int, int, float, float]  # a Payoff's fields, in their order


@dataclass(frozen=True)
class Payoff:
    """Sums over games of a row against a column. Exact wherever returns are whole numbers."""

    games: int = 0
    wins: int = 0
    draws: int = 0
    losses: int = 0
    total: float = 0.0  # of the row's returns
    squares: float = 0.0  # of the row's returns, squared

    def __add__(self, other: Payoff) -> Payoff:
        return Payoff(
            self.games + other.games,
            self.wins + other.wins,
            self.draws + other.draws,
            self.losses + other.losses,
            self.total + other.total,
            self.squares + other.squares,
        )

    @property
    def win_rate(self) -> float | None:
        """Wins and half the draws, by game; None where there is no game."""
        return (self.wins + self.draws / 2) / self.games if self.games else None

    @property
    def mean(self) -> float | None:
        """The row's mean return; None where there is no game."""
        return self.total / self.games if self.games else None

    @property
    def variance(self) -> float | None:
        """Of the row's return from game to game, unbiased; None below two games."""
        if self.games < 2:
            return None
        return max(0.0, self.squares - self.total * self.total / self.games) / (self.games - 1)


def earnings(result: Result, flavour: Flavour, teams: Sequence[int] = ()) -> Iterator[tuple[Checkpoint, Checkpoint, Sums]]:
    """What a match adds to the payoffs: row, column, and plain sums, since a store that records has no time for more.

    `teams` is the team of each seat (`GameSpec.team_of`), by default each seat for itself; a cooperative game is one team.
    """
    for row, column, mine, theirs in _met(result, flavour, teams):
        yield row, column, (1, mine > theirs, mine == theirs, mine < theirs, mine, mine * mine)


def games(results: Results, flavour: Flavour, teams: Sequence[int] = ()) -> dict[Pair, list[tuple[float, float]]]:
    """The games of each pair in the order of the results: what row and column earned. `teams` is as in `earnings`."""
    found: defaultdict[Pair, list[tuple[float, float]]] = defaultdict(list)
    if _alone(flavour, teams):  # nearly all games, so the quick way
        meetings = {
            id(lineup): [
                (found[lineup[row], lineup[column]].append, row, column)
                for row, column in permutations(range(len(lineup)), 2)
            ]
            for lineup in results.matches.casts
        }
        for lineup, returns in zip(results.matches.lineups, results.returns, strict=True):
            for add, row, column in meetings[id(lineup)] if returns else ():
                add((returns[row], returns[column]))
    else:
        for result in results:
            for who, whom, mine, theirs in _met(result, flavour, teams):
                found[who, whom].append((mine, theirs))
    return {pair: told for pair, told in found.items() if told}


def added(sums: Sums, games: Iterable[tuple[float, float]]) -> Sums:
    """The sums after more games, added one by one: what a floating sum comes to depends on how it is taken."""
    count, wins, draws, losses, total, squares = sums
    for mine, theirs in games:
        count += 1
        if mine > theirs:
            wins += 1
        elif mine == theirs:
            draws += 1
        else:
            losses += 1
        total += mine
        squares += mine * mine
    return count, wins, draws, losses, total, squares


def _met(result: Result, flavour: Flavour, teams: Sequence[int]) -> Iterator[tuple[Checkpoint, Checkpoint, float, float]]:
    """The games of one match: row, column, and what they earned."""
    lineup, returns = result.match.lineup, result.returns
    if _alone(flavour, teams):
        teams = ()
    elif returns:
        teams, lineup, returns = _sides(result, teams)
    for row, column in permutations(range(len(returns)), 2):
        if not teams or teams[row] != teams[column]:
            yield lineup[row], lineup[column], returns[row], returns[column]


def _alone(flavour: Flavour, teams: Sequence[int]) -> bool:
    """Whether every seat has a game against every other."""
    return flavour == "cooperative" or len(set(teams)) == len(teams)


def _sides(result: Result, teams: Sequence[int]) -> tuple[tuple[int, ...], tuple[Checkpoint, ...], tuple[float, ...]]:
    """Team, checkpoint and return of each side: seats of one team that one checkpoint holds are one, at their mean."""
    sides: dict[tuple[int, Checkpoint], list[float]] = {}
    for team, who, earned in zip(teams, result.match.lineup, result.returns, strict=True):
        sides.setdefault((team, who), []).append(earned)
    whose, held = zip(*sides, strict=True)
    return whose, held, tuple(fsum(earned) / len(earned) for earned in sides.values())


@dataclass(frozen=True)
class MeanScore:
    """A mean score by turn. Were the same field to play on for ever, it would settle within `margin` of it (95 %)."""

    mean: float
    margin: float | None  # None where a pair has played but once, so that its luck cannot be told


@dataclass(frozen=True)
class PayoffTable:
    """A league's payoffs as a square table; its checkpoints are in the order of a board, the best first."""

    payoffs: Mapping[Pair, Payoff]
    by: str = "win_rate"  # what the score is: 'win_rate' or 'mean'
    order: Sequence[Checkpoint] = ()  # the board's; whoever is not on it comes after those who are, by score

    def __post_init__(self) -> None:
        assert self.by in ("win_rate", "mean"), f"a table is by 'win_rate' or 'mean', got {self.by!r}"

    @cached_property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The rows, which are the columns too. Equal scores keep the order of names."""
        places = {who: place for place, who in enumerate(self.order)}
        present = sorted({who for pair in self.payoffs for who in pair}, key=lambda who: (who.agent, who.version))
        return tuple(sorted(present, key=lambda who: (places.get(who, len(places)), -self.score(who))))

    @property
    def games(self) -> list[list[int]]:
        """(K, K): the games of each row against each column."""
        return [[self.cell(row, column).games for column in self.checkpoints] for row in self.checkpoints]

    @property
    def win_rates(self) -> list[list[float | None]]:
        """(K, K): the win rate of each row against each column, None where they have not met."""
        return [[self.cell(row, column).win_rate for column in self.checkpoints] for row in self.checkpoints]

    @property
    def means(self) -> list[list[float | None]]:
        """(K, K): the mean return of each row against (or with) each column, None where they have not met."""
        return [[self.cell(row, column).mean for column in self.checkpoints] for row in self.checkpoints]

    def best(self, count: int) -> PayoffTable:
        """The first so many of the order, as far as they met each other."""
        if len(self.checkpoints) <= count:
            return self
        first = self.checkpoints[:count]
        among = set(first)
        met = {pair: payoff for pair, payoff in self.payoffs.items() if among.issuperset(pair)}
        return replace(self, payoffs=met, order=first)

    def cell(self, row: Checkpoint, column: Checkpoint) -> Payoff:
        """The payoff of a row against a column."""
        return self.payoffs.get((row, column), Payoff())

    def record(self, row: Checkpoint) -> Payoff:
        """A row against all others together."""
        return _whole(payoff for column, payoff in self._row(row).items() if column.id != row.id)

    def score(self, row: Checkpoint) -> float:
        """The win rate over all games against others, or the mean return over all games; where no board gives an order,
        the table's.

        A row without games scores -inf.
        """
        score = self.record(row).win_rate if self.by == "win_rate" else _whole(self._row(row).values()).mean
        return float("-inf") if score is None else score

    def worst(self, row: Checkpoint, *, games: int = 1) -> tuple[Checkpoint, float] | None:
        """The opponent that a row fares worst against, and its win rate there, among those met at least `games` times."""
        met = [
            (rate, column)
            for column, payoff in self._row(row).items()
            if column.id != row.id and payoff.games >= games and (rate := payoff.win_rate) is not None
        ]
        if not met:
            return None
        rate, column = min(met, key=lambda one: (one[0], one[1].agent, one[1].version))
        return column, rate

    def opponents(self, row: Checkpoint) -> dict[Checkpoint, int]:
        """How many games a row has against each other one that it met."""
        return {column: payoff.games for column, payoff in self._row(row).items() if column.id != row.id}

    def mean_score(self, row: Checkpoint, *, turns: float = 1) -> MeanScore | None:
        """A row's mean return over all its games, divided by the turns of a game; None where there is none.

        The interval is stratified by opponent: who was met is given, only the games' luck is not. For two seats; with
        more, the games of a pair are no longer independent, and the interval is too narrow.
        """
        cells = self._row(row)
        whole = _whole(cells.values())
        if whole.mean is None:
            return None
        variances = [(payoff.games, payoff.variance) for payoff in cells.values()]
        if any(variance is None for _, variance in variances):
            return MeanScore(whole.mean / turns, None)
        spread = sqrt(fsum(games * variance for games, variance in variances if variance is not None)) / whole.games
        return MeanScore(whole.mean / turns, Z95 * spread / turns)

    def _row(self, row: Checkpoint) -> Mapping[Checkpoint, Payoff]:
        return self._rows.get(row, {})

    @cached_property
    def _rows(self) -> dict[Checkpoint, dict[Checkpoint, Payoff]]:
        rows: dict[Checkpoint, dict[Checkpoint, Payoff]] = {}
        for (row, column), payoff in self.payoffs.items():
            rows.setdefault(row, {})[column] = payoff
        return rows


def _whole(payoffs: Iterable[Payoff]) -> Payoff:
    """All of them together, added in their order: one by one they would take five times as long."""
    games = wins = draws = losses = 0
    total = squares = 0.0
    for one in payoffs:
        games += one.games
        wins += one.wins
        draws += one.draws
        losses += one.losses
        total += one.total
        squares += one.squares
    return Payoff(games, wins, draws, losses, total, squares)
