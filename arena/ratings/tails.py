"""A normal belief cut off by a result: the corrections v (of the mean) and w (of the variance), safe in every tail.

`won(x)` keeps what lies above -x, `drawn(d, e)` keeps the interval [-e, e] of a unit normal around d; the names are those
of Herbrich, Minka and Graepel, "TrueSkill: a Bayesian skill rating system" (NIPS 2006). Every answer is finite with
0 <= w <= 1, for upsets of any size: far out, the ratio of density to tail comes from its asymptotic series.
"""

from __future__ import annotations

from math import erf, erfc, exp, expm1, pi, sqrt
from statistics import NormalDist

_ROOT_2, _ROOT_HALF = sqrt(2), sqrt(0.5)
_LESS_ROOT_HALF = -_ROOT_HALF
_PEAK = 1 / sqrt(2 * pi)
_TWICE_PEAK = 2 * _PEAK  # erfc is twice a tail
_FAR = 30.0  # beyond it the series is exact to 1e-10; short of it erfc is still a normal number
_UPSET = -_FAR
_NARROW = 1e-4  # below it a draw's interval is as good as a point
_NEAR, _WIDE = 8.0, 0.05  # a draw of such a lead at most, such a margin at least, loses no digits by the paper's formula

ppf = NormalDist().inv_cdf


def pdf(x: float) -> float:
    """The density of the unit normal."""
    return _PEAK * exp(-0.5 * x * x)


def cdf(x: float) -> float:
    """The unit normal's probability below x, with full relative precision in the lower tail."""
    return 0.5 * erfc(-x / _ROOT_2)


def won(x: float) -> tuple[float, float]:
    """v and w of a win, where x = (lead - margin) / c."""
    if x < _UPSET:
        t = 1 / (x * x)
        excess = (1 - 2 * t + 10 * t * t - 74 * t * t * t) / -x  # v + x
        return excess - x, min((excess - x) * excess, 1.0)
    v = _TWICE_PEAK * exp(-0.5 * x * x) / erfc(_LESS_ROOT_HALF * x)
    w = v * (v + x)
    return v, (w if w < 1.0 else 1.0)


def drawn(d: float, e: float) -> tuple[float, float]:
    """v and w of a draw, where d = lead / c and e = margin / c. A margin of 0 gives the limit: the lead was nothing."""
    distance = -d if d < 0 else d
    if distance > _NEAR or e < _WIDE:
        v, w = _drawn_far(distance, e)
    else:
        near, far = e - distance, e + distance
        at_near, at_far = exp(-0.5 * near * near), exp(-0.5 * far * far)
        scale = _TWICE_PEAK / (erfc(_LESS_ROOT_HALF * near) - erfc(_ROOT_HALF * far))
        v = (at_far - at_near) * scale
        w = v * v + (near * at_near + far * at_far) * scale
    return (-v if d < 0 else v), (w if w < 1.0 else 1.0)


def _drawn_far(distance: float, e: float) -> tuple[float, float]:
    """`drawn` where the paper's formula loses its digits: of a great lead, or by a narrow margin."""
    if e * (distance + 1) < _NARROW:
        return distance * (e * e / 3 - 1), 1 - e * e / 3
    near, far = e - distance, e + distance
    if distance < e:
        at_near, at_far = pdf(near), pdf(far)
        inside = 0.5 * (erf(near / _ROOT_2) + erf(far / _ROOT_2))
        v = (at_far - at_near) / inside
        return v, v * v + (near * at_near + far * at_far) / inside
    if 2 * distance * e > 40:  # the far border no longer matters, so a draw is an upset up to the near one
        v, w = won(near)
        return -v, w
    ratio = exp(-2 * distance * e)  # both borders in one tail: divided by the density at the near one, nothing underflows
    inside = _mills(-near) - ratio * _mills(far)
    v = expm1(-2 * distance * e) / inside
    return v, max(v * v + (near + far * ratio) / inside, 0.0)


def _mills(x: float) -> float:
    """The tail above x >= 0, divided by the density at x."""
    if x > _FAR:
        t = 1 / (x * x)
        return (1 - t + 3 * t * t - 15 * t * t * t) / x
    return cdf(-x) / pdf(x)
