"""Odds: how one would fare against another, as chances with intervals, by a batch fit or by a rating model.

A chance is as good as the ratings that it comes from, so its interval is where 95 % of their errors leave it: a batch fit's
errors are normal, with the covariance of the fit, and a rating is a normal belief. Who has the first seat matters where the
model knows what it is worth; over a mirrored pair, in which each has it once, the chances are the mean of the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot
from typing import Literal, NamedTuple

import numpy as np

from arena.match import Checkpoint
from arena.ratings.batch import Fit
from arena.ratings.meetings import Reals
from arena.ratings.model import Rating, RatingModel
from arena.ratings.tails import ppf

Seat = Literal["either", "first", "second"]

_DRAWN, _SEED = 50_000, 0  # ratings that a fit's errors leave possible; 2.5 % of them are known to 1 % of their spread
_GRID = 2001  # leads that are equally likely
_OUTSIDE = (0.025, 0.975)


class Chance(NamedTuple):
    """A number from 0 to 1, and where it is at 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Odds:
    """The chances that one wins, draws and loses, and the score to be expected: wins and half the draws."""

    win: Chance
    draw: Chance
    loss: Chance
    score: Chance


def by_fit(fit: Fit, a: Checkpoint, b: Checkpoint) -> dict[Seat, Odds]:
    """How `a` fares against `b`, both of them in the fit; in each seat as well, where it tells what the first is worth."""
    mean, covariance = fit.contrast(a, b)
    d, eta, nu = np.random.default_rng(_SEED).multivariate_normal(mean, covariance, _DRAWN, method="eigh").T
    first, second = _chances(d + eta, nu), _chances(d - eta, nu)
    ahead, behind = fit.predict(a, b, sided=True), fit.predict(b, a, sided=True)[::-1]
    if fit.side is None:
        return {"either": _odds(np.array(fit.predict(a, b)), _chances(d, nu))}
    return {
        "either": _odds((np.array(ahead) + behind) / 2, (first + second) / 2),
        "first": _odds(np.array(ahead), first),
        "second": _odds(np.array(behind), second),
    }


def by_model(model: RatingModel, a: Rating, b: Rating, counters: Mapping[str, float]) -> Odds:
    """How one rated `a` fares against one rated `b`, on neutral ground."""
    spread = hypot(a.sigma, b.sigma)
    leads = [spread * ppf((step + 0.5) / _GRID) for step in range(_GRID)]
    sure = Rating(b.mu, 0.0)
    possible = np.array([model.predict(Rating(a.mu + lead, 0.0), sure, counters) for lead in leads])
    return _odds(np.array(model.predict(a, b, counters)), possible)


def _chances(d: Reals, nu: Reals) -> Reals:
    """(n, 3) Davidson's chances to win, draw and lose, for leads d (n,) and log nu (n,)."""
    logs = np.stack([d / 2, nu, -d / 2], axis=1)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    chances: Reals = weights / weights.sum(axis=1, keepdims=True)
    return chances


def _odds(told: Reals, possible: Reals) -> Odds:
    """From the chances (3,) that are told and those (n, 3) that may be true."""
    points = [*told, told[0] + told[1] / 2]
    columns = [*possible.T, possible[:, 0] + possible[:, 1] / 2]
    return Odds(*(_chance(float(point), column) for point, column in zip(points, columns, strict=True)))


def _chance(value: float, possible: Reals) -> Chance:
    """Draws are likeliest between equals, so what is told of them may be at the very edge: the interval reaches to it."""
    low, high = (float(edge) for edge in np.quantile(possible, _OUTSIDE))
    return Chance(value, min(low, value), max(high, value))
