"""The sequential test: golden vectors, error rates by simulation, and an estimate that is not bent by stopping."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from arena.analysis.sprt import ELO, SCORES, Sprt, Vector, naive, unbiased

GOLDEN = [39, 2226, 31451, 2412, 40]
RUNS, TEST = 400, Sprt(0, 60)


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


def strong(elo: float) -> Vector:
    """Outcomes of pairs (5,) whose mean is so many standard deviations above 1/2: a mixture, found by bisection."""
    weak, good = np.array([0.2, 0.2, 0.3, 0.2, 0.1]), np.array([0.05, 0.1, 0.3, 0.3, 0.25])
    low, high = 0.0, 1.0
    for _ in range(60):
        share = (low + high) / 2
        mixed = (1 - share) * weak + share * good
        mean = mixed @ SCORES
        effect = ELO * (mean - 0.5) / sqrt(2 * (mixed @ (SCORES - mean) ** 2))
        low, high = (share, high) if effect < elo else (low, share)
    return mixed


def stopped(elo: float, *, most: int = 500, seed: int = 1) -> tuple[Vector, list[bool | None]]:
    """The counts (RUNS, 5) of tests at their end, and their verdicts, for a known strength."""
    drawn = np.random.default_rng(seed).choice(5, size=(RUNS, most), p=strong(elo))
    counts, verdicts = np.zeros((RUNS, 5)), [None] * RUNS
    low, high = TEST.bounds
    for pair in range(most):
        going = np.array([run for run, verdict in enumerate(verdicts) if verdict is None])
        if not len(going):
            break
        counts[going, drawn[going, pair]] += 1
        for run, ratio in zip(going, TEST.llr(counts[going]), strict=True):
            verdicts[run] = True if ratio >= high else False if ratio <= low else None  # type: ignore[call-overload]
    return counts, verdicts


@pytest.fixture(scope="module", params=[0, 60], ids=["elo0", "elo1"])
def tests_at(request: pytest.FixtureRequest) -> tuple[float, Vector, list[bool | None]]:
    return float(request.param), *stopped(request.param)


def test_error_rates_are_what_was_asked_for(tests_at: tuple[float, Vector, list[bool | None]]) -> None:
    elo, _, verdicts = tests_at
    wrong = verdicts.count(elo == TEST.elo0)
    assert wrong / RUNS <= 0.05 + 2 * sqrt(0.05 * 0.95 / RUNS)
    assert verdicts.count(None) < RUNS / 20


def test_the_estimate_is_median_unbiased_where_the_naive_one_is_not(
    tests_at: tuple[float, Vector, list[bool | None]],
) -> None:
    elo, counts, _ = tests_at
    found = [unbiased(TEST, one) for one in counts]
    above = sum(one.elo > elo for one in found) / RUNS
    assert above == pytest.approx(0.5, abs=0.08)
    covered = sum(one.low <= elo <= one.high for one in found) / RUNS
    assert covered == pytest.approx(0.95, abs=0.04)
    bias = float(np.median([naive(one) for one in counts])) - elo
    assert abs(float(np.median([one.elo for one in found])) - elo) < abs(bias)


def test_a_test_that_was_cut_short_is_estimated_too() -> None:
    found = unbiased(TEST, [2, 3, 5, 3, 2])
    assert found.elo == pytest.approx(0, abs=1)
    assert found.low < -60 < 60 < found.high
    assert unbiased(TEST, [0] * 5).low < -1e9


def test_extreme_results_give_finite_numbers() -> None:
    for counts in ([0, 0, 2, 0, 73], [73, 0, 2, 0, 0], [0, 0, 0, 0, 1], [0, 0, 400, 0, 0]):
        found = unbiased(Sprt(), counts)
        assert found.low <= found.elo <= found.high
        assert np.isfinite([found.low, found.elo, found.high]).all()
