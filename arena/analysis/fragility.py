"""Fragility: the fewest results without which one would no longer be rated above another.

How much one result holds up a lead, to first order, is its influence: the score of the result along H^-1 c, where c is the
contrast of the two and H how the likelihood bends (Broderick, Giordano and Meager 2020, "An automatic finite-sample
robustness metric"; for Bradley-Terry's model Huang et al. 2025, "Dropping just a handful of preferences can change top
large language model rankings"). Where many results go influence alone errs, so it only says which to try next: here results
are taken away until a *refit* puts the other ahead, a part of the way at a time; then as many as can be are put back, also
after some more were taken.

What is found so is an upper bound. That there is no smaller set is proved by trying every one, where that is affordable:
results that prove the same are the same, so there are fewer to try than matches.
Dimensions: U kinds of result, N rows, K checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations_with_replacement
from math import comb

import numpy as np

from arena.match import Checkpoint, Comparison
from arena.ratings.batch import ELO
from arena.ratings.davidson import Davidson, Peak
from arena.ratings.meetings import Reals, Whole, bouts

Kind = tuple[Comparison, ...]  # all that a match proves

LEVEL = 1e-3  # points of Elo up to which a lead is none
_STRIDE = 4  # each refit goes this part of the way that is left
_REFITS, _WORK = 2000, 2e10  # that a proof may cost: so many, and so many multiplications of their (K + 2)^3 each
_MORE = (1, 2, 4, 8)  # results to take away beyond a swap, so that others can be put back


@dataclass(frozen=True)
class Swap:
    """How many results of each kind are taken away, none where nothing was found that swaps the two."""

    taken: tuple[int, ...] | None  # (U,)
    fewest: bool  # proved: every smaller set was tried, and swaps nothing

    @property
    def size(self) -> int:
        return sum(self.taken or ())


def fewest(
    model: Davidson, kinds: Mapping[Kind, int], ahead: Checkpoint, behind: Checkpoint, *, refits: int = _REFITS
) -> Swap:
    """The fewest results without which `behind` is rated above `ahead`; each of the two keeps one at least.

    `kinds` says how often each kind came out. A proof that there are no fewer costs `refits` at most, or is not made.
    """
    race = _Race(model, kinds, ahead, behind)
    found = race.greedily()
    refits = min(refits, int(_WORK / (len(race.met.cast) + 2) ** 3))
    most = int(found.sum()) - 1 if found is not None else int(race.times.sum())
    for size in range(1, most + 1):
        refits -= comb(len(race.times) + size - 1, size)
        if refits < 0:
            return _swap(found, fewest=False)
        for taken in selections(race.times, size):
            if race.swapped(taken):
                return _swap(taken, fewest=True)
    return _swap(found, fewest=True)


def selections(times: Reals, size: int) -> Iterator[Reals]:
    """(U,) every way to take `size` results of kinds that there are so many `times` of."""
    for chosen in combinations_with_replacement(range(len(times)), size):
        taken: Reals = np.bincount(chosen, minlength=len(times)).astype(np.float64)
        if (taken <= times).all():
            yield taken


def _swap(taken: Reals | None, *, fewest: bool) -> Swap:
    return Swap(None if taken is None else tuple(int(one) for one in taken), fewest)


class _Race:
    """The lead of one over another, as a function of what is taken away."""

    def __init__(self, model: Davidson, kinds: Mapping[Kind, int], ahead: Checkpoint, behind: Checkpoint) -> None:
        self.model, self.met = model, bouts(kinds)
        self.times = np.array(list(kinds.values()), dtype=np.float64)  # (U,)
        self.place = self.met.cast.index(ahead), self.met.cast.index(behind)
        sat = [[any(who in team for one in kind for team in one.teams) for kind in kinds] for who in (ahead, behind)]
        self.sat = np.array(sat, dtype=np.float64)  # (2, U) whether each of the two took part

    def greedily(self) -> Reals | None:
        """(U,) results that a refit shows to swap the two, of which none can be put back; None where there are none."""
        taken = np.zeros_like(self.times)
        at = self.at(taken)
        while (lead := self.lead(at)) >= -LEVEL:
            step = self._step(at, taken, lead / _STRIDE)
            if step is None:
                return None
            taken = taken + step
            at = self.at(taken, near=at)
        taken = self._without_needless(at, taken)
        for more in _MORE:
            other = self._otherwise(taken, more)
            taken = other if other.sum() < taken.sum() else taken
        return taken

    def swapped(self, taken: Reals) -> bool:
        """Whether a refit without these puts the other ahead."""
        return self._stays(taken) and self.lead(self.at(taken, near=self._whole)) < -LEVEL

    def lead(self, at: Reals) -> float:
        """In points of Elo."""
        ahead, behind = self.place
        return float(ELO * (at[ahead] - at[behind]))

    def at(self, taken: Reals, *, near: Reals | None = None) -> Reals:
        """(K + 2,) the fit to what is left."""
        return self._peak(taken).climb(near)

    def influence(self, at: Reals, taken: Reals) -> Reals:
        """(U,) by how many points of Elo the lead falls, to first order, where a result of each kind is taken away."""
        peak = self._peak(taken)
        contrast: Reals = np.zeros_like(at)
        contrast[list(self.place)] = 1, -1
        way: Reals = np.linalg.solve(peak.bend(at), contrast).astype(np.float64)
        by_d, by_n = peak.design.marks(at)
        held = by_d * peak.design.across(way)[:, None] + by_n * way[-1]  # (N, 3)
        rows = np.take_along_axis(held, self._outcome[:, None], axis=1)[:, 0]
        fall: Reals = ELO * np.bincount(self.met.bout, rows, len(self.times)).astype(np.float64)
        return fall

    def _step(self, at: Reals, taken: Reals, far: float) -> Reals | None:
        """(U,) what to take away next: the most influential results that come so far together, one at least."""
        influence, step = self.influence(at, taken), np.zeros_like(taken)
        for kind in np.argsort(-influence, kind="stable"):
            if influence[kind] <= 0 or (far <= 0 and step.any()):
                break
            kept = self.sat @ (self.times - taken - step)  # (2,)
            most = min(kept[self.sat[:, kind] > 0] - 1, default=np.inf)
            step[kind] = max(0.0, min(self.times[kind] - taken[kind], most, max(1.0, far // influence[kind])))
            far -= step[kind] * influence[kind]
        return step if step.any() else None

    def _without_needless(self, at: Reals, taken: Reals) -> Reals:
        """(U,) the same without what need not be taken away; the least influential is put back first."""
        taken = taken.copy()
        for kind in np.argsort(self.influence(at, taken), kind="stable"):
            low, high = 0, int(taken[kind])  # so many can be put back; so many perhaps
            while low < high:
                middle = (low + high + 1) // 2
                back = taken - middle * self._one(kind)
                low, high = (middle, high) if self.swapped(back) else (low, middle - 1)
            taken[kind] -= low
        return taken

    def _otherwise(self, taken: Reals, more: int) -> Reals:
        """(U,) what swaps the two as well, found by taking so many `more` away before as many as can be are put back."""
        beyond, at = taken, self.at(taken, near=self._whole)
        for _ in range(more):
            if (step := self._step(at, beyond, 0.0)) is None:
                return taken
            beyond = beyond + step
            at = self.at(beyond, near=at)
        return self._without_needless(at, beyond) if self.lead(at) < -LEVEL else taken

    def _stays(self, taken: Reals) -> bool:
        """Whether each of the two keeps a result: who has none is on no board."""
        return bool((self.sat @ (self.times - taken) > 0).all())

    def _one(self, kind: int) -> Reals:
        one: Reals = np.eye(1, len(self.times), kind)[0]
        return one

    def _peak(self, taken: Reals) -> Peak:
        left = (self.times - taken)[self.met.bout]
        counts = np.eye(3)[self._outcome] * left[:, None]
        return self.model.peak(replace(self.met, counts=counts))

    @cached_property
    def _outcome(self) -> Whole:
        """(N,) which of the three each row came to."""
        outcome: Whole = self.met.counts.argmax(axis=1)
        return outcome

    @cached_property
    def _whole(self) -> Reals:
        return self.at(np.zeros_like(self.times))
