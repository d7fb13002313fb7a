"""Sequential tests of agents whose strength is known, drawn by chance."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from arena.analysis.sprt import ELO, SCORES, Sprt, Vector

RUNS = 400


def strength(share: ArrayLike) -> float:
    """The normalised Elo of outcomes (5,) of pairs."""
    mean = np.asarray(share) @ SCORES
    return float(ELO * (mean - 0.5) / sqrt(2 * (np.asarray(share) @ (SCORES - mean) ** 2)))


def strong(elo: float) -> Vector:
    """Outcomes of pairs (5,) of that normalised Elo: a mixture, found by bisection."""
    weak, good = np.array([0.2, 0.2, 0.3, 0.2, 0.1]), np.array([0.05, 0.1, 0.3, 0.3, 0.25])
    low, high = 0.0, 1.0
    for _ in range(60):
        share = (low + high) / 2
        low, high = (share, high) if strength((1 - share) * weak + share * good) < elo else (low, share)
    return (1 - low) * weak + low * good


def stopped(test: Sprt, share: ArrayLike, *, most: int, runs: int = RUNS, seed: int = 1) -> Vector:
    """What was counted (runs, 5) when tests of pairs with these outcomes stopped, after so many at most."""
    drawn = np.random.default_rng(seed).choice(5, size=(runs, most), p=share)
    counts, going = np.zeros((runs, 5)), np.arange(runs)
    low, high = test.bounds
    for pair in range(most):
        counts[going, drawn[going, pair]] += 1
        ratio = test.llr(counts[going])
        going = going[(low < ratio) & (ratio < high)]
        if not len(going):
            break
    return counts
