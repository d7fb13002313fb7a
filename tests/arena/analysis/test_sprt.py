"""The sequential test: golden vectors, and error rates by simulation."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from arena.analysis.estimate import naive
from arena.analysis.sprt import ELO, Sprt
from tests.arena.analysis.simulated import RUNS, stopped, strong

GOLDEN = [39, 2226, 31451, 2412, 40]
TEST = Sprt(0, 60)


def test_the_golden_vectors() -> None:
    assert Sprt(0.2, 0.9, scale="logistic").llr(GOLDEN) == pytest.approx(2.162543, abs=1e-6)
    assert Sprt(0.764, 3.439).llr(GOLDEN) == pytest.approx(2.162941, abs=1e-6)


def test_the_closed_form_is_near_where_scores_are_near_a_half() -> None:
    """LLR = (G/2) ln[(1 + (t - t0)^2) / (1 + (t - t1)^2)] for G games, of t standard deviations a game."""
    test, games = Sprt(0.764, 3.439), 2 * sum(GOLDEN)
    t, t0, t1 = naive(GOLDEN) / ELO, test.elo0 / ELO, test.elo1 / ELO
    closed = games / 2 * log((1 + (t - t0) ** 2) / (1 + (t - t1) ** 2))
    assert test.llr(GOLDEN) == pytest.approx(closed, abs=2e-4)


def test_bounds_are_walds() -> None:
    assert Sprt().bounds == pytest.approx((-2.944439, 2.944439), abs=1e-6)


def test_many_tests_at_once_are_those_of_each() -> None:
    counts = np.array([GOLDEN, [0, 0, 5, 0, 5], [3, 0, 1, 0, 0]])
    assert Sprt().llr(counts) == pytest.approx([float(Sprt().llr(one)) for one in counts])


def test_whoever_wins_every_game_is_soon_known_to() -> None:
    assert Sprt(0, 10).verdict(float(Sprt(0, 10).llr([0, 0, 0, 0, 100]))) is True
    assert Sprt(0, 10).verdict(float(Sprt(0, 10).llr([100, 0, 0, 0, 0]))) is False


@pytest.fixture(scope="module", params=[0, 60], ids=["elo0", "elo1"])
def tests_at(request: pytest.FixtureRequest) -> tuple[float, list[bool | None]]:
    elo = float(request.param)
    return elo, [TEST.verdict(float(TEST.llr(counts))) for counts in stopped(TEST, strong(elo), most=500)]


def test_error_rates_are_what_was_asked_for(tests_at: tuple[float, list[bool | None]]) -> None:
    elo, verdicts = tests_at
    wrong = verdicts.count(elo == TEST.elo0)
    assert wrong / RUNS <= 0.05 + 2 * sqrt(0.05 * 0.95 / RUNS)
    assert verdicts.count(None) < RUNS / 20
