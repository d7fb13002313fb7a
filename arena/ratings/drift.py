"""A learner's skill as a walk: neighbours in training are believed to be alike, the more so the fewer steps part them.

Between two checkpoints that `n` steps of training part, skill moves by a normal step of variance `drift`^2 n (Coulom,
"Whole-History Rating", 2008; Dangauthier, Herbrich, Minka and Graepel, "TrueSkill through time", 2007). All else is the
batch model's: the opponents' strengths are estimated beside the walk, from the same matches. How quickly skill moves is
not a setting, but what makes the matches most probable (MacKay, "Bayesian interpolation", 1992).
Dimensions: K checkpoints, of which a walk has T.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import NamedTuple

import numpy as np

from arena.match import Checkpoint
from arena.ratings.batch import ELO, Fit
from arena.ratings.davidson import Davidson
from arena.ratings.meetings import Meetings, Reals

# What skill may move by over all of a training, in units of theta, each as probable beforehand: 35 to 1900 points of Elo.
_MOVES = tuple(0.2 * exp(power / 2) for power in range(9))
_IMPROBABLE = 1e-3  # of a drift, beside the most probable one
_THOUSAND = 1000  # steps, for which people are told how skill moves


class Stage(NamedTuple):
    """A checkpoint, and how many steps it had learned from since its learner last began from its first weights."""

    checkpoint: Checkpoint
    steps: int
    life: int = 0  # how often it had begun again


class Link(NamedTuple):
    """Two stages, by their places, and the steps of training that part them."""

    before: int
    after: int
    steps: int


@dataclass(frozen=True)
class Walk:
    """The stages that were compared, oldest first, and the fit in which they are a walk."""

    stages: tuple[Stage, ...]
    fit: Fit
    drift: float  # how far skill moves in one step of training: the standard deviation, in units of theta

    @property
    def by_thousand(self) -> float:
        """How far skill moves in a thousand steps, in points of Elo: the standard deviation."""
        return float(ELO * self.drift * _THOUSAND**0.5)


def walk(met: Meetings, learner: Sequence[Stage], *, model: Davidson | None = None, drift: float | None = None) -> Walk:
    """The fit of all that was compared, with one learner's stages, oldest first, as a walk.

    Without a `drift` it is a mean over drifts, each as probable as it makes the comparisons.
    """
    model, cast = model or Davidson(), set(met.cast)
    compared = tuple(stage for stage in learner if stage.checkpoint in cast)
    held = stiffness(met, compared)
    trained = max(sum(link.steps for link in links(compared)), 1)
    drifts = [drift] if drift is not None else [move / trained**0.5 for move in _MOVES] if len(compared) > 1 else [1.0]
    chances = _shares([model.evidence(met, smooth=held / each**2) for each in drifts])
    likely = [(each, chance) for each, chance in zip(drifts, chances, strict=True) if chance > _IMPROBABLE * max(chances)]
    fits = [model.fit(met, smooth=held / each**2) for each, _ in likely]
    weights = np.array([chance for _, chance in likely])
    mean = exp(float(weights @ np.log([each for each, _ in likely]) / weights.sum()))
    return Walk(compared, mixture(fits, weights / weights.sum()), mean)


def mixture(fits: Sequence[Fit], weights: Reals) -> Fit:
    """The mean of fits to the same meetings, and its covariance: theirs, and how far they are apart."""
    ats, shares = np.stack([fit.at for fit in fits]), np.sqrt(weights)  # (fits, K + 2), (fits,)
    at = weights @ ats
    roots = [share * fit.root for share, fit in zip(shares, fits, strict=True)]
    return Fit(fits[0].meetings, at, np.hstack([*roots, (shares[:, None] * (ats - at)).T]), None)


def _shares(evidence: Sequence[float]) -> list[float]:
    """Of 1, for logs of how probable something is."""
    odds = np.exp(np.array(evidence) - max(evidence))
    return [float(one) for one in odds / odds.sum()]


def links(stages: Sequence[Stage]) -> list[Link]:
    """Which stages a walk connects: each with the one before it, and the first of a new life with the first of all."""
    found = []
    for place in range(1, len(stages)):
        first, before, this = stages[0], stages[place - 1], stages[place]
        if this.life == before.life:
            found.append(Link(place - 1, place, max(this.steps - before.steps, 1)))
        else:
            found.append(Link(0, place, max(this.steps + first.steps, 1)))
    return found


def stiffness(met: Meetings, stages: Sequence[Stage]) -> Reals:
    """(K, K) how a walk that moves by 1 in a step holds the checkpoints together: a graph's Laplacian, links as springs."""
    place = {who: number for number, who in enumerate(met.cast)}
    held = np.zeros((len(place), len(place)))
    for link in links(stages):
        one, other = (place[stages[end].checkpoint] for end in (link.before, link.after))
        held[[one, other], [one, other]] += 1 / link.steps
        held[[one, other], [other, one]] -= 1 / link.steps
    return held
