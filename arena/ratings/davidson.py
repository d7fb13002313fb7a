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

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import isfinite, log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from arena.match import Comparison
from arena.ratings.batch import Fit
from arena.ratings.bends import Bends, Layout, solved, sums
from arena.ratings.groups import one_way
from arena.ratings.meetings import ALONE, Meetings, Reals, gather
from games.errors import BadSpec

WRITTEN_OUT = 2000  # checkpoints; the matrix of more is not written out, and their errors are drawn
DRAWS = 100  # of what the scores might have been
NOISE = (2 * DRAWS) ** -0.5  # the relative standard error of an error that is drawn: 7 %
_NEAR = 0.01  # how nearly such a draw is followed to its end; a seventh of that error
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

        `smooth` (K, K), positive semidefinite: theta' smooth theta / 2 is taken from the log-likelihood. Of more than
        `WRITTEN_OUT` checkpoints the errors are drawn, and there is no evidence; but with `smooth`, which takes its time.
        """
        met = comparisons if isinstance(comparisons, Meetings) else gather(comparisons)
        if smooth is None and len(met.cast) > WRITTEN_OUT:
            wide = _Wide(Design(met), self.ridge)
            at = wide.climb()
            return Fit(met, at, wide.root(at), None, noise=NOISE)
        peak = self.peak(met, smooth=smooth)
        at = peak.climb()
        return Fit(met, at, peak.root(at), peak.evidence(at))

    def evidence(self, met: Meetings, *, smooth: Reals | None = None) -> float:
        """That of the fit, which is not made."""
        peak = self.peak(met, smooth=smooth)
        return peak.evidence(peak.climb())

    def peak(self, met: Meetings, *, smooth: Reals | None = None) -> Peak:
        """What a fit climbs, for whoever climbs it many times and needs no errors."""
        size = len(met.cast)
        penalty = np.eye(size + 2) * self.ridge
        if smooth is not None:
            penalty[:size, :size] += smooth
        return Peak(Design(met), penalty)


class _Scores(NamedTuple):
    """How much the scores of matches really varied, or what the model says where nothing could."""

    alone: Bends  # of rows that are part of no ranking
    by_d: Reals  # (N,) the scores of the others: a ranking's pairs go together
    by_n: Reals


class Design:
    """The likelihood of N rows as a function of the parameters, with all that can be said of it beforehand."""

    def __init__(self, met: Meetings) -> None:
        self.met, self.layout, self.size = met, Layout(met), len(met.cast)
        self.games = met.counts.sum(axis=1)  # (N,)

    @property
    def start(self) -> Reals:
        """(K + 2,) what is believed before anything is seen."""
        return np.concatenate([np.zeros(self.size + 1), [_USUAL]])

    def chances(self, at: Reals) -> tuple[Reals, Reals]:
        """(N, 3) the chances to win, draw and lose, and their logs."""
        half = self.across(at) / 2
        logs = np.stack([half, np.full_like(half, at[-1]), -half], axis=1)
        logs -= logs.max(axis=1, keepdims=True)
        logs -= np.log(np.exp(logs).sum(axis=1, keepdims=True))
        return np.exp(logs), logs

    def across(self, way: Reals) -> Reals:
        """(N,) d of each row where the parameters are `way`; d being linear, also how it changes along a `way`."""
        return self.layout.lead(way)

    def marks(self, at: Reals) -> tuple[Reals, Reals]:
        """(N, 3) the score of each outcome of a row: how the log of its chance grows with d, and with log nu."""
        win, draw, loss = self.chances(at)[0].T
        lean = (win - loss) / 2
        return np.stack([0.5 - lean, -lean, -0.5 - lean], axis=1), np.stack([-draw, 1 - draw, -draw], axis=1)

    def likelihood(self, at: Reals) -> float:
        """The log of it."""
        return float((self.met.counts * self.chances(at)[1]).sum())

    def slope(self, at: Reals) -> Reals:
        """(K + 2,) the likelihood's gradient."""
        chances, _ = self.chances(at)
        missed = self.met.counts - self.games[:, None] * chances
        return self.layout.along((missed[:, 0] - missed[:, 2]) / 2, missed[:, 1])

    def bends(self, at: Reals) -> Bends:
        """How the likelihood of each row bends downwards."""
        win, draw, loss = self.chances(at)[0].T
        lean = (win - loss) / 2
        return Bends(*(self.games * one for one in ((win + loss) / 4 - lean**2, -lean * draw, draw * (1 - draw))))

    def scores(self, at: Reals) -> _Scores:
        """What the errors are made of."""
        bends, alone = self.bends(at), self.met.bout == ALONE
        (d, n), counts = self.marks(at), self.met.counts
        seen = Bends(*((counts * one).sum(axis=1) for one in (d * d, d * n, n * n)))
        certain = one_way(self.met)
        weights = (np.where(certain, model, np.where(alone, real, 0.0)) for model, real in zip(bends, seen, strict=True))
        happened = counts.argmax(axis=1)[:, None]  # a row of a bout has but one outcome
        left_out = certain | alone
        by_d, by_n = (np.where(left_out, 0.0, np.take_along_axis(one, happened, axis=1)[:, 0]) for one in (d, n))
        return _Scores(Bends(*weights), by_d, by_n)

    def spread(self, scores: _Scores) -> Reals:
        """(K + 2, K + 2) the covariance of the scores."""
        whole = self.layout.matrix(scores.alone)
        for laid, repeats in self._bouts(scores.by_d, scores.by_n):
            whole += laid.T @ (laid * repeats[:, None])
        return whole

    def draws(self, scores: _Scores, count: int, chance: np.random.Generator) -> Iterator[Reals]:
        """So many draws (K + 2,) of that covariance, which is not written out: each score with the sign of a coin."""
        dd, dn, nn = scores.alone
        root = np.sqrt(dd)
        across = np.divide(dn, root, out=np.zeros(len(root)), where=root > 0)
        rest, often = np.sqrt(np.maximum(nn - across**2, 0.0)), np.sqrt(self.met.repeats)
        ranked = self.met.bout != ALONE
        for _ in range(count):
            one, other = _signs(chance, len(root)), _signs(chance, len(root))
            by_d, by_n = root * one, across * one + rest * other
            if len(often):
                bout = (often * _signs(chance, len(often)))[self.met.bout[ranked]]
                by_d[ranked] += bout * scores.by_d[ranked]
                by_n[ranked] += bout * scores.by_n[ranked]
            yield self.layout.along(by_d, by_n)

    def _bouts(self, by_d: Reals, by_n: Reals) -> Iterator[tuple[Reals, Reals]]:
        """The scores (bouts, K + 2) of rankings, some at a time, with how often each came out so: its pairs go together."""
        members = self.met.members
        for start in range(0, len(self.met.repeats), _BOUTS):
            repeats = self.met.repeats[start : start + _BOUTS]
            low, high = np.searchsorted(self.met.bout, [start, start + len(repeats)])
            rows = slice(int(low), int(high))
            laid = np.zeros((len(repeats), len(self.met.teams)))
            np.add.at(laid, (self.met.bout[rows] - start, self.met.first[rows]), by_d[rows])
            np.subtract.at(laid, (self.met.bout[rows] - start, self.met.second[rows]), by_d[rows])
            draws = sums(self.met.bout[rows] - start, by_n[rows], len(repeats))
            inner = laid if members is None else laid @ members
            yield np.column_stack([inner, np.zeros(len(repeats)), draws]), repeats


def _signs(chance: np.random.Generator, count: int) -> Reals:
    """(count,) of 1 and -1. Their variance is 1, as a normal's, and they are drawn ten times as fast."""
    return chance.integers(0, 2, count, dtype=np.bool_).astype(np.float64) * 2 - 1


def _newton(start: Reals, height: Callable[[Reals], float], step: Callable[[Reals], Reals]) -> Reals:
    """Newton's steps, each halved until it leads upwards."""
    at, top = start, height(start)
    for _ in range(_STEPS):
        move = step(at)
        for _ in range(_HALVINGS):
            if (reached := height(at + move)) >= top:
                break
            move /= 2
        at, top = at + move, reached
        if float(np.abs(move).max()) < _STILL:
            break
    return at


def _solve(matrix: Reals, wanted: NDArray[np.floating[Any]]) -> Reals:
    return np.linalg.solve(matrix, wanted).astype(np.float64)


@dataclass(frozen=True)
class Peak:
    """The penalised likelihood, which has one peak."""

    design: Design
    penalty: Reals  # (K + 2, K + 2)

    def height(self, at: Reals) -> float:
        """The log of it."""
        away = at - self.design.start
        return self.design.likelihood(at) - float(away @ self.penalty @ away) / 2

    def bend(self, at: Reals) -> Reals:
        """(K + 2, K + 2) H: how it bends downwards."""
        return self.design.layout.matrix(self.design.bends(at)) + self.penalty

    def climb(self, at: Reals | None = None) -> Reals:
        """The peak, from `at` where it is known to be near."""
        return _newton(self.design.start if at is None else at, self.height, self._step)

    def _step(self, at: Reals) -> Reals:
        return _solve(self.bend(at), self.design.slope(at) - self.penalty @ (at - self.design.start))

    def root(self, at: Reals) -> Reals:
        """(K + 2, K + 2) of the covariance of errors."""
        varied = self.design.spread(self.design.scores(at)) + self.penalty
        return _solve(self.bend(at), np.linalg.cholesky(varied))

    def evidence(self, at: Reals) -> float:
        """The log of how probable the log is, by Laplace's approximation at the peak."""
        shape = np.linalg.slogdet(self.penalty)[1] - np.linalg.slogdet(self.bend(at))[1]
        return self.height(at) + float(shape) / 2


@dataclass(frozen=True)
class _Wide:
    """The same of very many checkpoints: no matrix is written out."""

    design: Design
    ridge: float

    def height(self, at: Reals) -> float:
        away = at - self.design.start
        return self.design.likelihood(at) - self.ridge * float(away @ away) / 2

    def climb(self) -> Reals:
        return _newton(self.design.start, self.height, self._step)

    def _step(self, at: Reals) -> Reals:
        slope = self.design.slope(at) - self.ridge * (at - self.design.start)
        return self._solve(self.design.bends(at), slope, within=1e-8)

    def root(self, at: Reals) -> Reals:
        """(K + 2, DRAWS) of the covariance of errors, nearly: each column is how far off other scores would have led."""
        chance, bends = np.random.default_rng(0), self.design.bends(at)
        columns = [
            self._solve(bends, drawn + self.ridge**0.5 * _signs(chance, len(at)), within=_NEAR)
            for drawn in self.design.draws(self.design.scores(at), DRAWS, chance)
        ]
        root: Reals = np.column_stack(columns) / DRAWS**0.5
        return root

    def _solve(self, bends: Bends, wanted: Reals, *, within: float) -> Reals:
        layout, ridge = self.design.layout, self.ridge
        diagonal = layout.diagonal(bends) + ridge
        return solved(lambda way: layout.times(bends, way) + ridge * way, diagonal, wanted, within=within)
