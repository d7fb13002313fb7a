"""TrueSkill against the `trueskill` package, and the promises that the package does not make."""

from __future__ import annotations

import json
import math
import random
from itertools import cycle, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.match import Checkpoint, Comparison
from arena.ratings import RATINGS
from arena.ratings.model import Rating, Standings
from arena.ratings.reference import by_the_package, farthest, sample
from arena.ratings.trueskill import TrueSkill
from games.errors import BadSpec
from tests.arena.ratings.cast import cast

CAST = cast(12)


def duel(winner: Checkpoint, loser: Checkpoint, *, tie: bool = False) -> Comparison:
    return Comparison(((winner,), (loser,)), (0, 0 if tie else 1))


def league(count: int, *, seed: int, teams: int = 2, size: int = 1, ties: float = 0.3) -> list[Comparison]:
    """Random comparisons of `teams` teams of `size`; those with higher numbers tend to win."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        players = rng.sample(CAST, teams * size)
        sides = tuple(tuple(players[i * size : (i + 1) * size]) for i in range(teams))
        strength = [sum(CAST.index(who) for who in side) + rng.gauss(0, 6) for side in sides]
        ranks = [sum(other > mine for other in strength) for mine in strength]
        if rng.random() < ties:
            ranks[1] = ranks[0]
        made.append(Comparison(sides, tuple(ranks)))
    return made


def by_reference(comparisons: list[Comparison], draw: float) -> dict[Checkpoint, Rating]:
    model, ratings = TrueSkill(draw=draw), {who: TrueSkill().prior for who in CAST}
    for comparison in comparisons:
        ratings |= by_the_package(model, ratings, comparison)
    return ratings


@pytest.mark.parametrize(("size", "count"), [(1, 1000), (2, 300), (3, 200)])
@pytest.mark.parametrize("draw", [0.02, 0.1, 0.5])
def test_two_teams_agree_with_the_package(size: int, count: int, draw: float) -> None:
    comparisons = league(count, seed=size, size=size)
    ours = TrueSkill(draw=draw).fold(Standings(), comparisons).ratings
    for who, theirs in by_reference(comparisons, draw).items():
        assert ours[who].mu == pytest.approx(theirs.mu, abs=1e-6)
        assert ours[who].sigma == pytest.approx(theirs.sigma, abs=1e-6)


@pytest.mark.parametrize(("teams", "size", "ties"), [(4, 1, 0.0), (10, 1, 0.8), (3, 2, 0.5), (4, 3, 0.5)])
def test_free_for_alls_agree_with_the_package(teams: int, size: int, ties: float) -> None:
    comparisons = league(40, seed=5, teams=teams, size=size, ties=ties)
    ours = TrueSkill(draw=0.1).fold(Standings(), comparisons).ratings
    for who, theirs in by_reference(comparisons, 0.1).items():
        assert (ours[who].mu, ours[who].sigma) == pytest.approx((theirs.mu, theirs.sigma), abs=1e-6)


def test_free_for_alls_drift_as_the_package_lets_them() -> None:
    ratings = {who: Rating(20 + i, 1 + i / 4) for i, who in enumerate(CAST)}
    for comparison in league(20, seed=6, teams=4, size=2):
        assert farthest(TrueSkill(draw=0.1, tau=1.5, beta=3), ratings, comparison) < 1e-9


def test_a_first_win_gives_the_textbook_numbers() -> None:
    a, b = CAST[:2]
    ratings = TrueSkill(draw=0.1).fold(Standings(), [duel(a, b)]).ratings
    assert (ratings[a].mu, ratings[a].sigma) == pytest.approx((29.396, 7.171), abs=1e-3)
    assert (ratings[b].mu, ratings[b].sigma) == pytest.approx((20.604, 7.171), abs=1e-3)


@given(cut=st.integers(0, 120), seed=st.integers(0, 50), teams=st.sampled_from([2, 2, 3]))
@settings(max_examples=25, deadline=None)
def test_folding_in_two_parts_is_folding_at_once(cut: int, seed: int, teams: int) -> None:
    model, comparisons = TrueSkill(), league(120 if teams == 2 else 20, seed=seed, teams=teams)
    begun = model.fold(Standings(), comparisons[:cut])
    kept = Standings(begun.ratings, begun.compared, json.loads(json.dumps(dict(begun.counters))))
    assert model.fold(kept, comparisons[cut:]) == model.fold(Standings(), comparisons)


def test_a_fold_leaves_the_standings_it_began_with_alone() -> None:
    begun = TrueSkill().fold(Standings(), [duel(*CAST[:2])])
    before = Standings(dict(begun.ratings), dict(begun.compared), dict(begun.counters))
    TrueSkill().fold(begun, league(20, seed=1))
    assert begun == before


@pytest.mark.parametrize("teams", [2, 3])
def test_the_order_in_which_teams_are_written_does_not_matter(teams: int) -> None:
    comparisons = league(60, seed=2, teams=teams)
    backwards = [Comparison(one.teams[::-1], one.ranks[::-1]) for one in comparisons]
    ours, theirs = (TrueSkill().fold(Standings(), order).ratings for order in (comparisons, backwards))
    assert ours.keys() == theirs.keys()
    assert all(ours[who].mu == pytest.approx(theirs[who].mu, abs=1e-9) for who in ours)


def test_comparisons_are_counted_for_everybody_who_took_part() -> None:
    a, b, c = CAST[:3]
    standings = TrueSkill().fold(Standings(), [duel(a, b), duel(a, c, tie=True), Comparison(((a,), (b,), (c,)), (0, 0, 1))])
    assert standings.compared == {a: 3, b: 2, c: 2}
    assert standings.counters == {"games": 4, "draws": 2}


def test_the_chance_of_a_draw_is_learnt_from_the_draws_so_far() -> None:
    model, (a, b) = TrueSkill(), CAST[:2]
    assert model.draw_probability({}) == pytest.approx(0.1)
    often = model.fold(Standings(), [duel(a, b, tie=i % 2 == 0) for i in range(1000)])
    assert model.draw_probability(often.counters) == pytest.approx(0.5, abs=0.01)
    always = model.fold(Standings(), [duel(a, b, tie=True)] * 10_000)
    assert model.draw_probability(always.counters) == 0.98
    never = model.fold(Standings(), [duel(a, b)] * 10_000)
    assert model.draw_probability(never.counters) == 0.001


def test_what_happens_later_does_not_change_what_a_comparison_was_worth() -> None:
    a, b, c, d = CAST[:4]
    alone = TrueSkill().fold(Standings(), [duel(a, b)])
    followed = TrueSkill().fold(Standings(), [duel(a, b)] + [duel(c, d, tie=True)] * 50)
    assert followed.ratings[a] == alone.ratings[a]


@pytest.mark.parametrize("draw", [None, 0.0, 0.1, 0.9])
@given(
    mus=st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), sigmas=st.tuples(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
)
@settings(max_examples=100, deadline=None)
def test_no_comparison_raises_a_sigma_or_breaks_a_number(
    draw: float | None, mus: tuple[float, float], sigmas: tuple[float, float]
) -> None:
    a, b = CAST[:2]
    before = {a: Rating(mus[0], sigmas[0]), b: Rating(mus[1], sigmas[1])}
    for tie in (True, False):
        after = TrueSkill(draw=draw).fold(Standings(before, {a: 0, b: 0}), [duel(a, b, tie=tie)]).ratings
        for who in (a, b):
            assert math.isfinite(after[who].mu)
            assert 0 < after[who].sigma <= before[who].sigma


def test_a_free_for_all_survives_upsets_that_break_the_package() -> None:
    a, b, c = CAST[:3]
    before = {a: Rating(-500.0, 1.0), b: Rating(500.0, 1.0), c: Rating(0.0, 1.0)}
    upset = Comparison(((a,), (b,), (c,)), (0, 1, 2))
    with pytest.raises(ArithmeticError):
        by_the_package(TrueSkill(), before, upset)
    after = TrueSkill().fold(Standings(before, dict.fromkeys(before, 0)), [upset]).ratings
    assert after[a].mu > before[a].mu
    assert after[b].mu < before[b].mu
    assert all(math.isfinite(after[who].mu) and 0 < after[who].sigma <= 1 for who in after)


@given(
    mus=st.lists(st.floats(-200, 200), min_size=3, max_size=3),
    sigmas=st.lists(st.floats(1e-2, 100), min_size=3, max_size=3),
    ranks=st.lists(st.integers(0, 2), min_size=3, max_size=3),
    draw=st.sampled_from([None, 0.0, 0.5]),
)
@settings(max_examples=150, deadline=None)
def test_no_free_for_all_raises_a_sigma_or_breaks_a_number(
    mus: list[float], sigmas: list[float], ranks: list[int], draw: float | None
) -> None:
    before = {who: Rating(mu, sigma) for who, mu, sigma in zip(CAST, mus, sigmas, strict=False)}
    melee = Comparison(tuple((who,) for who in before), tuple(ranks))
    after = TrueSkill(draw=draw).fold(Standings(before, dict.fromkeys(before, 0)), [melee]).ratings
    for who, rating in after.items():
        assert math.isfinite(rating.mu)
        assert 0 < rating.sigma <= before[who].sigma


def test_one_comparison_of_each_kind_is_what_the_doctor_looks_at() -> None:
    assert sample(TrueSkill()) < 1e-9
    assert sample(TrueSkill(draw=0.3, beta=2)) < 1e-9


def test_a_team_without_others_proves_nothing() -> None:
    a, b = CAST[:2]
    alone = TrueSkill().fold(Standings(), [Comparison(((a, b),), (0,))])
    assert alone.ratings == {a: TrueSkill().prior, b: TrueSkill().prior}
    assert alone.counters == {"games": 0, "draws": 0}


def test_a_free_for_all_that_says_nothing_new_raises_no_sigma_by_rounding() -> None:
    a, b, c = CAST[:3]
    expected = Comparison(((a,), (b,), (c,)), (0, 1, 2))
    for step in range(200):
        sigma = 0.01 + step / 1009
        before = {a: Rating(900, sigma), b: Rating(500, sigma), c: Rating(100, sigma)}
        after = TrueSkill(draw=0.1).fold(Standings(before, dict.fromkeys(before, 0)), [expected]).ratings
        assert all(rating.sigma <= sigma for rating in after.values())


def test_two_million_random_updates_stay_finite() -> None:
    rng = random.Random(7)
    deck = [duel(*rng.sample(CAST, 2), tie=rng.random() < 0.2) for _ in range(10_007)]
    ratings = TrueSkill().fold(Standings(), islice(cycle(deck), 2_000_000)).ratings
    assert all(math.isfinite(r.mu) and 0 < r.sigma < 1 for r in ratings.values())


def test_drift_alone_can_make_an_agent_less_sure() -> None:
    a, b = CAST[:2]
    sure = Standings({a: Rating(40, 0.5), b: Rating(10, 0.5)}, {a: 0, b: 0})
    assert TrueSkill(tau=1.0).fold(sure, [duel(a, b)]).ratings[a].sigma > 0.5
    assert TrueSkill().fold(sure, [duel(a, b)]).ratings[a].sigma <= 0.5


@given(mus=st.tuples(st.floats(0, 50), st.floats(0, 50)), sigma=st.floats(0.1, 9), draws=st.integers(0, 100))
@settings(max_examples=100, deadline=None)
def test_predictions_are_chances_and_the_same_from_both_sides(mus: tuple[float, float], sigma: float, draws: int) -> None:
    a, b, counters = Rating(mus[0], sigma), Rating(mus[1], 2.0), {"games": 100, "draws": draws}
    win, draw, loss = TrueSkill().predict(a, b, counters)
    assert win + draw + loss == pytest.approx(1)
    assert min(win, draw, loss) >= 0
    assert TrueSkill().predict(b, a, counters) == pytest.approx((loss, draw, win))
    assert (win - loss) * (a.mu - b.mu) >= 0


def test_equals_draw_as_often_as_draws_were_seen() -> None:
    sure = Rating(25, 1e-9)
    assert TrueSkill().predict(sure, sure, {"games": 990, "draws": 399})[1] == pytest.approx(0.4)


def test_predictions_come_true_in_a_league_that_is_what_trueskill_believes() -> None:
    rng, skill = random.Random(3), {who: 15 + 2 * i for i, who in enumerate(CAST)}
    model, beta = TrueSkill(), 25 / 6
    comparisons = []
    for _ in range(6000):
        a, b = rng.sample(CAST, 2)
        lead = skill[a] - skill[b] + rng.gauss(0, beta * math.sqrt(2))
        comparisons.append(duel(a, b, tie=abs(lead) < 2) if lead > -2 else duel(b, a))
    standings = model.fold(Standings(), comparisons)
    shift = sum(r.mu for r in standings.ratings.values()) / 12 - sum(skill.values()) / 12
    assert all(abs(r.mu - skill[who] - shift) < 4 * r.sigma for who, r in standings.ratings.items())


def sided(count: int, *, seed: int, worth: float, size: int = 1) -> list[Comparison]:
    """Equals, of whom the first has a better seat by so many points of skill; within 2 points they draw."""
    rng, beta, made = random.Random(seed), 25 / 6, []
    for _ in range(count):
        players = rng.sample(CAST, 2 * size)
        lead = worth + rng.gauss(0, beta * math.sqrt(2 * size))
        ranks = (0, 0) if abs(lead) < 2 else (0, 1) if lead > 0 else (1, 0)
        made.append(Comparison((tuple(players[:size]), tuple(players[size:])), ranks, sided=True))
    return made


@pytest.mark.parametrize("size", [1, 2])
def test_what_a_seat_is_worth_is_measured_and_predicted(size: int) -> None:
    model, played = TrueSkill(side=None), sided(4000, seed=2, worth=2.5, size=size)
    counters = model.fold(Standings(), played).counters
    assert model.advantage(counters).mu == pytest.approx(2.5, abs=4 * model.advantage(counters).sigma)
    assert 0 < model.advantage(counters).sigma < 0.5
    if size == 1:
        won = sum(one.ranks == (0, 1) for one in played) / len(played)
        assert model.predict(Rating(25, 1e-9), Rating(25, 1e-9), counters, sided=True)[0] == pytest.approx(won, abs=0.02)


def test_a_seat_whose_worth_changes_is_followed() -> None:
    """It is worth 2.5 points, and then -2.5."""
    played = sided(3000, seed=2, worth=2.5) + sided(600, seed=3, worth=-2.5)
    found = {tau: TrueSkill(side=None, side_tau=tau) for tau in (0.0, 0.1)}
    worth = {tau: model.advantage(model.fold(Standings(), played).counters) for tau, model in found.items()}
    assert worth[0.1].mu == pytest.approx(-2.5, abs=4 * worth[0.1].sigma)
    assert worth[0.0].mu > 0


def test_a_lapse_is_a_match_between_equals() -> None:
    """It tempers what is foretold, and moves no rating."""
    model, a, b, counters = TrueSkill(lapse=0.1), Rating(30, 2), Rating(20, 1), {"games": 90, "draws": 24}
    sure, even = TrueSkill().predict(a, b, counters), TrueSkill().predict(Rating(25, 2), Rating(25, 1), counters)
    expected = [0.9 * one + 0.1 * other for one, other in zip(sure, even, strict=True)]
    assert model.predict(a, b, counters) == pytest.approx(expected)
    played = league(50, seed=1)
    assert model.fold(Standings(), played) == TrueSkill().fold(Standings(), played)


def test_a_seat_is_rated_as_a_player_who_always_sits_there() -> None:
    """Against the package: a third player beside the first, with a known skill and no chance in its performance."""
    a, b = CAST[:2]
    before = {a: Rating(27, 4), b: Rating(25, 3)}
    after = TrueSkill(draw=0.1, side=3.0).fold(
        Standings(before, dict.fromkeys(before, 0)), [won := duel(a, b)._replace(sided=True)]
    )
    shifted = {a: Rating(30, 4), b: Rating(25, 3)}
    theirs = by_the_package(TrueSkill(draw=0.1), shifted, won)
    assert after.ratings[a].mu == pytest.approx(theirs[a].mu - 3, abs=1e-9)
    assert after.ratings[b].mu == pytest.approx(theirs[b].mu, abs=1e-9)
    assert after.ratings[a].sigma == pytest.approx(theirs[a].sigma, abs=1e-9)
    assert after.counters == {"games": 1, "draws": 0}


def test_sides_count_only_where_they_are_asked_for_and_known() -> None:
    plain = [one._replace(sided=False) for one in sided(50, seed=1, worth=9)]
    for model in (TrueSkill(), TrueSkill(side=None), TrueSkill(side=2.0)):
        assert model.fold(Standings(), plain).ratings == TrueSkill().fold(Standings(), plain).ratings
    assert TrueSkill().fold(Standings(), sided(50, seed=1, worth=9)) == TrueSkill().fold(Standings(), plain)


def test_a_newcomer_is_believed_to_be_as_far_off_as_the_pool_is_wide() -> None:
    """In a league of equals nobody is far off; in one of great distances a newcomer may be anywhere."""
    newcomer, alike = CAST[11], [duel(*random.Random(i).sample(CAST[:11], 2)) for i in range(3000)]
    apart = [duel(CAST[i], CAST[i + 1]) for i in range(10)] * 200
    wide, narrow = (
        TrueSkill(learn_sigma=True).fold(TrueSkill(learn_sigma=True).fold(Standings(), played), [duel(newcomer, CAST[0])])
        for played in (apart, alike)
    )
    assert narrow.ratings[newcomer].sigma < 5 < 6 < wide.ratings[newcomer].sigma


MODELS = [
    TrueSkill(side=None),
    TrueSkill(side=1.0, tau=0.5),
    TrueSkill(learn_sigma=True),
    TrueSkill(side=None, learn_sigma=True),
    TrueSkill(drift=0.7),
    TrueSkill(side=None, side_tau=0.2, drift=0.1, learn_sigma=True, tau=0.1),
]


@pytest.mark.parametrize("model", MODELS)
@given(cut=st.integers(0, 60), seed=st.integers(0, 50))
@settings(max_examples=15, deadline=None)
def test_measured_sides_and_spreads_go_on_where_they_were(model: TrueSkill, cut: int, seed: int) -> None:
    """Bit for bit, even where the standings come back in another order, as from a store."""
    played = sided(40, seed=seed, worth=3) + league(20, seed=seed)
    begun = model.fold(Standings(), played[:cut])
    kept = Standings(dict(reversed(begun.ratings.items())), begun.compared, json.loads(json.dumps(dict(begun.counters))))
    assert model.fold(kept, played[cut:]) == model.fold(Standings(), played)


@given(
    mus=st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)),
    sigma=st.floats(1e-3, 1e3),
    ranks=st.sampled_from([(0, 1), (0, 0), (1, 0)]),
    side=st.sampled_from([None, -50.0, 1e5]),
    draw=st.sampled_from([None, 0.0, 0.5]),
)
@settings(max_examples=100, deadline=None)
def test_no_seat_raises_a_sigma_or_breaks_a_number(
    mus: tuple[float, float], sigma: float, ranks: tuple[int, int], side: float | None, draw: float | None
) -> None:
    a, b = CAST[:2]
    model, before = TrueSkill(side=side, draw=draw), {a: Rating(mus[0], sigma), b: Rating(mus[1], 2.0)}
    after = model.fold(Standings(before, {a: 0, b: 0}), [Comparison(((a,), (b,)), ranks, sided=True)])
    seat = model.advantage(after.counters)
    assert math.isfinite(seat.mu)
    assert seat.sigma <= model.beta
    for who in (a, b):
        assert math.isfinite(after.ratings[who].mu)
        assert 0 < after.ratings[who].sigma <= before[who].sigma


@pytest.mark.parametrize(
    "text",
    [
        "trueskill(sigma=0)",
        "trueskill(beta=-1)",
        "trueskill(tau=-1)",
        "trueskill(draw=1.0)",
        "trueskill(drift=-0.1)",
        "trueskill(side_tau=-1)",
        "trueskill(lapse=1.0)",
    ],
)
def test_settings_that_cannot_rate_are_refused(text: str) -> None:
    with pytest.raises(BadSpec):
        RATINGS.make(text)


def test_exposure_is_what_the_skill_very_probably_exceeds() -> None:
    assert RATINGS.make("trueskill").prior.exposure == pytest.approx(0)
    assert Rating(30, 2).exposure == 24
