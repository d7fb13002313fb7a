"""CFR+: near-perfect play of a small zero-sum game, solved on the spot. An oracle for learners to be measured against.

Counterfactual regret minimisation (Zinkevich et al. 2007) with regrets that never fall below zero, seats that are updated
in turn, and an average that weighs iteration t by t (Tammelin 2014). All information sets of a seat are updated at once.

Dimensions: H information sets, A actions.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from agents.table import Tabular, written_out
from games import arguments
from games.spec import GameSpec
from games.tree import Floats, Tree


class CFR(Tabular):
    """Plays the average policy of CFR+ after so many iterations.

    rules    the game's spec, where the game was not made by one: cfr(rules='matrix([[1, 0], [0, 2]])')
    """

    def __init__(self, game: GameSpec, iterations: int = 100, *, rules: str = "") -> None:
        self.iterations = arguments.whole("iterations", iterations, low=1, high=1_000_000)
        super().__init__(game, rules)

    def solve(self) -> Floats:
        return _solved(self.rules, self.iterations)


@lru_cache(maxsize=8)
def _solved(rules: str, iterations: int) -> Floats:
    policies = solving(written_out(rules))
    for _ in range(iterations - 1):
        next(policies)
    return next(policies)


def solving(tree: Tree) -> Iterator[Floats]:
    """The average policy (H, A) after each iteration, without end."""
    regret, weight = np.zeros(tree.legal.shape), np.zeros(tree.legal.shape)
    policy, iteration = tree.uniform(), 0
    while True:
        iteration += 1
        for seat in (0, 1):
            mine = (tree.seat == seat)[:, None]  # (H, 1)
            reach, values = tree.reach(policy), tree.values(policy)[:, seat]
            weight += iteration * mine * policy * tree.gather(reach[tree.source, seat])
            gain = tree.gather(reach[tree.source, 1 - seat] * values[tree.target])  # (H, A): counterfactual values
            better = gain - (policy * gain).sum(1, keepdims=True)
            regret = np.where(mine, np.maximum(regret + better, 0) * tree.legal, regret)
            policy = shares(regret, tree)
        yield shares(weight, tree)


def shares(weights: Floats, tree: Tree) -> Floats:
    """The policy (H, A) in proportion to weights, uniform where an information set has none (regret matching)."""
    total = weights.sum(1, keepdims=True)
    policy: Floats = np.where(total > 0, weights / np.where(total > 0, total, 1), tree.uniform())
    return policy
