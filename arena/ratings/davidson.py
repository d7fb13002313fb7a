"""Davidson's model of paired comparisons with draws, fitted to a whole log at once, whatever order it came in.

R. R. Davidson, "On extending the Bradley-Terry model to accommodate ties in paired comparison experiments" (JASA 1970);
with a side advantage, Davidson and Beaver (Biometrics 1977). Where d = theta_a - theta_b, + eta if a sat first,

    P(a wins) : P(draw) : P(b wins)  =  e^(d/2) : nu : e^(-d/2).

Newton's method on the penalised likelihood. Errors are the sandwich's, V = H^-1 (G + L) H^-1 (Huber 1967, White 1982): H is
how the likelihood bends, G how much its scores really varied, L the penalty's part of H. Between groups of which one won
all, nothing varied and G would claim certainty; there the model's word is taken, as if G were H.
Dimensions: K checkpoints, S teams, N rows; parameters (K + 2,): theta, eta, log nu.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite, log
from typing import NamedTuple

import numpy as np

from arena.match import Comparison
from arena.ratings.batch import Fit
from arena.ratings.groups import one_way
from arena.ratings.meetings import ALONE, Meetings, Reals, Whole, gather
from games.errors import BadSpec

_USUAL = log(2 / 9)  # log nu where 1 game in 10 between equals is a draw, as is believed before anything is seen
_STEPS, _STILL, _HALVINGS = 100, 1e-9, 40
_BOUTS = 1024  # rankings whose scores are laid out at once


@dataclass(frozen=True)
class Davidson:
    """The batch model. Before anything is seen each theta is believed to be normal, with variance 1 / `ridge`."""

    ridge: float = 0.1

    def __post_init__(self) -> None:
        if not (self.ridge > 0 and isfinite(self.ridge)):
            raise BadSpec(f"ridge must be above 0, got {self.ridge!r}", hint="it keeps perfect records finite")

    def fit(self, comparisons: Iterable[Comparison] | Meetings, *, smooth: Reals | None = None) -> Fit:
        """The ratings that make the comparisons most likely. Pure, and bit for bit the same in every order.

        `smooth` (K, K), positive semidefinite: theta' smooth theta / 2 is taken from the log-likelihood.
        """
        met = comparisons if isinstance(comparisons, Meetings) else gather(comparisons)
        peak = self._peak(met, smooth)
        at = peak.climb()
        inverse = np.linalg.inv(peak.bend(at))
        covariance = inverse @ (peak.design.scores(at) + peak.penalty) @ inverse
        return Fit(met, at, covariance, peak.evidence(at))

    def evidence(self, met: Meetings, *, smooth: Reals | None = None) -> float:
        """That of the fit, which is not made."""
        peak = self._peak(met, smooth)
        return peak.evidence(peak.climb())

    def _peak(self, met: Meetings, smooth: Reals | None) -> _Peak:
        size = len(met.cast)
        penalty = np.eye(size + 2) * self.ridge
        if smooth is not None:
            penalty[:size, :size] += smooth
        return _Peak(_Design(met), penalty)


class _Bends(NamedTuple):
    """A weight of each row (N,) for d twice, for d and log nu, for log nu twice."""

    dd: Reals
    dn: Reals
    nn: Reals


class _Design:
    """The likelihood of N rows as a function of the parameters, with all that can be said of it beforehand."""

    def __init__(self, met: Meetings) -> None:
        self.met, self.members, self.size = met, met.members, len(met.cast)
        self.games = met.counts.sum(axis=1)  # (N,)

    def chances(self, at: Reals) -> tuple[Reals, Reals]:
        """(N, 3) the chances to win, draw and lose, and their logs."""
        strength = at[:-2] if self.members is None else self.members @ at[:-2]  # (S,)
        half = (strength[self.met.first] - strength[self.met.second] + at[-2] * self.met.sided) / 2
        logs = np.stack([half, np.full_like(half, at[-1]), -half], axis=1)
        logs -= logs.max(axis=1, keepdims=True)
        logs -= np.log(np.exp(logs).sum(axis=1, keepdims=True))
        return np.exp(logs), logs

    def likelihood(self, at: Reals) -> float:
        """The log of it."""
        return float((self.met.counts * self.chances(at)[1]).sum())

    def slope(self, at: Reals) -> Reals:
        """(K + 2,) the likelihood's gradient."""
        chances, _ = self.chances(at)
        missed = self.met.counts - self.games[:, None] * chances
        return self._along((missed[:, 0] - missed[:, 2]) / 2, missed[:, 1])

    def bends(self, at: Reals) -> _Bends:
        """How the likelihood of each row bends downwards."""
        win, draw, loss = self.chances(at)[0].T
        lean = (win - loss) / 2
        return _Bends(*(self.games * one for one in ((win + loss) / 4 - lean**2, -lean * draw, draw * (1 - draw))))

    def spread(self, bends: _Bends) -> Reals:
        """(K + 2, K + 2) the weights of rows as a matrix of the parameters."""
        sided, teams = self.met.sided, len(self.met.teams)
        places = self.met.first * teams + self.met.second
        cross = _sums(places, bends.dd, teams * teams).reshape(teams, teams)
        cross = cross + cross.T
        inner: Reals = np.diag(cross.sum(axis=1)) - cross  # (S, S)
        if self.members is not None:
            inner = self.members.T @ inner @ self.members
        whole = np.zeros((self.size + 2, self.size + 2))
        whole[:-2, :-2] = inner
        whole[:, -2] = self._along(bends.dd * sided, bends.dn * sided)
        whole[:, -1] = self._along(bends.dn, bends.nn)
        whole[-2:, :-2] = whole[:-2, -2:].T
        return whole

    def scores(self, at: Reals) -> Reals:
        """(K + 2, K + 2) how much the scores of matches really varied, or what the model says where nothing could."""
        bends, alone = self.bends(at), self.met.bout == ALONE
        win, draw, loss = self.chances(at)[0].T
        lean, counts = (win - loss) / 2, self.met.counts
        d = np.stack([0.5 - lean, -lean, -0.5 - lean], axis=1)  # (N, 3) the score of each outcome by d
        n = np.stack([-draw, 1 - draw, -draw], axis=1)  # and by log nu
        seen = _Bends(*((counts * one).sum(axis=1) for one in (d * d, d * n, n * n)))
        certain = one_way(self.met)
        weights = (np.where(certain, model, np.where(alone, real, 0.0)) for model, real in zip(bends, seen, strict=True))
        happened = counts.argmax(axis=1)[:, None]  # a row of a bout has but one outcome
        by_d, by_n = (np.where(certain, 0.0, np.take_along_axis(one, happened, axis=1)[:, 0]) for one in (d, n))
        return self.spread(_Bends(*weights)) + sum(
            (laid.T @ (laid * repeats[:, None]) for laid, repeats in self._bouts(by_d, by_n)), np.zeros_like(at)[:, None]
        )

    def _bouts(self, by_d: Reals, by_n: Reals) -> Iterator[tuple[Reals, Reals]]:
        """The scores (bouts, K + 2) of rankings, some at a time, with how often each came out so: its pairs go together."""
        for start in range(0, len(self.met.repeats), _BOUTS):
            repeats = self.met.repeats[start : start + _BOUTS]
            low, high = np.searchsorted(self.met.bout, [start, start + len(repeats)])
            rows = slice(int(low), int(high))
            laid = np.zeros((len(repeats), len(self.met.teams)))
            np.add.at(laid, (self.met.bout[rows] - start, self.met.first[rows]), by_d[rows])
            np.subtract.at(laid, (self.met.bout[rows] - start, self.met.second[rows]), by_d[rows])
            draws = _sums(self.met.bout[rows] - start, by_n[rows], len(repeats))
            inner = laid if self.members is None else laid @ self.members
            yield np.column_stack([inner, np.zeros(len(repeats)), draws]), repeats

    def _along(self, by_d: Reals, by_n: Reals) -> Reals:
        """(K + 2,) what rows (N,) of d and of log nu come to for each parameter."""
        teams = len(self.met.teams)
        inner = _sums(self.met.first, by_d, teams) - _sums(self.met.second, by_d, teams)
        inner = inner if self.members is None else inner @ self.members
        return np.concatenate([inner, [(by_d * self.met.sided).sum(), by_n.sum()]])


def _sums(places: Whole, values: Reals, size: int) -> Reals:
    """(size,) the sum of the values of each place."""
    return np.bincount(places, values, size).astype(np.float64)


@dataclass(frozen=True)
class _Peak:
    """The penalised likelihood, which has one peak."""

    design: _Design
    penalty: Reals  # (K + 2, K + 2)

    @property
    def start(self) -> Reals:
        return np.concatenate([np.zeros(self.design.size + 1), [_USUAL]])

    def height(self, at: Reals) -> float:
        away = at - self.start
        return self.design.likelihood(at) - float(away @ self.penalty @ away) / 2

    def bend(self, at: Reals) -> Reals:
        return self.design.spread(self.design.bends(at)) + self.penalty

    def evidence(self, at: Reals) -> float:
        """The log of how probable the log is, by Laplace's approximation at the peak."""
        shape = np.linalg.slogdet(self.penalty)[1] - np.linalg.slogdet(self.bend(at))[1]
        return self.height(at) + float(shape) / 2

    def climb(self) -> Reals:
        """Newton's steps, each halved until it leads upwards."""
        at = self.start
        height = self.height(at)
        for _ in range(_STEPS):
            slope = self.design.slope(at) - self.penalty @ (at - self.start)
            step = np.linalg.solve(self.bend(at), slope)
            for _ in range(_HALVINGS):
                if (reached := self.height(at + step)) >= height:
                    break
                step /= 2
            at, height = at + step, reached
            if float(np.abs(step).max()) < _STILL:
                break
        return at
