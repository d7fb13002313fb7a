"""Magnetic mirror descent: a small zero-sum game solved by its last iterate. An oracle, and the model of PPO's magnet.

At every information set the policy takes a step of mirror descent towards what pays, and is drawn to the uniform policy,
the magnet (Sokota et al. 2023). Both forces weaken with time, and the policy itself converges, without averaging:

    pi' = [pi * magnet^(eta tau) * exp(eta q)]^(1 / (1 + eta tau)), normalised; eta = 1 / sqrt(t), tau = magnet / sqrt(t)

The magnet counts in units of the largest return: 0.4 is near the paper's 1 chip in Kuhn poker and 5 in Leduc poker.

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


class TabularMMD(Tabular):
    """Plays the policy that so many iterations end in.

    magnet   how strong the magnet is at first, in units of the largest return
    rules    the game's spec, where the game was not made by one
    """

    def __init__(self, game: GameSpec, iterations: int = 3000, *, magnet: float = 0.4, rules: str = "") -> None:
        self.iterations = arguments.whole("iterations", iterations, low=1, high=1_000_000)
        self.magnet = arguments.number("magnet", magnet, low=0, high=1000)
        super().__init__(game, rules)

    def solve(self) -> Floats:
        return _solved(self.rules, self.iterations, self.magnet)


@lru_cache(maxsize=8)
def _solved(rules: str, iterations: int, magnet: float) -> Floats:
    policies = solving(written_out(rules), magnet)
    for _ in range(iterations - 1):
        next(policies)
    return next(policies)


def solving(tree: Tree, magnet: float) -> Iterator[Floats]:
    """The policy (H, A) after each iteration, without end."""
    policy, log_policy, time = tree.uniform(), np.zeros(tree.legal.shape), 0
    unit = max(abs(bound) for bound in tree.spec.return_range) or 1.0
    while True:
        time += 1
        eta, tau = time**-0.5, unit * magnet * time**-0.5
        # The log of the magnet is one number at each information set, which normalising takes away.
        log_policy = (log_policy + eta * action_values(tree, policy)) / (1 + eta * tau)
        log_policy = log_policy - np.where(tree.legal, log_policy, -np.inf).max(1, keepdims=True)
        policy = np.exp(log_policy) * tree.legal
        policy /= policy.sum(1, keepdims=True)
        yield policy


def action_values(tree: Tree, policy: Floats) -> Floats:
    """q (H, A): what the seat that chooses can expect from each action, by what it knows."""
    reach, values = tree.reach(policy), tree.values(policy)
    likely = reach[tree.source, 1 - tree.mover]  # (E,): by chance and the other seat
    total = tree.gather(likely)
    worth = tree.gather(likely * values[tree.target, tree.mover])
    return np.divide(worth, total, out=np.zeros_like(worth), where=total > 0)
