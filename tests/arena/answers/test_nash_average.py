"""Nash averaging, as people are told of it."""

from __future__ import annotations

import pytest

from arena.answers.nash_average import NashAverage
from tests.arena.ratings.cast import checkpoint

ROCK, TWIN, PAPER, SCISSORS, DUD = (checkpoint(name) for name in ("rock", "twin", "paper", "scissors", "dud"))
RATES = [
    [0.5, 0.5, 0.0, 1.0, 0.9],
    [0.5, 0.5, 0.0, 1.0, 0.9],
    [1.0, 1.0, 0.5, 0.0, 0.9],
    [0.0, 0.0, 1.0, 0.5, 0.9],
    [0.1, 0.1, 0.1, 0.1, 0.5],
]


def test_twins_share_one_weight_and_who_loses_to_all_has_none() -> None:
    found = NashAverage.of("throws", (ROCK, TWIN, PAPER, SCISSORS, DUD), RATES, guessed=0)
    weights = dict(zip(found.checkpoints, found.weights, strict=True))
    assert weights[ROCK] == pytest.approx(1 / 6, abs=1e-4)
    assert weights[TWIN] == pytest.approx(1 / 6, abs=1e-4)
    assert weights[PAPER] == pytest.approx(1 / 3, abs=1e-4)
    assert weights[SCISSORS] == pytest.approx(1 / 3, abs=1e-4)
    assert (found.checkpoints[-1], weights[DUD]) == (DUD, 0)
    assert found.win_rates == pytest.approx((0.5, 0.5, 0.5, 0.5, 0.1), abs=1e-3)
    assert str(found) == "4 are needed, none beats their mixture"


def test_one_who_beats_all_is_named() -> None:
    found = NashAverage.of("throws", (DUD, ROCK), [[0.5, 0.2], [0.8, 0.5]], guessed=1)
    assert str(found) == "rock@1 alone is beaten by nobody; 1 of 1 pair never met, their ratings speak for them"
    assert found.rows()[1][0] == ["1", "rock@1", "1.000", "50%"]


def test_an_empty_league_is_said_to_be_one() -> None:
    assert str(NashAverage.of("throws", (), [], guessed=0)) == "nobody has played throws yet"
