"""What a batch model is: all comparisons to one fit, whatever order they came in.

Add one by writing one method, which answers a `Fit`: a strength for each of the cast on one scale, what the first seat is
worth and how common draws are, with a root of the covariance of their errors. The chances are Davidson's, unless a model
makes a `Fit` of its own with another `predict`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp, log
from typing import Protocol, runtime_checkable

import numpy as np

from arena.match import Checkpoint, Comparison
from arena.ratings.meetings import Meetings, Reals, Whole
from arena.ratings.model import Rating
from arena.ratings.tails import cdf

ELO = 400 / log(10)  # points of Elo's scale for each unit of theta
MEAN = 1500.0  # of all who are rated, on that scale

_BLOCK = 512  # checkpoints that are held against all others at once


@dataclass(frozen=True)
class Fit:
    """K checkpoints on one scale, what the first seat is worth on it, how common draws are, and how sure all that is."""

    meetings: Meetings
    at: Reals  # (K + 2,) theta of each of the cast, eta of the first seat, log nu of draws
    root: Reals  # (K + 2, R) of the covariance of their errors: it is root @ root.T
    evidence: float | None  # log of how probable the model makes the log (Laplace's approximation), where it is known
    noise: float = 0.0  # of the errors themselves, as a share of them: their own standard error, where they were drawn

    def __contains__(self, who: Checkpoint) -> bool:
        return who in self._place

    def rating(self, who: Checkpoint) -> Rating:
        """On Elo's scale, the mean of all at 1500; sigma is the standard error of the distance to that mean."""
        place = self._place[who]
        thetas = self.at[:-2]
        return Rating(float(MEAN + ELO * (thetas[place] - thetas.mean())), float(ELO * self._errors[place]))

    def lead(self, a: Checkpoint, b: Checkpoint) -> Rating:
        """By how much `a` is rated above `b`, in points of Elo, with its standard error."""
        i, j = self._place[a], self._place[b]
        error = float(np.linalg.norm(self.root[i] - self.root[j]))
        return Rating(float(ELO * (self.at[i] - self.at[j])), ELO * error)

    def contrast(self, a: Checkpoint, b: Checkpoint) -> tuple[Reals, Reals]:
        """(3,) theta of `a` less that of `b`, eta and log nu, and the covariance (3, 3) of their errors."""
        ways = np.zeros((3, len(self.at)))
        ways[0, self._place[a]], ways[0, self._place[b]], ways[1, -2], ways[2, -1] = 1, -1, 1, 1
        root = ways @ self.root
        return ways @ self.at, root @ root.T

    def ranks(self, shown: Sequence[Checkpoint], *, sure: float) -> tuple[Whole, Whole]:
        """(n,) of the shown, best first: how many are above each, and below each, by more than `sure` standard errors."""
        places = [self._place[who] for who in shown]
        thetas, root = self.at[places], self.root[places]
        own, size = (root**2).sum(axis=1), len(places)
        above, below = np.zeros(size, np.int64), np.zeros(size, np.int64)
        for start in range(0, size, _BLOCK):  # so that a board of ten thousand needs no table of all pairs
            rows, rest = slice(start, start + _BLOCK), slice(start, None)
            variances = own[rows, None] + own[None, rest] - 2 * (root[rows] @ root[rest].T)
            leads = thetas[rows, None] - thetas[None, rest]
            surely = (leads > 0) & (leads**2 > sure**2 * variances)
            below[rows] += surely.sum(axis=1)
            above[rest] += surely.sum(axis=0)
        return above, below

    def better(self, a: Checkpoint, b: Checkpoint) -> float:
        """How probable it is that `a` is better than `b`."""
        return surely(self.lead(a, b))

    @property
    def side(self) -> Rating | None:
        """What the first seat is worth, in points of Elo, with its standard error; None where no match tells."""
        if not self.meetings.sided.any():
            return None
        return Rating(float(ELO * self.at[-2]), float(ELO * np.linalg.norm(self.root[-2])))

    @property
    def draws(self) -> float:
        """How often equals draw."""
        return 1 / (1 + 2 * exp(-float(self.at[-1])))

    def predict(self, a: Checkpoint, b: Checkpoint, *, sided: bool = False) -> tuple[float, float, float]:
        """The chances that `a` wins, draws and loses against `b`; a stranger is believed to be like the mean of all."""
        first, second = (float(self.at[self._place[who]]) if who in self else 0.0 for who in (a, b))
        half = (first - second + (float(self.at[-2]) if sided else 0.0)) / 2
        top = max(abs(half), float(self.at[-1]))
        win, draw, loss = exp(half - top), exp(float(self.at[-1]) - top), exp(-half - top)
        whole = win + draw + loss
        return win / whole, draw / whole, loss / whole

    @property
    def covariance(self) -> Reals:
        """(K + 2, K + 2) of the errors; large where there are many checkpoints."""
        whole: Reals = self.root @ self.root.T
        return whole

    @cached_property
    def _place(self) -> dict[Checkpoint, int]:
        return {who: number for number, who in enumerate(self.meetings.cast)}

    @cached_property
    def _errors(self) -> Reals:
        """(K,) of each theta's distance to the mean of all."""
        thetas = self.root[:-2]
        errors: Reals = np.linalg.norm(thetas - thetas.mean(axis=0), axis=1)
        return errors


def surely(lead: Rating) -> float:
    """How probable it is that a lead is one."""
    return cdf(lead.mu / lead.sigma) if lead.sigma > 0 else 0.5


@runtime_checkable
class BatchModel(Protocol):
    """Comparisons to a `Fit`. The same for every order of them."""

    def fit(self, comparisons: Iterable[Comparison] | Meetings) -> Fit:
        """The ratings that tell best of the comparisons. Nothing that was compared is a fit of nobody."""
