"""The walk-forward: forecasts before matches, by hand and against what is planted."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import exp, log, sqrt

import numpy as np
import pytest
from scipy.stats import t as student

from arena.match import Comparison
from arena.ratings import FITS, RATINGS
from arena.ratings.batch import BatchModel
from arena.ratings.forecast import BaseRate, Duel, Folding, Forecaster, Refitting, apart, duels, forecaster
from arena.ratings.model import RatingModel, Standings
from arena.ratings.walk_forward import batched, margin, walk_forward
from tests.arena.ratings.cast import cast

CAST = cast(8)
A, B, C, D = CAST[:4]


class Told:
    """Says what it is told to say, and notes what it was asked when."""

    def __init__(self, *chances: float) -> None:
        self.chances, self.heard, self.asked = (chances[0], chances[1], chances[2]), 0, list[tuple[Duel, int]]()

    def forecast(self, duel: Duel) -> tuple[float, float, float]:
        self.asked.append((duel, self.heard))
        return self.chances

    def learn(self, comparisons: Sequence[Comparison]) -> None:
        self.heard += len(comparisons)


def league(count: int, *, seed: int, gap: float = 0.8, side: float = 0.0, draws: float = 0.3) -> list[Comparison]:
    """Matches as Davidson has them: each of the cast is `gap` better than the one before it."""
    rng, played = random.Random(seed), list[Comparison]()
    for _ in range(count):
        one, other = rng.sample(range(len(CAST)), 2)
        d = gap * (one - other) + side
        outcome = rng.choices([(0, 1), (0, 0), (1, 0)], [exp(d / 2), draws, exp(-d / 2)])[0]
        played.append(Comparison(((CAST[one],), (CAST[other],)), outcome, sided=True))
    return played


def test_the_loss_is_minus_the_log_of_what_was_said_of_what_came_out() -> None:
    played = [Comparison(((A,), (B,)), ranks) for ranks in [(0, 1), (0, 0), (1, 0), (1, 0)]]
    walked = walk_forward(played, {"one": Told(0.5, 0.3, 0.2)})
    assert walked.losses["one"] == pytest.approx([-log(0.5), -log(0.3), -log(0.2), -log(0.2)])
    assert list(walked.hits["one"]) == [1, 0, 0, 0]
    assert walked.after(2).losses["one"] == pytest.approx([-log(0.2), -log(0.2)])


def test_elo_and_the_base_rate_by_hand() -> None:
    """A beats B as the first, then B beats A as the first. K is 40, equals never draw."""
    played = [Comparison(((A,), (B,)), (0, 1), sided=True), Comparison(((B,), (A,)), (0, 1), sided=True)]
    walked = walk_forward(played, {"elo": Folding(RATINGS.make("elo(k=40, draw=0.0)")), "base": BaseRate()})
    upset = 1 / (1 + 10 ** (40 / 400))  # A was at 1520 then, and B at 1480
    assert walked.losses["elo"] == pytest.approx([log(2), -log(upset)])
    assert walked.losses["base"] == pytest.approx([-log(1 / 3), -log(2 / 4)])


def test_every_match_is_foretold_from_those_before_it_that_could_matter() -> None:
    played = [Comparison(((one,), (other,)), (0, 1)) for one, other in [(A, B), (C, D), (A, C), (B, D), (A, B)]]
    told = Told(1, 0, 0)
    walk_forward(played, {"one": told})
    assert [duel for duel, _ in told.asked] == [Duel(*one.teams[0], *one.teams[1], False) for one in played]
    assert [heard for _, heard in told.asked] == [0, 0, 2, 2, 4]
    assert [len(run) for run in apart(played)] == [2, 2, 1]


@pytest.mark.parametrize(
    "model", ["trueskill", "trueskill(side=None, drift=0.3, side_tau=0.1)", "davidson", "elo", "openskill"]
)
def test_no_future_changes_a_forecast_of_the_past(model: str) -> None:
    """The first 60 matches are the same, what follows is another league."""
    past = league(60, seed=1)
    one, other = (
        walk_forward(past + future, {"model": _fresh(model), "base": BaseRate()})
        for future in (league(60, seed=2), league(60, seed=3, gap=-2.0))
    )
    for name in ("model", "base"):
        assert (one.losses[name][:60] == other.losses[name][:60]).all()
        assert (one.losses[name][61:] != other.losses[name][61:]).any()


def test_runs_of_matches_change_no_rating() -> None:
    """In runs or one by one, what is said of ratings is the same."""
    played = league(300, seed=4)
    walked = walk_forward(played, {"x": Folding(RATINGS.make("trueskill(draw=0.2)"))})
    model, standings, losses = RATINGS.make("trueskill(draw=0.2)"), Standings(), []
    for one in played:
        (duel, outcome) = duels(one)[0]
        first, second = (standings.ratings.get(who, model.prior) for who in duel[:2])
        losses.append(-log(model.predict(first, second, standings.counters)[outcome]))
        standings = model.fold(standings, [one])
    assert walked.losses["x"] == pytest.approx(losses)


def test_a_batch_model_is_asked_by_a_fit_of_what_it_was_taught() -> None:
    played, model = league(200, seed=5), FITS.make("davidson")
    refitting = Refitting(model)
    refitting.learn(played[:100])
    duel = Duel(CAST[7], CAST[0], True)
    assert refitting.forecast(duel) == model.fit(played[:100]).predict(CAST[7], CAST[0], sided=True)
    refitting.learn(played[100:104])  # less than a twentieth more
    assert refitting.forecast(duel) == model.fit(played[:100]).predict(CAST[7], CAST[0], sided=True)
    refitting.learn(played[104:])
    assert refitting.forecast(duel) == model.fit(played).predict(CAST[7], CAST[0], sided=True)


def test_the_model_that_is_true_foretells_best() -> None:
    """A seat is worth much, so those that know of seats win; and everybody knows more than the base rate."""
    models = ["davidson", "trueskill", "trueskill(side=None)", "elo"]
    walked = walk_forward(
        league(4000, seed=6, side=1.5), {"base": BaseRate(), **{model: _fresh(model) for model in models}}
    )
    loss = {name: float(one[1000:].mean()) for name, one in walked.losses.items()}
    assert min(loss, key=lambda name: loss[name]) == "davidson"
    assert loss["trueskill(side=None)"] < loss["trueskill"] < loss["base"]
    assert loss["elo"] < loss["base"]


def test_among_equals_nothing_beats_the_base_rate() -> None:
    walked = walk_forward(
        league(3000, seed=7, gap=0.0), {"base": BaseRate(), "elo": _fresh("elo"), "davidson": _fresh("davidson")}
    )
    assert min(walked.losses, key=lambda name: float(walked.losses[name].mean())) == "base"


def test_a_ranking_of_several_is_foretold_by_its_pairs_and_counts_once() -> None:
    told = Told(0.7, 0.2, 0.1)
    walked = walk_forward([Comparison(((A,), (B,), (C,)), (0, 1, 1))], {"one": told})
    assert [duel[:2] for duel, _ in told.asked] == [(A, B), (A, C), (B, C)]
    assert walked.losses["one"] == pytest.approx([-(2 * log(0.7) + log(0.2)) / 3])
    assert walked.hits["one"] == pytest.approx([2 / 3])


def test_teams_of_several_are_learned_from_and_not_foretold() -> None:
    told = Told(0.7, 0.2, 0.1)
    walked = walk_forward([Comparison(((A, B), (C, D)), (0, 1))], {"one": told})
    assert (walked.size, walked.untold, told.asked, told.heard) == (0, 1, [], 1)


def test_the_base_rate_counts_seats_where_there_are_seats() -> None:
    base = BaseRate()
    base.learn([Comparison(((A,), (B,)), (0, 1), sided=True)] * 7 + [Comparison(((A,), (B,)), (0, 0))] * 7)
    assert base.forecast(Duel(C, D, True)) == pytest.approx((0.8, 0.1, 0.1))
    assert base.forecast(Duel(C, D, False)) == pytest.approx((0.1, 0.8, 0.1))


def test_a_forecast_that_was_sure_and_wrong_costs_much_and_not_everything() -> None:
    walked = walk_forward([Comparison(((A,), (B,)), (1, 0))], {"one": Told(1.0, 0.0, 0.0)})
    assert 20 < walked.losses["one"][0] < 30


def test_a_margin_is_by_the_means_of_batches_in_time() -> None:
    assert margin(np.array([1.0])) is None
    assert margin(np.array([1.0, 3.0])) == pytest.approx(12.706)  # sd sqrt(2), over sqrt(2), and two values tell little
    alternating = np.repeat(np.arange(30) % 2, 100).astype(float)  # 30 batches, each all of a kind
    assert list(batched(alternating)) == [0, 1] * 15
    assert margin(alternating) == pytest.approx(2.045 * sqrt(0.25 * 30 / 29) / sqrt(30))


@pytest.mark.parametrize("count", range(2, 31))
def test_a_margin_is_students_whose_tails_are_long_where_values_are_few(count: int) -> None:
    values = np.arange(count, dtype=float)
    low, high = student.interval(0.95, count - 1, loc=values.mean(), scale=values.std(ddof=1) / sqrt(count))
    assert margin(values) == pytest.approx((high - low) / 2, rel=3e-4)


def _fresh(text: str) -> Forecaster:
    model: RatingModel | BatchModel = (FITS if text in FITS.names() else RATINGS).make(text)
    return forecaster(model)
