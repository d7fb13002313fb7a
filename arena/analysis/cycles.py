"""Cycles: how much of a payoff table no single skill can explain, and who beats whom in a ring.

Log-odds of winning are a flow on the graph of those who met. Its Hodge decomposition (Jiang, Lim, Yao and Ye 2011; for
games Balduzzi et al. 2019, "Open-ended learning in symmetric zero-sum games") parts what differences of skill explain from
what runs in circles. Luck runs in circles too: so what does is held against leagues of the same matches that have no cycles
but those of luck. (It, and not its share: where nobody is better than anybody, all there is runs in circles.) Luck draws
each match by itself: where agents leave little to chance, matches repeat each other, and the p-value comes out too small.

Dimensions: K rows, which are the columns too; S simulated leagues.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.analysis.payoff import PayoffTable

Table = NDArray[np.float64]

SIMULATIONS = 200
SIGNIFICANT = 0.01  # of a hundred leagues without cycles one is taken for cyclic
_LARGEST = 200  # checkpoints among which a leaderboard looks for cycles: it must not wait for them
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
    p_value: float  # how often luck alone makes as much of it
    triangles: tuple[Triangle, ...]  # the clearest first

    @property
    def significant(self) -> bool:
        """Whether there are cycles: a ring of three to show, and more of them than luck makes."""
        return self.p_value < SIGNIFICANT and bool(self.triangles)


def cycles_of(table: PayoffTable, *, most: int = 10) -> Cycles:
    """The cycles of a payoff table, its rows in the order of `table.checkpoints`."""
    return cycles(_sums(table, "wins"), _sums(table, "draws"), most=most)


def cyclic_share(table: PayoffTable) -> float | None:
    """The share of cycles among the best of a table, where there are more than luck makes; None elsewhere."""
    best = set(table.checkpoints[:_LARGEST])
    some = PayoffTable({pair: payoff for pair, payoff in table.payoffs.items() if best.issuperset(pair)}, by=table.by)
    found = cycles_of(some, most=1)
    return found.share if found.significant else None


def cycles(wins: Table, draws: Table, *, seed: int = 0, most: int = 10, simulations: int = SIMULATIONS) -> Cycles:
    """The cycles of a league by its wins (K, K), each row's over each column, and its draws (K, K), symmetric.

    At most so many triangles are listed. The p-value comes from `simulations` leagues in which skill is all there is,
    with as many decided games: it is at least 1 / (1 + simulations). A draw says nothing here: what skill explains by
    differences (Davidson 1970) are the odds of the games that somebody won.
    """
    decided = wins + wins.T
    upper = np.triu(decided > 0, 1)
    if not upper.any():
        return Cycles((0.0,) * len(wins), 0.0, 1.0, ())
    solve = np.linalg.pinv(np.diag(decided.sum(1)) - decided, hermitian=True)  # (K, K): of the graph's Laplacian
    skill = solve @ (decided * _log_odds(wins)).sum(1)
    chance = np.random.default_rng(seed)
    luck = (1 / (1 + np.exp(skill[None, :] - skill[:, None])))[upper]  # (pairs,): the upper row's chance of a win
    drawn = [chance.binomial(decided[upper].astype(np.int64), luck) for _ in range(simulations)]
    lucky = [_parts(_log_odds(_filled(won, decided, upper)), decided, solve)[0] for won in drawn]
    circles, whole = _parts(_log_odds(wins), decided, solve)
    p_value = (1 + sum(other >= circles for other in lucky)) / (1 + simulations)
    share = circles / whole if whole else 0.0
    return Cycles(tuple(skill.tolist()), share, p_value, _triangles(wins + draws / 2, decided + draws, most))


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


def _filled(won: NDArray[np.int64], decided: Table, upper: NDArray[np.bool_]) -> Table:
    """Wins (K, K) from those of the upper rows."""
    wins = np.zeros_like(decided)
    wins[upper] = won
    return wins + np.where(upper, decided - wins, 0.0).T


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
