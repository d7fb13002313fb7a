"""What a batch model is: all comparisons to one fit, whatever order they came in. Add one by writing one method."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp, log
from typing import Protocol, runtime_checkable

import numpy as np

from arena.match import Checkpoint, Comparison
from arena.ratings.meetings import Meetings, Reals
from arena.ratings.model import Rating
from arena.ratings.tails import cdf

ELO = 400 / log(10)  # points of Elo's scale for each unit of theta
MEAN = 1500.0  # of all who are rated, on that scale


@dataclass(frozen=True)
class Fit:
    """K checkpoints on one scale, what the first seat is worth on it, how common draws are, and how sure all that is."""

    meetings: Meetings
    at: Reals  # (K + 2,) theta of each of the cast, eta of the first seat, log nu of draws
    covariance: Reals  # (K + 2, K + 2) of their errors
    evidence: float  # log of how probable the model makes the log (Laplace's approximation); settings are chosen by it

    def __contains__(self, who: Checkpoint) -> bool:
        return who in self._place

    def rating(self, who: Checkpoint) -> Rating:
        """On Elo's scale, the mean of all at 1500; sigma is the standard error of the distance to that mean."""
        place = self._place[who]
        thetas = self.at[:-2]
        return Rating(float(MEAN + ELO * (thetas[place] - thetas.mean())), float(ELO * self._errors[place]))

    def lead(self, a: Checkpoint, b: Checkpoint) -> Rating:
        """By how much `a` is rated above `b`, in points of Elo, with its standard error."""
        i, j, v = self._place[a], self._place[b], self.covariance
        error = max(float(v[i, i] + v[j, j] - 2 * v[i, j]), 0.0) ** 0.5
        return Rating(float(ELO * (self.at[i] - self.at[j])), ELO * error)

    def contrast(self, a: Checkpoint, b: Checkpoint) -> tuple[Reals, Reals]:
        """(3,) theta of `a` less that of `b`, eta and log nu, and the covariance (3, 3) of their errors."""
        ways = np.zeros((3, len(self.at)))
        ways[0, self._place[a]], ways[0, self._place[b]], ways[1, -2], ways[2, -1] = 1, -1, 1, 1
        return ways @ self.at, ways @ self.covariance @ ways.T

    def leads(self, shown: Sequence[Checkpoint]) -> tuple[Reals, Reals]:
        """(n, n) by how much each of the shown is rated above each, in points of Elo, and the standard errors."""
        places = [self._place[who] for who in shown]
        v, thetas = self.covariance[np.ix_(places, places)], self.at[places]
        own = np.diag(v)
        errors = np.sqrt(np.maximum(own[:, None] + own[None, :] - 2 * v, 0.0))
        return ELO * (thetas[:, None] - thetas[None, :]), ELO * errors

    def better(self, a: Checkpoint, b: Checkpoint) -> float:
        """How probable it is that `a` is better than `b`."""
        lead = self.lead(a, b)
        return cdf(lead.mu / lead.sigma) if lead.sigma > 0 else 0.5

    @property
    def side(self) -> Rating | None:
        """What the first seat is worth, in points of Elo, with its standard error; None where no match tells."""
        if not self.meetings.sided.any():
            return None
        return Rating(float(ELO * self.at[-2]), float(ELO * self.covariance[-2, -2] ** 0.5))

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

    @cached_property
    def _place(self) -> dict[Checkpoint, int]:
        return {who: number for number, who in enumerate(self.meetings.cast)}

    @cached_property
    def _errors(self) -> Reals:
        """(K,) of each theta's distance to the mean of all."""
        v = self.covariance[:-2, :-2]
        errors: Reals = np.sqrt(np.maximum(np.diag(v) - 2 * v.mean(axis=1) + v.mean(), 0.0))
        return errors


@runtime_checkable
class BatchModel(Protocol):
    """Comparisons to a fit. The same for every order of them."""

    def fit(self, comparisons: Iterable[Comparison] | Meetings) -> Fit:
        """The ratings that tell best of the comparisons. Nothing that was compared is a fit of nobody."""
