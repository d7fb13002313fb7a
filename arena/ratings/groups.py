"""Groups: whom a log can compare at all. Between those who never met, and those who lost all, only a prior can choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from arena.match import Checkpoint
from arena.ratings.meetings import Meetings, Whole

Record = Literal["won all", "lost all"]


def groups(met: Meetings) -> list[list[Checkpoint]]:
    """Who is connected by comparisons, directly or through others; the largest group first."""
    ties = ((one, other) for pair in _paired(met) for one, other in (pair, pair[::-1]))
    found: dict[int, list[Checkpoint]] = {}
    for who, group in zip(met.cast, components(len(met.cast), ties), strict=True):
        found.setdefault(int(group), []).append(who)
    return sorted(found.values(), key=len, reverse=True)


def perfect(met: Meetings) -> dict[Checkpoint, Record]:
    """Who won all, or lost all: no likelihood says how good they are, only a prior does."""
    taken, given = np.zeros(len(met.cast)), np.zeros(len(met.cast))  # games that were not lost, not won
    for first, second, (won, drawn, lost) in zip(met.first, met.second, met.counts, strict=True):
        for team, got, gave in ((first, won + drawn, lost + drawn), (second, lost + drawn, won + drawn)):
            taken[list(met.teams[team])] += got
            given[list(met.teams[team])] += gave
    won_all: dict[Checkpoint, Record] = {who: "won all" for who, lost in zip(met.cast, given, strict=True) if not lost}
    return won_all | {who: "lost all" for who, won in zip(met.cast, taken, strict=True) if not won}


def one_way(met: Meetings) -> NDArray[np.bool_]:
    """(N,) whether a row lies between two sets of checkpoints of which one took all from the other.

    Likelihood alone would put an infinite distance between the two (Ford, "Solution of a ranking problem from binary
    comparisons", 1957).
    """
    part = parts(met)
    whose = [{int(part[who]) for who in team} for team in met.teams]
    return np.array([whose[one].isdisjoint(whose[other]) for one, other in zip(met.first, met.second, strict=True)], bool)


def parts(met: Meetings) -> Whole:
    """(K,) for each of the cast the number of its part: who took something from each other, directly or through others.

    How far apart two parts are only a prior says.
    """
    return components(len(met.cast), _paired(met))


def _paired(met: Meetings) -> Iterator[tuple[int, int]]:
    """Ordered pairs of checkpoints of which the first took something from the second."""
    for first, second, (won, drawn, lost) in zip(met.first, met.second, met.counts, strict=True):
        if won + drawn:
            yield from product(met.teams[first], met.teams[second])
        if lost + drawn:
            yield from product(met.teams[second], met.teams[first])


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
