"""Three chances from an expected score."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.ratings.draws import measured, outcomes


@given(score=st.floats(0, 1), draw=st.floats(0, 0.99))
def test_they_are_chances_that_promise_the_score(score: float, draw: float) -> None:
    win, even, loss = outcomes(score, draw)
    assert min(win, even, loss) >= 0
    assert win + even + loss == pytest.approx(1)
    assert win + even / 2 == pytest.approx(score, abs=1e-9)
    assert outcomes(1 - score, draw) == pytest.approx((loss, even, win), abs=1e-9)


def test_equals_draw_as_often_as_is_said_and_others_less() -> None:
    assert outcomes(0.5, 0.4) == pytest.approx((0.3, 0.4, 0.3))
    assert outcomes(0.9, 0.4)[1] < 0.2
    assert outcomes(0.8, 0.0) == pytest.approx((0.8, 0.0, 0.2))


def test_davidson_says_the_same() -> None:
    """Odds 2 : nu : 1/2 where equals draw 1 in 3, nu = 1."""
    win, even, loss = 2 / 3.5, 1 / 3.5, 0.5 / 3.5
    assert outcomes(win + even / 2, 1 / 3) == pytest.approx((win, even, loss))


def test_draws_are_measured_from_a_guess_on() -> None:
    assert measured(0, 0) == 0.1
    assert measured(90, 39) == 0.4
    assert measured(10**6, 0) == 0.001
    assert measured(10**6, 10**6) == 0.98
