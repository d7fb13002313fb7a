"""How a likelihood bends: what weights of rows come to for the parameters, and how to solve for a step or an error by it.

Few parameters have their matrix written out. Many have not: it is nearly empty, and only multiplied with; steps are found
by conjugate gradients (Hestenes and Stiefel 1952), preconditioned by the matrix's diagonal.
Dimensions: K checkpoints, S teams, N rows; parameters (K + 2,): theta, eta, log nu.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from arena.ratings.meetings import Meetings, Reals, Whole

_MOST_STEPS = 2000  # of conjugate gradients; a chain of so many, each of whom met two, would need as many


class Bends(NamedTuple):
    """A weight of each row (N,) for d twice, for d and log nu, for log nu twice."""

    dd: Reals
    dn: Reals
    nn: Reals


class Layout:
    """Which rows tell of which parameters."""

    def __init__(self, met: Meetings) -> None:
        self.met, self.size, self.teams = met, len(met.cast), len(met.teams)
        sizes = np.array([len(team) for team in met.teams], dtype=np.int64)
        self.alone = bool((sizes == 1).all())  # teams come in the order of the cast, so they are the checkpoints then
        self.member = np.array([who for team in met.teams for who in team], dtype=np.int64)  # of one team after another
        self.team = np.repeat(np.arange(self.teams), sizes)  # of each such member
        self.part = 1 / np.repeat(sizes, sizes)  # a team is as strong as its mean

    def lead(self, parameters: Reals) -> Reals:
        """(N,) d of each row."""
        thetas = parameters[:-2]
        strength = thetas if self.alone else sums(self.team, self.part * thetas[self.member], self.teams)
        leads: Reals = strength[self.met.first] - strength[self.met.second] + parameters[-2] * self.met.sided
        return leads

    def along(self, by_d: Reals, by_n: Reals) -> Reals:
        """(K + 2,) what rows (N,) of d and of log nu come to for each parameter."""
        inner = sums(self.met.first, by_d, self.teams) - sums(self.met.second, by_d, self.teams)
        inner = inner if self.alone else sums(self.member, self.part * inner[self.team], self.size)
        return np.concatenate([inner, [(by_d * self.met.sided).sum(), by_n.sum()]])

    def times(self, bends: Bends, parameters: Reals) -> Reals:
        """(K + 2,) the matrix of the weights, which is not written out, times a vector."""
        lead, draw = self.lead(parameters), parameters[-1]
        return self.along(bends.dd * lead + bends.dn * draw, bends.dn * lead + bends.nn * draw)

    def diagonal(self, bends: Bends) -> Reals:
        """(K + 2,) of that matrix."""
        inner = sums(self.met.first, bends.dd, self.teams) + sums(self.met.second, bends.dd, self.teams)
        inner = inner if self.alone else sums(self.member, self.part**2 * inner[self.team], self.size)
        return np.concatenate([inner, [(bends.dd * self.met.sided).sum(), bends.nn.sum()]])

    def matrix(self, bends: Bends) -> Reals:
        """(K + 2, K + 2) that matrix, written out."""
        members = self.met.members
        places = self.met.first * self.teams + self.met.second
        cross = sums(places, bends.dd, self.teams * self.teams).reshape(self.teams, self.teams)
        cross = cross + cross.T
        inner: Reals = np.diag(cross.sum(axis=1)) - cross  # (S, S)
        if members is not None:
            inner = members.T @ inner @ members
        whole = np.zeros((self.size + 2, self.size + 2))
        whole[:-2, :-2] = inner
        whole[:, -2] = self.along(bends.dd * self.met.sided, bends.dn * self.met.sided)
        whole[:, -1] = self.along(bends.dn, bends.nn)
        whole[-2:, :-2] = whole[:-2, -2:].T
        return whole


def sums(places: Whole, values: Reals, size: int) -> Reals:
    """(size,) the sum of the values of each place."""
    return np.bincount(places, values, size).astype(np.float64)


def solved(times: Callable[[Reals], Reals], diagonal: Reals, wanted: Reals, *, within: float) -> Reals:
    """The vector that `times` makes `wanted` of: a positive definite matrix, of which only the diagonal is known.

    `within` is how much of `wanted` may be left over.
    """
    found, left = np.zeros_like(wanted), wanted.copy()
    eased = left / diagonal
    way, worth = eased, _dot(left, eased)
    enough = within**2 * worth
    for _ in range(_MOST_STEPS):
        if worth <= enough:
            break
        bent = times(way)
        stride = worth / _dot(way, bent)
        found += stride * way
        left -= stride * bent
        eased = left / diagonal
        before, worth = worth, _dot(left, eased)
        way = eased + worth / before * way
    return found


def _dot(one: Reals, other: Reals) -> float:
    """Without BLAS, which would wake its threads for so little, and let them wait for the next time at full speed."""
    return float(np.einsum("i,i", one, other))
