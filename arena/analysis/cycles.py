"""Cycles: how much of a payoff table no single skill can explain, and who beats whom in a ring.

Log-odds of winning are a flow on the graph of those who met. Its Hodge decomposition (Jiang, Lim, Yao and Ye 2011; for
games Balduzzi et al. 2019, "Open-ended learning in symmetric zero-sum games") parts what differences of skill explain from
what runs in circles. That share says how far skills are from the whole story, and not yet that anybody beats each other in
a ring: who wins 85 % against all who are worse has an order and no skill. Nor does a ring say so, since luck makes some.

So two kinds of leagues are drawn by lot, with the same matches. In one skill is all there is (Bradley and Terry 1952): how
much of it runs in circles tells whether skill explains the share. (It, and not the share: where nobody is better than
anybody, all does.) In the other there is an order, which comes from the clear contests, from the clearest on as long as
none contradicts those before (the ranked pairs of Tideman 1987); they are as they are, and all others are even. How much
its results contradict the order tells whether an order is all there is. Each match is drawn by itself: where agents leave
little to chance, matches repeat each other, and both p-values come out too small.

Dimensions: K rows, which are the columns too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.analysis.payoff import PayoffTable

Table = NDArray[np.float64]

SIMULATIONS = 200
SIGNIFICANT = 0.01  # of a hundred leagues in which skill is all there is at most one is taken for cyclic,
ORDERLESS = 0.05  # and of twenty that have any other order
_CLEAR = 1.0  # standard deviations from even, from which on a contest is not taken for an even one
_STEPS, _STILL = 50, 1e-6
_LARGEST = 100  # checkpoints among which a leaderboard looks for cycles: it must not wait for them
_RIDGE = 0.1  # of skills, in log-odds: a spread of three is believed before anything is seen
_SMOOTH = 0.5  # wins and losses that everybody is lent, so that no log-odds are infinite


@dataclass(frozen=True)
class Triangle:
    """Three rows of a table, each of which beats the next, and the last the first."""

    rows: tuple[int, int, int]
    rates: tuple[float, float, float]  # the win rate of each against the next
    games: tuple[int, int, int]


@dataclass(frozen=True)
class Cycles:
    """The cyclic part of a payoff table."""

    skill: tuple[float, ...]  # (K,): the log-odds that best explain the table, their mean 0
    share: float  # of the squared log-odds, weighted by games, that skill does not explain
    p_value: float  # how often luck makes as much of it, where skill is all there is
    p_order: float  # how often luck contradicts an order as much, where there is one
    triangles: tuple[Triangle, ...]  # the clearest first

    @property
    def significant(self) -> bool:
        """Whether there are cycles: neither skill nor any other order explains all that luck does not."""
        return self.p_value < SIGNIFICANT and self.p_order < ORDERLESS


def cycles_of(table: PayoffTable, *, most: int = 10) -> Cycles:
    """The cycles of a payoff table, its rows in the order of `table.checkpoints`."""
    return cycles(_sums(table, "wins"), _sums(table, "draws"), most=most)


def cyclic_share(table: PayoffTable) -> float | None:
    """The share of cycles among the first of a table, where there are more than luck makes; None elsewhere."""
    found = cycles_of(table.best(_LARGEST), most=1)
    return found.share if found.significant else None


def cycles(wins: Table, draws: Table, *, seed: int = 0, most: int = 10, simulations: int = SIMULATIONS) -> Cycles:
    """The cycles of a league by its wins (K, K), each row's over each column, and its draws (K, K), symmetric.

    At most so many triangles are listed. Each p-value comes from `simulations` leagues with as many decided games: it is at
    least 1 / (1 + simulations). A draw says nothing here: what skill explains by differences (Davidson 1970) are the
    odds of the games that somebody won.
    """
    decided = wins + wins.T
    if not decided.any():
        return Cycles((0.0,) * len(wins), 0.0, 1.0, 1.0, ())
    solve = np.linalg.pinv(np.diag(decided.sum(1)) - decided, hermitian=True)  # (K, K): of the graph's Laplacian
    skill = solve @ (decided * _log_odds(wins)).sum(1)
    circles, whole = _parts(_log_odds(wins), decided, solve)
    luck = partial(_leagues, decided, chance=np.random.default_rng(seed), count=simulations)
    p_value = _as_large((_parts(_log_odds(lucky), decided, solve)[0] for lucky in luck(_skilled(wins, decided))), circles)
    chances, above = _ordered(wins, decided)
    p_order = _as_large((_upsets(lucky, decided, above) for lucky in luck(chances)), _upsets(wins, decided, above))
    share = circles / whole if whole else 0.0
    return Cycles(tuple(skill.tolist()), share, p_value, p_order, _triangles(wins + draws / 2, decided + draws, most))


def _leagues(decided: Table, chances: Table, *, chance: np.random.Generator, count: int) -> Iterator[Table]:
    """Wins (K, K) of so many leagues by the chances (K, K) of each row to win."""
    upper = np.triu(decided > 0, 1)
    games, odds = decided[upper].astype(np.int64), chances[upper]
    for _ in range(count):
        wins = np.zeros_like(decided)
        wins[upper] = chance.binomial(games, odds)
        yield wins + np.where(upper, decided - wins, 0.0).T


def _as_large(lucky: Iterable[float], found: float) -> float:
    """How often luck makes as much as was found, which counts itself."""
    made = list(lucky)
    return (1 + sum(other >= found for other in made)) / (1 + len(made))


def _clearness(wins: Table, decided: Table) -> Table:
    """(K, K), antisymmetric: by how many standard deviations each row won more than half of its games."""
    clear: Table = (wins - wins.T) / np.sqrt(np.maximum(decided, 1))
    return clear


def _upsets(wins: Table, decided: Table, above: NDArray[np.bool_]) -> float:
    """By how much results contradict an order: the squares of how clearly those below won."""
    upsets = np.maximum(_clearness(wins, decided), 0.0)[above.T]
    return float(upsets @ upsets)


def _skilled(wins: Table, decided: Table) -> Table:
    """(K, K): the chances of each row to win in the likeliest league in which skill is all there is, by Newton's steps."""
    skill = np.zeros(len(wins))
    for _ in range(_STEPS):
        chances = _by_skill(skill)
        slope = (wins - decided * chances).sum(1) - _RIDGE * skill
        bends = decided * chances * chances.T
        step = np.linalg.solve(np.diag(bends.sum(1) + _RIDGE) - bends, slope)
        skill += step / max(1.0, np.abs(step).max())
        if np.abs(step).max() < _STILL:
            break
    return _by_skill(skill)


def _by_skill(skill: NDArray[np.float64]) -> Table:
    chances: Table = 1 / (1 + np.exp(skill[None, :] - skill[:, None]))
    return chances


def _ordered(wins: Table, decided: Table) -> tuple[Table, NDArray[np.bool_]]:
    """(K, K) each: the chances of each row to win in the nearest league that has an order, and who is above whom in it."""
    clear = _clearness(wins, decided)
    chances = np.full_like(clear, 0.5)
    above = np.eye(len(wins), dtype=bool)  # everybody above oneself, so that whoever is below one is below all above one
    better, worse = (clear > _CLEAR).nonzero()
    for first, second in zip(
        *(rows[np.argsort(-clear[better, worse], kind="stable")] for rows in (better, worse)), strict=True
    ):
        if above[second, first]:
            continue  # it contradicts those before
        if not above[first, second]:
            above |= np.outer(above[:, first], above[second])
        chances[first, second] = wins[first, second] / decided[first, second]
        chances[second, first] = 1 - chances[first, second]
    return chances, above & ~np.eye(len(wins), dtype=bool)


def _sums(table: PayoffTable, name: str) -> Table:
    """(K, K): one of the sums of each row against each other row."""
    size = len(table.checkpoints)
    cells = [getattr(table.cell(row, column), name) for row in table.checkpoints for column in table.checkpoints]
    sums = np.array(cells, dtype=np.float64).reshape(size, size)
    np.fill_diagonal(sums, 0.0)  # a checkpoint and its twin
    return sums


def _log_odds(wins: Table) -> Table:
    """(K, K), antisymmetric: of a win of the row in a game that is decided."""
    odds: Table = np.log((wins + _SMOOTH) / (wins.T + _SMOOTH))
    return odds


def _parts(flow: Table, games: Table, solve: NDArray[np.floating[Any]]) -> tuple[float, float]:
    """How much of a flow runs in circles, and how much it is as a whole: sums of squares, weighted by games."""
    skill = solve @ (games * flow).sum(1)
    circles = flow - (skill[:, None] - skill[None, :])
    return float((games * circles * circles).sum()), float((games * flow * flow).sum())


def _triangles(points: Table, games: Table, most: int) -> tuple[Triangle, ...]:
    """Rings of three, by how clearly the closest of the three contests is won."""
    clear = np.where(games > 0, (points + _SMOOTH) / (games + 2 * _SMOOTH), 0.0)
    beats = np.where(points > games / 2, clear, 0.0)  # (K, K)
    found: list[tuple[float, int, int, int]] = []
    for first in range(len(points) - 2):
        rest = slice(first + 1, None)  # the first is the ring's lowest row, so that each ring is found once
        weakest = np.minimum(np.minimum(beats[first, rest, None], beats[rest, rest]), beats[None, rest, first])
        best = np.argsort(weakest, axis=None, kind="stable")[::-1][:most]
        for place in best[weakest.flat[best] > 0].tolist():
            second, third = (first + 1 + along for along in divmod(place, weakest.shape[1]))
            found.append((-float(weakest.flat[place]), first, second, third))
    return tuple(_triangle(rows, points, games) for _, *rows in sorted(found)[:most])


def _triangle(rows: list[int], points: Table, games: Table) -> Triangle:
    first, second, third = rows
    sides = ((first, second), (second, third), (third, first))
    rates = [float(points[side] / games[side]) for side in sides]
    played = [int(games[side]) for side in sides]
    return Triangle((first, second, third), (rates[0], rates[1], rates[2]), (played[0], played[1], played[2]))
