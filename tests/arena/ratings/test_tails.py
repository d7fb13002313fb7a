"""The corrections v and w, against high-precision integrals of the normal they cut off."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_ndtr
from scipy.stats import truncnorm

from arena.ratings.tails import cdf, drawn, pdf, ppf, won


@pytest.mark.parametrize("x", [-1000.0, -200.0, -30.1, -29.9, -8.0, -1.0, 0.0, 0.5, 6.0, 40.0])
def test_a_win_moves_the_mean_by_the_ratio_of_density_to_tail(x: float) -> None:
    v, w = won(x)
    ratio = math.exp(-0.5 * x * x - 0.5 * math.log(2 * math.pi) - float(log_ndtr(x)))
    assert v == pytest.approx(ratio, rel=1e-9, abs=1e-300)
    assert w == pytest.approx(v * (v + x), rel=1e-6 + 1e-12 * x * x, abs=1e-300)


@pytest.mark.parametrize("e", [1e-3, 0.05, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("d", [-9.0, -2.0, -0.4, 0.0, 0.1, 0.3, 1.0, 2.9, 3.1, 7.0])
def test_a_draw_is_a_normal_cut_to_the_margin(d: float, e: float) -> None:
    v, w = drawn(d, e)
    cut = truncnorm(-e - d, e - d, loc=d)
    assert v == pytest.approx(cut.mean() - d, abs=1e-6)
    assert 1 - w == pytest.approx(cut.var(), rel=1e-4, abs=1e-6)


@given(d=st.floats(-20, 20), e=st.floats(0, 3))
@settings(max_examples=200, deadline=None)
def test_a_draw_pulls_the_same_from_either_side(d: float, e: float) -> None:
    v, w = drawn(d, e)
    mirrored = drawn(-d, e)
    assert mirrored == (-v, w)
    assert v * d <= 0, "a draw moves the lead towards nothing"


@given(d=st.floats(-1e150, 1e150), e=st.floats(0, 1e3))
@settings(max_examples=500, deadline=None)
def test_no_upset_is_too_extreme(d: float, e: float) -> None:
    for v, w in (won(d - e), drawn(d, e)):
        assert math.isfinite(v)
        assert 0 <= w <= 1


@pytest.mark.parametrize(("d", "low", "high"), [(2.0, 0.04999, 0.05001), (15.0, 1.33, 1.34), (40.0, 0.49999, 0.50001)])
def test_formulas_meet_where_one_hands_over_to_the_next(d: float, low: float, high: float) -> None:
    assert drawn(d, low) == pytest.approx(drawn(d, high), rel=1e-3)
    assert won(-30 - 1e-9) == pytest.approx(won(-30 + 1e-9), rel=1e-8)
    narrow = 1e-4 / (d + 1)
    assert drawn(d, narrow * 0.999) == pytest.approx(drawn(d, narrow * 1.001), rel=1e-6, abs=1e-6)


def test_a_margin_of_nothing_says_that_the_lead_was_nothing() -> None:
    assert drawn(1.5, 0.0) == (-1.5, 1.0)


def test_the_quantile_undoes_the_distribution() -> None:
    assert ppf(cdf(1.25)) == pytest.approx(1.25, abs=1e-14)
    assert pdf(0) == pytest.approx(0.3989422804014327)
