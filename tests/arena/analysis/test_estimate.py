"""How much better one is: an estimate that stopping does not bend, for the close and for the hopeless alike."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from arena.analysis.estimate import naive, unbiased
from arena.analysis.sprt import Sprt
from tests.arena.analysis.simulated import stopped, strength, strong

CLOSE = Sprt(0, 60)


@pytest.mark.parametrize("elo", [0, 60])
def test_it_is_median_unbiased_where_the_naive_one_is_not(elo: float) -> None:
    runs = 200
    counts = stopped(CLOSE, strong(elo), most=500, runs=runs)
    found = [unbiased(CLOSE, one) for one in counts]
    assert sum(one.elo > elo for one in found) / runs == pytest.approx(0.5, abs=0.1)
    assert sum(one.low <= elo <= one.high for one in found) / runs == pytest.approx(0.95, abs=0.05)
    bias = float(np.median([naive(one) for one in counts])) - elo
    assert abs(float(np.median([one.elo for one in found])) - elo) < abs(bias)


@pytest.mark.parametrize("most", [40, 600], ids=["cut short", "decided"])
@pytest.mark.parametrize(
    "share",
    [
        [0.02, 0.05, 0.2, 0.33, 0.4],
        [0, 0, 0.1, 0.2, 0.7],
        [0, 0, 0.03, 0.04, 0.93],
        [0, 0.02, 0.9, 0.08, 0],
    ],
    ids=lambda share: f"{strength(share):.0f}",
)
def test_its_interval_holds_the_truth_however_unequal_two_are(share: list[float], most: int) -> None:
    """The same with an unknown spread of outcomes, which is what most of the error comes from where one is far better."""
    test, runs, truth = Sprt(0, 10), 100, strength(share)
    found = [unbiased(test, one) for one in stopped(test, share, most=most, runs=runs)]
    assert sum(one.low <= truth <= one.high for one in found) / runs >= 0.9
    assert np.median([one.high - one.low for one in found]) < 200 + 2 * truth  # and it says something


def test_the_logistic_scale_is_that_of_mean_scores() -> None:
    found = unbiased(Sprt(0, 10, scale="logistic"), [5, 10, 30, 40, 15])
    score = (10 / 4 + 30 / 2 + 40 * 3 / 4 + 15) / 100
    assert naive([5, 10, 30, 40, 15], "logistic") == pytest.approx(400 * np.log10(score / (1 - score)))
    assert found.low < found.elo < found.high
    assert found.elo == pytest.approx(naive([5, 10, 30, 40, 15], "logistic"), abs=25)


def test_a_test_that_was_cut_short_is_estimated_too() -> None:
    found = unbiased(CLOSE, [2, 3, 5, 3, 2])
    assert found.elo == pytest.approx(0, abs=3)
    assert found.low < -60 < 60 < found.high
    assert unbiased(CLOSE, [0] * 5).low == -inf


def test_who_won_every_pair_is_at_least_so_good() -> None:
    found = unbiased(Sprt(), [0, 0, 0, 0, 30])
    assert found.elo == found.high == inf
    assert 200 < found.low < unbiased(Sprt(), [0, 0, 0, 0, 74]).low
    lost = unbiased(Sprt(), [30, 0, 0, 0, 0])
    assert (lost.low, lost.elo) == (-inf, -inf)
    assert lost.high == pytest.approx(-found.low, rel=0.1)


def test_extreme_results_give_finite_numbers() -> None:
    for counts in ([0, 0, 2, 0, 73], [73, 0, 2, 0, 0], [0, 0, 400, 0, 0], [0, 0, 0, 1, 1], [30_000, 0, 0, 0, 1]):
        found = unbiased(Sprt(), counts)
        assert found.low <= found.elo <= found.high
        assert np.isfinite([found.low, found.elo, found.high]).all()
