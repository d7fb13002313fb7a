"""How much better is one than the other? An estimate that stopping does not bend, after a sequential test or a part of it.

The naive estimate after a stop is biased away from the middle, since who leads by luck stops early. The estimate here is
median-unbiased: the strength at which as much as was seen is seen half of the time, in the order of stopping, where to
accept sooner is more and to reject sooner is less. The ratio of the test is taken for a Brownian motion between the two
bounds (Siegmund 1985), which says *how many standard errors* off the naive estimate the true strength is. What a standard
error is, and that it is wider on one side, is said by the shares that five outcomes may have after those seen: Dirichlet's
distribution, with one outcome in all for what was known before (Perks 1947). In simulations intervals of 95 % hold the
truth in 92 to 98 % of tests up to 1,200 points, and in 88 % at 1,700.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, log, pi, sqrt

import numpy as np
from numpy.typing import ArrayLike

from arena.analysis.sprt import ELO, SCORES, Scale, Sprt, Vector, occurring
from arena.ratings.tails import cdf

_BEFORE = 1 / len(SCORES)  # pairs of each outcome that are counted beside those seen
_DRAWS = 10_000  # of shares; whatever is asked, the same
_TERMS, _GRID = 4000, 400
_SURE = 5.0  # a drift times a bound, at which the bound is reached with a chance of e^-10


@dataclass(frozen=True)
class Estimate:
    """A strength in Elo, with where it lies at 95 %; infinite where nothing bounds it, as where every pair was won."""

    elo: float
    low: float
    high: float


def naive(counts: ArrayLike, scale: Scale = "normalised") -> float:
    """The Elo of the pairs (5,) as if their number had been fixed; 0 where there are none, infinite where all were won."""
    seen = np.asarray(counts, dtype=np.float64)
    return float(_elo(seen / max(seen.sum(), 1), scale)) if seen.any() else 0.0


def unbiased(test: Sprt, counts: ArrayLike) -> Estimate:
    """The median-unbiased strength, on the test's scale, after a test has stopped or was cut short at these pairs (5,)."""
    seen = np.asarray(counts, dtype=np.float64)
    if not seen.any():
        return Estimate(0.0, -inf, inf)
    possible = np.random.default_rng(0).dirichlet(seen + _BEFORE, size=_DRAWS)
    strengths = np.sort(_elo(possible, test.scale))
    if abs(bound := naive(counts, test.scale)) == inf:  # all on one side
        return Estimate(bound, *sorted([bound, float(np.quantile(strengths, 0.05 if bound > 0 else 0.95))]))
    places = [cdf(deviation) for deviation in _deviations(test, counts)]
    return Estimate(*np.quantile(strengths, places).tolist())


def _elo(share: Vector, scale: Scale) -> Vector:
    """The strength (...) of shares (..., 5)."""
    mean = share @ SCORES
    with np.errstate(divide="ignore", invalid="ignore"):
        if scale == "logistic":
            found = 400 * np.log10(mean / (1 - mean))
        else:
            found = ELO * (mean - 0.5) / np.sqrt(2 * ((SCORES - mean[..., None]) ** 2 * share).sum(-1))
    strength: Vector = np.where(mean == 0.5, 0.0, found)
    return strength


def _deviations(test: Sprt, counts: ArrayLike) -> list[float]:
    """By how many standard errors the strengths are above what was seen that see as much 1 time in 2, 1 and 39 in 40."""
    steps, seen = test.steps(counts), occurring(counts)
    share, games = seen / seen.sum(), 2 * float(np.sum(counts))
    spread = sqrt(float(share @ (steps - share @ steps) ** 2) / 2)  # of the ratio, in one game
    ratio = float(test.llr(counts))
    walk, verdict = ratio / spread, test.verdict(ratio)  # of unit variance a game
    below, above = (bound / spread for bound in test.bounds)

    def more(drift: float) -> float:
        return _as_much(drift, games, walk, below, above, verdict)

    drift = walk / games
    return [(_crossing(more, at, around=drift) - drift) * sqrt(games) for at in (0.5, 0.025, 0.975)]


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
