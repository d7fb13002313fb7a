"""Is one really better than the other? A sequential test on mirrored pairs.

A mirrored pair scores 0, 1/4, 1/2, 3/4 or 1: the outcomes LL, LD, LW or DD, DW, WW, counted in this order. Two hypotheses
say how strong the first is, in Elo: *normalised* (the mean score over 1/2 in standard deviations of a game, by 800 / ln 10)
or *logistic* (by the mean score alone). The log-likelihood ratio is that of the two most likely distributions over the
five outcomes that the hypotheses allow, without a model of draws (Wald 1945; Van den Bergh 2019, "Normalized Elo").
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]
Scale = Literal["normalised", "logistic"]

SCORES: Vector = np.arange(5) / 4
RARE = 1e-3  # what an outcome that was not seen counts
ELO = 800 / log(10)  # points of normalised Elo in a standard deviation of a game
_STEPS, _HALVINGS = 8, 40


@dataclass(frozen=True)
class Sprt:
    """A test of `elo1` against `elo0`, that errs with probability `alpha` where elo0 holds and `beta` where elo1 does."""

    elo0: float = 0.0
    elo1: float = 10.0
    alpha: float = 0.05
    beta: float = 0.05
    scale: Scale = "normalised"

    @property
    def bounds(self) -> tuple[float, float]:
        """Below the first elo0 is accepted, above the second elo1."""
        return log(self.beta / (1 - self.alpha)), log((1 - self.beta) / self.alpha)

    def llr(self, counts: ArrayLike) -> Vector:
        """The log-likelihood ratio (...) of pairs counted by outcome (..., 5)."""
        seen = occurring(counts)
        ratio: Vector = (seen * self.steps(counts)).sum(-1)
        return ratio

    def steps(self, counts: ArrayLike) -> Vector:
        """By how much each outcome of one pair more would move the ratio (..., 5)."""
        seen = occurring(counts)
        share = seen / seen.sum(-1, keepdims=True)
        likely = _at_mean if self.scale == "logistic" else _at_strength
        moved: Vector = np.log(likely(share, self.elo1) / likely(share, self.elo0))
        return moved

    def verdict(self, llr: float) -> bool | None:
        """Whether elo1 is accepted; None as long as nothing is."""
        low, high = self.bounds
        return True if llr >= high else False if llr <= low else None


def occurring(counts: ArrayLike) -> Vector:
    """Counts (..., 5) in which every outcome has occurred, if only hardly."""
    seen: Vector = np.where(np.asarray(counts) == 0, RARE, counts).astype(np.float64)
    return seen


def _expected(elo: float) -> float:
    return 1 / (1 + 10 ** (-elo / 400))


def _at_mean(share: Vector, elo: float) -> Vector:
    """The most likely shares (..., 5) whose mean score is what a logistic Elo expects."""
    return _tilted(share, np.broadcast_to(SCORES - _expected(elo), share.shape))


def _at_strength(share: Vector, elo: float) -> Vector:
    """The most likely shares (..., 5) whose mean is so many standard deviations above 1/2, by repeated linear constraints.

    A standard deviation moves by ((a - mean)^2 - variance) / (2 deviation) for weight that is put on score a.
    """
    strength = sqrt(2) * elo / ELO  # of a pair
    found = np.full_like(share, 0.2)
    for _ in range(_STEPS):
        mean = (found @ SCORES)[..., None]
        spread = np.sqrt(((SCORES - mean) ** 2 * found).sum(-1))[..., None]
        found = _tilted(share, SCORES - 0.5 - strength * spread * (1 + ((SCORES - mean) / spread) ** 2) / 2)
    return found


def _tilted(share: Vector, values: Vector) -> Vector:
    """The most likely distribution (..., 5) whose mean of `values` is 0: share / (1 + x values), with x by bisection."""
    low, high = -1 / values.max(-1), -1 / values.min(-1)
    for _ in range(_HALVINGS):
        x = (low + high) / 2
        above = (share * values / (1 + x[..., None] * values)).sum(-1) > 0
        low, high = np.where(above, x, low), np.where(above, high, x)
    tilted = share / (1 + ((low + high) / 2)[..., None] * values)
    whole: Vector = tilted / tilted.sum(-1, keepdims=True)
    return whole
