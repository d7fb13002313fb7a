"""Groups: whom a log can compare at all. Between those who never met, and those who lost all, only a prior can choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from arena.match import Checkpoint
from arena.ratings.meetings import Meetings, Reals, Whole

Record = Literal["won all", "lost all"]


def groups(met: Meetings) -> list[list[Checkpoint]]:
    """Who is connected by comparisons, directly or through others; the largest group first."""
    leaders = np.array([team[0] for team in met.teams], dtype=np.int64)
    mates = [(team[0], who) for team in met.teams for who in team[1:]]
    ties = np.concatenate([np.column_stack([leaders[met.first], leaders[met.second]]), np.array(mates).reshape(-1, 2)])
    found: dict[int, list[Checkpoint]] = {}
    for who, group in zip(met.cast, connected(len(met.cast), ties.astype(np.int64)).tolist(), strict=True):
        found.setdefault(group, []).append(who)
    return sorted(found.values(), key=len, reverse=True)


def perfect(met: Meetings) -> dict[Checkpoint, Record]:
    """Who won all, or lost all: no likelihood says how good they are, only a prior does."""
    won, drawn, lost = met.counts.T
    taken, given = _by_checkpoint(met, won + drawn, lost + drawn), _by_checkpoint(met, lost + drawn, won + drawn)
    won_all: dict[Checkpoint, Record] = {who: "won all" for who, lost in zip(met.cast, given, strict=True) if not lost}
    return won_all | {who: "lost all" for who, won in zip(met.cast, taken, strict=True) if not won}


def _by_checkpoint(met: Meetings, of_first: Reals, of_second: Reals) -> Reals:
    """(K,) the games (N,) of rows that count for the first and for the second team, as its members have them."""
    by_team = np.bincount(met.first, of_first, len(met.teams)) + np.bincount(met.second, of_second, len(met.teams))
    sizes = [len(team) for team in met.teams]
    member = np.array([who for team in met.teams for who in team], dtype=np.int64)
    return np.bincount(member, np.repeat(by_team, sizes), len(met.cast)).astype(np.float64)


def one_way(met: Meetings) -> NDArray[np.bool_]:
    """(N,) whether a row lies between two sets of checkpoints of which one took all from the other.

    Likelihood alone would put an infinite distance between the two (Ford, "Solution of a ranking problem from binary
    comparisons", 1957).
    """
    part = parts(met)
    whose = [{int(part[who]) for who in team} for team in met.teams]
    rows = zip(met.first.tolist(), met.second.tolist(), strict=True)
    return np.array([whose[one].isdisjoint(whose[other]) for one, other in rows], bool)


def parts(met: Meetings) -> Whole:
    """(K,) for each of the cast the number of its part: who took something from each other, directly or through others.

    How far apart two parts are only a prior says.
    """
    return components(len(met.cast), _paired(met))


def _paired(met: Meetings) -> Iterator[tuple[int, int]]:
    """Ordered pairs of checkpoints of which the first took something from the second."""
    for first, second, (won, drawn, lost) in zip(met.first.tolist(), met.second.tolist(), met.counts.tolist(), strict=True):
        if won + drawn:
            yield from product(met.teams[first], met.teams[second])
        if lost + drawn:
            yield from product(met.teams[second], met.teams[first])


def connected(size: int, ties: Whole) -> Whole:
    """(size,) the lowest of all nodes that each is connected to by ties (E, 2), whichever way they go."""
    lowest = np.arange(size)
    while True:
        between = lowest[ties].min(axis=1)
        after = lowest.copy()
        for end in ties.T:
            np.minimum.at(after, end, between)
        after = after[after]  # who is connected to the lowest is connected to that one's lowest
        if (after == lowest).all():
            return lowest
        lowest = after


def components(size: int, edges: Iterable[tuple[int, int]]) -> Whole:
    """(size,) the number of each node's strongly connected component: of those that reach each other along the edges.

    Numbers grow with a component's first node. Tarjan, "Depth-first search and linear graph algorithms" (1972), without
    recursion.
    """
    ahead: list[list[int]] = [[] for _ in range(size)]
    for one, other in edges:
        ahead[one].append(other)
    found, low, on, stack = [-1] * size, [0] * size, [False] * size, list[int]()
    whole, count = [-1] * size, 0
    for root in range(size):
        if found[root] >= 0:
            continue
        trail = [(root, 0)]
        while trail:
            node, next_edge = trail.pop()
            if next_edge == 0:
                found[node] = low[node] = count
                count += 1
                stack.append(node)
                on[node] = True
            if next_edge < len(ahead[node]):
                trail.append((node, next_edge + 1))
                if found[child := ahead[node][next_edge]] < 0:
                    trail.append((child, 0))
                elif on[child]:
                    low[node] = min(low[node], found[child])
                continue
            if low[node] == found[node]:
                while True:
                    one = stack.pop()
                    on[one], whole[one] = False, node
                    if one == node:
                        break
            if trail:
                low[trail[-1][0]] = min(low[trail[-1][0]], low[node])
    return _by_first_node(whole)


def _by_first_node(whole: Sequence[int]) -> Whole:
    order = {name: number for number, name in enumerate(dict.fromkeys(whole))}
    return np.array([order[name] for name in whole], dtype=np.int64)
