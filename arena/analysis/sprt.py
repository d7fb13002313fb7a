"""Is one really better than the other? A sequential test on mirrored pairs, and an estimate that stopping does not bend.

A mirrored pair scores 0, 1/4, 1/2, 3/4 or 1: the outcomes LL, LD, LW or DD, DW, WW, counted in this order. Two hypotheses
say how strong the first is, in Elo: *normalised* (the mean score over 1/2 in standard deviations of a game, by 800 / ln 10)
or *logistic* (by the mean score alone). The log-likelihood ratio is that of the two most likely distributions over the
five outcomes that the hypotheses allow, without a model of draws (Wald 1945; Van den Bergh 2019, "Normalized Elo").

The naive estimate after a stop is biased away from the middle, since who leads by luck stops early. The estimate here is
median-unbiased: the strength at which as much as was seen is seen half of the time, by the law of a Brownian motion
between the two bounds (Siegmund 1985), in the order of stopping: to accept sooner is more, to reject sooner is less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, log, pi, sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from arena.ratings.tails import cdf

Vector = NDArray[np.float64]
Scale = Literal["normalised", "logistic"]

SCORES: Vector = np.arange(5) / 4
RARE = 1e-3  # what an outcome that was not seen counts
ELO = 800 / log(10)  # points of normalised Elo in a standard deviation of a game
_STEPS, _HALVINGS, _TERMS, _GRID = 8, 40, 4000, 400
_SURE = 5.0  # a drift times a bound, at which the bound is reached with a chance of e^-10


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
        seen = np.where(np.asarray(counts, dtype=np.float64) == 0, RARE, counts).astype(np.float64)
        total = seen.sum(-1)
        share = seen / total[..., None]
        likely = _at_mean if self.scale == "logistic" else _at_strength
        one, other = likely(share, self.elo1), likely(share, self.elo0)
        ratio: Vector = total * (share * np.log(one / other)).sum(-1)
        return ratio

    def verdict(self, llr: float) -> bool | None:
        """Whether elo1 is accepted; None as long as nothing is."""
        low, high = self.bounds
        return True if llr >= high else False if llr <= low else None


@dataclass(frozen=True)
class Estimate:
    """A strength in normalised Elo, with where it lies at 95 %."""

    elo: float
    low: float
    high: float


def naive(counts: ArrayLike) -> float:
    """The normalised Elo of the pairs (5,) as if their number had been fixed."""
    seen = np.where(np.asarray(counts, dtype=np.float64) == 0, RARE, counts)
    share = seen / seen.sum()
    mean = float(share @ SCORES)
    return ELO * (mean - 0.5) / sqrt(2 * float(share @ (SCORES - mean) ** 2))


def unbiased(test: Sprt, counts: ArrayLike) -> Estimate:
    """The median-unbiased strength after a test has stopped, or was cut short, at these pairs (5,)."""
    games = 2 * float(np.sum(counts))
    if not games:
        return Estimate(0.0, -inf, inf)
    seen = naive(counts) / ELO
    low, high = _effects(test, counts)
    middle, width = (low + high) / 2, high - low
    walk = (seen - middle) * games  # of unit variance a game, with drift strength - middle
    below, above = (bound / width for bound in test.bounds)
    verdict = test.verdict(float(test.llr(counts)))

    def more(strength: float) -> float:
        return _as_much(strength - middle, games, walk, below, above, verdict)

    return Estimate(*(ELO * _crossing(more, at, around=seen) for at in (0.5, 0.025, 0.975)))


def _effects(test: Sprt, counts: ArrayLike) -> tuple[float, float]:
    """The hypotheses in standard deviations of a game."""
    if test.scale == "normalised":
        return test.elo0 / ELO, test.elo1 / ELO
    seen = np.where(np.asarray(counts, dtype=np.float64) == 0, RARE, counts)
    share = seen / seen.sum()
    spread = sqrt(2 * float(share @ (SCORES - share @ SCORES) ** 2))
    return (_expected(test.elo0) - 0.5) / spread, (_expected(test.elo1) - 0.5) / spread


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


def _as_much(drift: float, time: float, place: float, low: float, high: float, verdict: bool | None) -> float:
    """How probable it is to see as much or more: accepted no later, or rejected no sooner, or cut no lower."""
    if verdict is True:
        return _reached(drift, time, max(high, place), -low)
    if verdict is False:
        return 1 - _reached(-drift, time, max(-low, -place), high)
    return _reached(drift, time, high, -low) + _left_above(drift, time, place, low, high)


def _reached(drift: float, time: float, above: float, below: float) -> float:
    """How probably a Brownian motion from 0 is at `above` by that time, before it is at -`below`."""
    if drift * below > _SURE:
        return _reached_alone(drift, time, above)
    width = above + below
    n = np.arange(1, _terms(width, time))
    rate = drift**2 / 2 + (n * pi / width) ** 2 / 2
    later = np.exp(drift * above - rate * time) * n * np.sin(n * pi * above / width) / rate
    return min(1.0, max(0.0, _ever(drift, above, below) - pi / width**2 * float(later.sum())))


def _reached_alone(drift: float, time: float, above: float) -> float:
    """The same where it is sure never to be at the other bound: the inverse Gaussian distribution."""
    return cdf((drift * time - above) / sqrt(time)) + exp(
        min(0.0, 2 * drift * above + _log_cdf(-(drift * time + above) / sqrt(time)))
    )


def _log_cdf(x: float) -> float:
    """The logarithm of the normal's lower tail, by its asymptote where that is tiny."""
    return log(cdf(x)) if x > -20 else -x * x / 2 - log(-x * sqrt(2 * pi))


def _ever(drift: float, above: float, below: float) -> float:
    width = above + below
    if abs(drift * width) < 1e-9:
        return below / width
    if drift > 0:
        return (1 - exp(-2 * drift * below)) / (1 - exp(-2 * drift * width))
    return exp(2 * drift * above) * (1 - exp(2 * drift * below)) / (1 - exp(2 * drift * width))


def _left_above(drift: float, time: float, place: float, low: float, high: float) -> float:
    """How probably it is between the bounds all the time, and then above `place`."""
    width, reach = high - low, 9 * sqrt(time)
    first = min(max(place, low), high)
    at = np.linspace(first, max(first, min(high, max(first, drift * time) + reach)), _GRID)
    images = 2 + int(reach / width)
    k = np.arange(-images, images + 1)[:, None]
    source = np.exp(drift * at - drift**2 * time / 2 - (at + 2 * k * width) ** 2 / (2 * time))
    mirror = np.exp(drift * at - drift**2 * time / 2 - (at - 2 * high + 2 * k * width) ** 2 / (2 * time))
    density = (source - mirror).sum(0) / sqrt(2 * pi * time)  # the method of images
    return float(np.trapezoid(density, at))


def _terms(width: float, time: float) -> int:
    """After so many the rest of the series is nothing."""
    return min(_TERMS, 3 + int(9 * width / sqrt(time)))


def _crossing(rising: Callable[[float], float], at: float, *, around: float) -> float:
    """Where a rising function is at a value."""
    low, high = around - 1 - abs(around), around + 1 + abs(around)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < at else (low, middle)
    return (low + high) / 2
