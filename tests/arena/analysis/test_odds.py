"""Odds against planted strengths and closed forms."""

from __future__ import annotations

import math

import pytest

from arena.analysis.odds import by_fit, by_model
from arena.ratings.davidson import Davidson
from arena.ratings.model import Rating
from arena.ratings.tails import cdf
from arena.ratings.trueskill import TrueSkill
from tests.arena.ratings.cast import cast
from tests.arena.ratings.test_davidson import league

CAST = cast(6)
GAP, ETA, NU = 0.4, 0.5, 0.6


def planted(d: float) -> tuple[float, float, float]:
    weights = (math.exp(d / 2), NU, math.exp(-d / 2))
    return tuple(weight / sum(weights) for weight in weights)  # type: ignore[return-value]


def test_a_large_log_tells_the_planted_chances_of_each_seat() -> None:
    told = by_fit(Davidson().fit(league(20_000, seed=1, gap=GAP, eta=ETA, nu=NU)), CAST[4], CAST[2])
    assert set(told) == {"either", "first", "second"}
    first, second = planted(2 * GAP + ETA), planted(2 * GAP - ETA)
    for seat, chances in (
        ("first", first),
        ("second", second),
        ("either", [sum(p) / 2 for p in zip(first, second, strict=True)]),
    ):
        found = told[seat]  # type: ignore[index]
        for said, true in zip((found.win, found.draw, found.loss), chances, strict=True):
            assert said.value == pytest.approx(true, abs=0.02)
        assert found.score.value == pytest.approx(chances[0] + chances[1] / 2, abs=0.02)


def test_chances_sum_to_one_and_lie_in_their_intervals_and_a_mirrored_pair_is_the_mean_of_both_seats() -> None:
    told = by_fit(Davidson().fit(league(60, seed=2)), CAST[0], CAST[1])
    for found in told.values():
        assert found.win.value + found.draw.value + found.loss.value == pytest.approx(1)
        for chance in (found.win, found.draw, found.loss, found.score):
            assert 0 <= chance.low <= chance.value <= chance.high <= 1
    for name in ("win", "draw", "loss", "score"):
        either, *seats = (getattr(told[seat], name).value for seat in ("either", "first", "second"))
        assert either == pytest.approx(sum(seats) / 2)


def test_what_one_wins_the_other_loses_in_the_other_seat() -> None:
    fit = Davidson().fit(league(300, seed=3))
    mine, theirs = by_fit(fit, CAST[1], CAST[3]), by_fit(fit, CAST[3], CAST[1])
    assert mine["first"].win.value == pytest.approx(theirs["second"].loss.value)
    assert mine["first"].win.low == pytest.approx(theirs["second"].loss.low, abs=0.01)
    assert mine["second"].draw.value == pytest.approx(theirs["first"].draw.value)


def test_without_a_first_seat_there_is_one_forecast() -> None:
    neutral = [one._replace(sided=False) for one in league(200, seed=4)]
    assert list(by_fit(Davidson().fit(neutral), CAST[0], CAST[5])) == ["either"]


def test_intervals_hold_the_planted_chance_as_often_as_they_say() -> None:
    held = 0
    true = planted(2 * GAP + ETA)
    for seed in range(50):
        found = by_fit(Davidson().fit(league(300, seed=seed)), CAST[3], CAST[1])["first"]
        held += sum(said.low <= p <= said.high for said, p in zip((found.win, found.draw, found.loss), true, strict=True))
    assert 0.90 <= held / 150 <= 0.99


def test_a_rating_model_is_told_as_it_predicts_with_intervals_by_the_closed_form() -> None:
    model, a, b = TrueSkill(draw=0.2), Rating(28.0, 1.5), Rating(25.0, 2.0)
    found = by_model(model, a, b, {})
    assert (found.win.value, found.draw.value, found.loss.value) == model.predict(a, b)
    edges = [
        cdf((3.0 + z * 1.959964 * 2.5 - math.sqrt(2) * model._margin(0.2)) / (math.sqrt(2) * model.beta)) for z in (-1, 1)
    ]
    assert (found.win.low, found.win.high) == pytest.approx(edges, abs=1e-3)
    assert found.score.low < found.score.value < found.score.high
    sure = by_model(model, Rating(28.0, 0.0), Rating(25.0, 0.0), {})
    assert sure.win.low == pytest.approx(sure.win.high)
