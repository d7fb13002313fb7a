"""A melee: teams ranked at once, rated by expectation propagation over plain floats.

Herbrich, Minka and Graepel, "TrueSkill: a Bayesian skill rating system" (NIPS 2006). A ranking is a chain of facts: of two
neighbours, the better one led by more than a margin, or, tied, neither did. A fact cuts off the belief of how far apart
the two performed, which moves both, which changes what the next fact is worth; so messages go down the ranking and up
again until they stand still. Schedule and stopping rule are those of the `trueskill` package, so the numbers are its
numbers; but a message is two floats, and no upset is too extreme.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from itertools import pairwise
from math import sqrt

from arena.ratings.tails import drawn, won

_ROUNDS = 10  # down and up again, at most
_STILL = 1e-4  # a fact whose message changes by less has settled; of a precision, the root counts
_STILL_PRECISE = _STILL * _STILL
_LEAST = 1e-16  # the part of a variance that a fact leaves at least; where rounding says none, messages stay finite

# A normal belief as its precision, and precision times mean: these add up where beliefs multiply, and (0, 0) says nothing.
# Of a team's performance, the mean is counted from what it was before the melee, so that great means cost no digits.
Message = tuple[float, float]
_SILENCE: Message = (0.0, 0.0)

# What a team was told from one side, and the variance and mean that it has by this: the way back begins with them.
_Side = tuple[float, float, float, float]
_Step = tuple[int, int, float, float, bool, float]  # team, fact, lead, margin, tie, the team's variance before the melee
# A way through the ranking: 1 downwards or -1 upwards; the variance of the team where it begins; its steps; what each team
# has heard of what lies ahead, and what it is told of what lies behind.
_Way = tuple[float, float, Sequence[_Step], Sequence[_Side], MutableSequence[_Side]]


def melee(
    means: Sequence[float], variances: Sequence[float], margins: Sequence[float], ties: Sequence[bool]
) -> list[tuple[float, float]]:
    """What a ranking does to its N teams, best first: (push, shrink) for each, always finite.

    A player whose skill has variance s moves by s * push, and the variance becomes s * (1 - s * shrink). `means` and
    `variances` (N) are of the teams' performances, `margins` and `ties` (N - 1) of neighbours.
    """
    leads = [better - worse for better, worse in pairwise(means)]
    if not leads:
        return [(0.0, 0.0)] * len(means)  # alone, a team proves nothing
    if len(leads) == 1:
        return _two(leads[0], margins[0], ties[0], sum(variances))
    inner, own = range(1, len(leads)), variances[1:-1]
    steps = list(zip(inner, range(len(inner)), leads, margins, ties, own, strict=False))  # each with the fact above it
    back = list(zip(inner, inner, leads[1:], margins[1:], ties[1:], own, strict=True))[::-1]  # with the one below
    said, above = [_SILENCE] * len(leads), [(0.0, 0.0, variance, 0.0) for variance in variances]
    below = above.copy()
    _settle([(1.0, variances[0], steps, below, above), (-1.0, variances[-1], back, above, below)], said)
    above[-1] = _told(said[-1], leads[-1], 1.0, above[-2])
    below[0] = _told(said[0], leads[0], -1.0, below[1])
    return [_effect(*told) for told in zip(variances, above, below, strict=True)]


def _two(lead: float, margin: float, tie: bool, variance: float) -> list[tuple[float, float]]:
    """Two teams have a closed form."""
    c = sqrt(variance)
    v, w = drawn(lead / c, margin / c) if tie else won((lead - margin) / c)
    return [(v / c, w / variance), (-v / c, w / variance)]


def _settle(ways: Sequence[_Way], said: MutableSequence[Message]) -> None:
    """Goes the ways, down the ranking and up again, until what each fact has `said` of its lead stands still.

    Each team speaks to the next one. Most of a melee's time is spent here: few calls, no integers among the floats.
    """
    for _ in range(_ROUNDS):
        moved = False
        for sign, variance, steps, heard, told in ways:
            mean = 0.0  # of the team behind, by all that it has been told
            for team, fact, lead, margin, tie, own in steps:
                _, _, its_variance, its_mean = heard[team]
                lead += sign * (mean - its_mean)
                both = variance + its_variance
                c = sqrt(both)
                v, w = drawn(lead / c, margin / c) if tie else won((lead - margin) / c)
                v *= c
                rest = 1.0 - w or _LEAST
                pi, tau = w / (rest * both), (w * lead + v) / (rest * both)
                if not moved:
                    old_pi, old_tau = said[fact]
                    moved = not (-_STILL <= tau - old_tau <= _STILL and -_STILL_PRECISE <= pi - old_pi <= _STILL_PRECISE)
                said[fact] = pi, tau
                scale = variance + its_variance * rest  # the division of beliefs, written so that it never is by nothing
                pi, tau = w / scale, (w * its_mean - sign * v) / scale
                variance = own / (1.0 + own * pi)
                mean = tau * variance
                told[team] = pi, tau, variance, mean
        if not moved:
            return


def _told(said: Message, lead: float, sign: float, heard: _Side) -> _Side:
    """What an end of the ranking is told: by the fact beside it, and by all that its neighbour has heard."""
    pi, tau = said
    _, _, variance, mean = heard
    return pi / (1 + variance * pi), (pi * mean + sign * (pi * lead - tau)) / (1 + variance * pi), 0.0, 0.0


def _effect(variance: float, above: _Side, below: _Side) -> tuple[float, float]:
    pi, tau = above[0] + below[0], above[1] + below[1]
    return tau / (1 + variance * pi), pi / (1 + variance * pi)
