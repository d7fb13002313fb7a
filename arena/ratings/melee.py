"""A melee: teams ranked at once, rated by expectation propagation over plain floats.

Herbrich, Minka and Graepel, "TrueSkill: a Bayesian skill rating system" (NIPS 2006). A ranking is a chain of facts: of two
neighbours, the better one led by more than a margin, or, tied, neither did. A fact cuts off the belief of how far apart
the two performed, which moves both, which changes what the next fact is worth; so messages go down the ranking and up
again until they stand still. Schedule and stopping rule are those of the `trueskill` package, so the numbers are its
numbers; but a message is two floats, and no upset is too extreme.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence, Sequence
from itertools import pairwise
from math import sqrt

from arena.ratings.tails import drawn, won

_ROUNDS = 10  # down and up again, at most
_STILL = 1e-4  # a fact whose message changes by less has settled
_LEAST = 1e-16  # the part of a variance that a fact leaves at least; where rounding says none, messages stay finite

# A normal belief as its precision, and precision times mean: these add up where beliefs multiply, and (0, 0) says nothing.
# Of a team's performance, the mean is counted from what it was before the melee, so that great means cost no digits.
Message = tuple[float, float]
_SILENCE: Message = (0.0, 0.0)

_Step = tuple[int, int, float, float, bool, float]  # team, fact, lead, margin, tie, the team's variance before the melee


def melee(
    means: Sequence[float], variances: Sequence[float], margins: Sequence[float], ties: Sequence[bool]
) -> list[tuple[float, float]]:
    """What a ranking does to its N teams, best first: (push, shrink) for each, always finite.

    A player whose skill has variance s moves by s * push, and the variance becomes s * (1 - s * shrink). `means` and
    `variances` (N) are of the teams' performances, `margins` and `ties` (N - 1) of neighbours.
    """
    facts = [
        (better - worse, margin, tie) for (better, worse), margin, tie in zip(pairwise(means), margins, ties, strict=True)
    ]
    if not facts:
        return [(0.0, 0.0)] * len(means)  # alone, a team proves nothing
    if len(facts) == 1:
        return _two(*facts[0], sum(variances))
    inner = range(1, len(means) - 1)
    down = [(team, team - 1, *facts[team - 1], variances[team]) for team in inner]
    up = [(team, team, *facts[team], variances[team]) for team in reversed(inner)]
    said, above, below = [_SILENCE] * len(facts), [_SILENCE] * len(means), [_SILENCE] * len(means)
    for _ in range(_ROUNDS):
        moved = _sweep(down, variances[0], 1.0, said=said, heard=below, told=above)
        if not (_sweep(up, variances[-1], -1.0, said=said, heard=above, told=below) or moved):
            break
    above[-1] = _told(said[-1], facts[-1][0], 1.0, above[-2], variances[-2])
    below[0] = _told(said[0], facts[0][0], -1.0, below[1], variances[1])
    return [_effect(*messages) for messages in zip(variances, above, below, strict=True)]


def _two(lead: float, margin: float, tie: bool, variance: float) -> list[tuple[float, float]]:
    """Two teams have a closed form."""
    c = sqrt(variance)
    v, w = drawn(lead / c, margin / c) if tie else won((lead - margin) / c)
    return [(v / c, w / variance), (-v / c, w / variance)]


def _sweep(
    steps: Iterable[_Step],
    variance: float,
    sign: float,
    *,
    said: MutableSequence[Message],
    heard: Sequence[Message],
    told: MutableSequence[Message],
) -> bool:
    """One way through the ranking, from an end team of this `variance`; `sign` is 1 downwards and -1 upwards.

    A team has `heard` what lies ahead, is `told` what lies behind, and speaks to the next one. `said` is what each fact
    says of its lead. Answers whether one of them still moved.
    """
    mean, moved = 0.0, False  # of the team behind, by all that it has been told
    for team, fact, lead, margin, tie, own in steps:
        pi, tau = heard[team]
        its_variance = own / (1 + own * pi)
        its_mean = tau * its_variance
        lead += sign * (mean - its_mean)
        both = variance + its_variance
        c = sqrt(both)
        v, w = drawn(lead / c, margin / c) if tie else won((lead - margin) / c)
        v *= c
        rest = 1 - w or _LEAST
        pi, tau = w / (rest * both), (w * lead + v) / (rest * both)
        if not moved:
            old_pi, old_tau = said[fact]
            moved = not (-_STILL <= tau - old_tau <= _STILL and -_STILL * _STILL <= pi - old_pi <= _STILL * _STILL)
        said[fact] = pi, tau
        scale = variance + its_variance * rest  # the division of beliefs, written so that it never is by nothing
        pi, tau = told[team] = w / scale, (w * its_mean - sign * v) / scale
        variance = own / (1 + own * pi)
        mean = tau * variance
    return moved


def _told(said: Message, lead: float, sign: float, heard: Message, variance: float) -> Message:
    """What an end of the ranking is told: by the fact beside it, and by all that its neighbour has heard."""
    pi, tau = heard
    variance /= 1 + variance * pi
    mean = tau * variance
    pi, tau = said
    return pi / (1 + variance * pi), (pi * mean + sign * (pi * lead - tau)) / (1 + variance * pi)


def _effect(variance: float, above: Message, below: Message) -> tuple[float, float]:
    pi, tau = above[0] + below[0], above[1] + below[1]
    return tau / (1 + variance * pi), pi / (1 + variance * pi)
