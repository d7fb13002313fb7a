"""The batch model against an independent one, and its promises: any order, any log, and no certainty out of nothing."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize

from arena.match import Checkpoint, Comparison
from arena.ratings import FITS
from arena.ratings.batch import ELO, Fit
from arena.ratings.davidson import NOISE, Davidson
from games.errors import BadSpec
from tests.arena.ratings.cast import cast

CAST = cast(12)
A, B, C, D = CAST[:4]
USUAL = math.log(2 / 9)


def duel(first: Checkpoint, second: Checkpoint, ranks: tuple[int, int] = (0, 1), *, sided: bool = False) -> Comparison:
    return Comparison(((first,), (second,)), ranks, sided)


def league(
    count: int, *, seed: int, gap: float = 0.4, eta: float = 0.5, nu: float = 0.6, size: int = 6, team: int = 1
) -> list[Comparison]:
    """Matches as the model says they come out; agent number i has theta = i * gap, a team the mean of its members'."""
    rng, made = random.Random(seed), []
    for _ in range(count):
        players = rng.sample(range(size), 2 * team)
        one, other = players[:team], players[team:]
        sided = rng.random() < 0.7
        d = gap * (sum(one) - sum(other)) / team + eta * sided
        ranks = rng.choices([(0, 1), (0, 0), (1, 0)], [math.exp(d / 2), nu, math.exp(-d / 2)])[0]
        made.append(Comparison((tuple(CAST[i] for i in one), tuple(CAST[i] for i in other)), ranks, sided))
    return made


def melees(count: int, *, seed: int, size: int = 6) -> list[Comparison]:
    rng, made = random.Random(seed), []
    for _ in range(count):
        players = rng.sample(range(size), 3)
        strength = [round(player + rng.gauss(0, 2)) for player in players]
        made.append(Comparison(tuple((CAST[i],) for i in players), tuple(sorted(strength).index(s) for s in strength)))
    return made


# The independent implementation: match by match, nothing aggregated, derivatives by differences.


def pairs(one: Comparison) -> list[tuple[tuple[Checkpoint, ...], tuple[Checkpoint, ...], int, bool]]:
    ranked = zip(one.teams, one.ranks, strict=True)
    return [(a, b, (i > j) - (i < j), one.sided) for (a, i), (b, j) in combinations(ranked, 2)]


def chance(at: NDArray[np.float64], place: dict[Checkpoint, int], one: Comparison) -> float:
    """The log of it."""
    total = 0.0
    for a, b, outcome, sided in pairs(one):
        mine, theirs = (sum(at[place[who]] for who in team) / len(team) for team in (a, b))
        d, nu = mine - theirs + at[-2] * sided, math.exp(at[-1])
        whole = math.exp(d / 2) + nu + math.exp(-d / 2)
        total += math.log((math.exp(d / 2), nu, math.exp(-d / 2))[outcome + 1] / whole)
    return total


def gradient(f, at: NDArray[np.float64], by: float = 1e-5) -> NDArray[np.float64]:  # type: ignore[no-untyped-def]
    steps = np.eye(len(at)) * by
    return np.array([(f(at + step) - f(at - step)) / (2 * by) for step in steps])


def independent(comparisons: Sequence[Comparison], ridge: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Parameters and the sandwich of their errors."""
    who = sorted({one for c in comparisons for team in c.teams for one in team}, key=lambda one: one.id)
    place = {one: number for number, one in enumerate(who)}
    start = np.array([0.0] * (len(who) + 1) + [USUAL])

    def cost(at: NDArray[np.float64]) -> float:
        return -sum(chance(at, place, one) for one in comparisons) + ridge * float(((at - start) ** 2).sum()) / 2

    at = minimize(cost, start, method="BFGS", options={"gtol": 1e-7}).x
    hessian = np.array([gradient(cost, at + step) - gradient(cost, at - step) for step in np.eye(len(at)) * 1e-4]) / 2e-4
    scores = np.array([gradient(lambda here, one=one: chance(here, place, one), at) for one in comparisons])
    inverse = np.linalg.inv(hessian)
    return at, inverse @ (scores.T @ scores + ridge * np.eye(len(at))) @ inverse


@pytest.mark.parametrize(
    "played",
    [
        league(150, seed=1, size=4),
        league(150, seed=2, size=5, team=2),
        melees(60, seed=3, size=4),
        league(60, seed=4, size=4) + melees(30, seed=5, size=4) + league(40, seed=6, size=4, team=2),
    ],
    ids=["one against one", "teams", "rankings", "all together"],
)
def test_ratings_and_their_errors_are_those_of_an_independent_implementation(played: list[Comparison]) -> None:
    at, covariance = independent(played, 0.1)
    fit = Davidson(ridge=0.1).fit(played)
    assert fit.at == pytest.approx(at, abs=1e-4)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-3)
    assert fit.covariance == pytest.approx(covariance, rel=2e-3, abs=1e-3)


@given(seed=st.integers(0, 1000), count=st.integers(0, 60))
@settings(max_examples=40, deadline=None)
def test_the_order_of_a_log_does_not_matter_to_the_last_bit(seed: int, count: int) -> None:
    played = league(count, seed=seed) + melees(count // 4, seed=seed) + league(count // 4, seed=seed, team=2)
    shuffled = random.Random(seed).sample(played, len(played))
    written_otherwise = [one if one.sided else Comparison(one.teams[::-1], one.ranks[::-1]) for one in shuffled]
    one, other = Davidson().fit(played), Davidson().fit(written_otherwise)
    assert one.meetings.cast == other.meetings.cast
    assert (one.at == other.at).all()
    assert (one.covariance == other.covariance).all()
    assert one.evidence == other.evidence


def test_planted_strengths_seats_and_draws_are_found() -> None:
    fit = Davidson().fit(league(20_000, seed=7))
    for better, worse in combinations(range(5, -1, -1), 2):
        lead = fit.lead(CAST[better], CAST[worse])
        assert lead.mu == pytest.approx(ELO * 0.4 * (better - worse), abs=4 * lead.sigma)
        assert fit.better(CAST[better], CAST[worse]) > 0.999
    assert fit.side is not None
    assert fit.side.mu == pytest.approx(ELO * 0.5, abs=4 * fit.side.sigma)
    assert fit.draws == pytest.approx(0.6 / 2.6, abs=0.02)
    assert sum(fit.rating(who).mu for who in CAST[:6]) == pytest.approx(6 * 1500)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """95 % of 200 leagues, within three standard errors of such a count."""
    held = 0
    for seed in range(200):
        lead = Davidson().fit(league(200, seed=seed)).lead(CAST[4], CAST[1])
        held += abs(lead.mu - ELO * 0.4 * 3) < 1.96 * lead.sigma
    assert held / 200 == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 200))


def test_chances_sum_to_one_turn_with_the_seats_and_come_true() -> None:
    fit = Davidson().fit(league(20_000, seed=8))
    win, draw, loss = fit.predict(CAST[3], CAST[1])
    assert win + draw + loss == pytest.approx(1)
    assert fit.predict(CAST[1], CAST[3]) == pytest.approx((loss, draw, win))
    assert fit.predict(CAST[3], CAST[1], sided=True)[0] == pytest.approx(
        math.exp(0.65) / (math.exp(0.65) + 0.6 + math.exp(-0.65)), abs=0.02
    )
    assert fit.predict(CAST[10], CAST[11])[0] == pytest.approx(fit.predict(CAST[11], CAST[10])[0])


def leads(fit: Fit, one: Checkpoint, other: Checkpoint) -> bool:
    """Whether the order is more than luck at 95 %."""
    lead = fit.lead(one, other)
    return lead.mu > 1.96 * lead.sigma


def test_a_perfect_record_is_finite_and_not_certain() -> None:
    """Ten wins of ten say that it is good, and not how good: more error than for one that also lost."""
    played = league(300, seed=9, size=4)
    record = [duel(CAST[5], CAST[i % 4]) for i in range(10)]
    fit = Davidson().fit(played + record)
    assert math.isfinite(fit.rating(CAST[5]).mu)
    assert fit.rating(CAST[5]).sigma > 100
    assert leads(fit, CAST[5], CAST[0])
    assert not leads(Davidson().fit([*played, duel(CAST[5], CAST[3])]), CAST[5], CAST[3])


def test_one_win_of_one_separates_nobody() -> None:
    fit = Davidson().fit([duel(A, B)])
    assert fit.lead(A, B).mu > 0
    assert not leads(fit, A, B)
    assert 0.5 < fit.better(A, B) < 0.95


def test_between_groups_that_never_met_nothing_is_known() -> None:
    here, there = [duel(A, B), duel(B, A), duel(A, B)] * 200, [duel(C, D), duel(D, C), duel(D, C)] * 200
    fit = Davidson().fit(here + there)
    assert leads(fit, A, B)
    assert leads(fit, D, C)
    assert not leads(fit, A, C)
    assert fit.lead(A, C).sigma > 300 > 30 > fit.lead(A, B).sigma


def test_a_group_that_lost_all_to_another_is_not_measured_by_it() -> None:
    here, there = [duel(A, B), duel(B, A)] * 100, [duel(C, D), duel(D, C)] * 100
    fit = Davidson().fit([*here, *there, *[duel(A, C), duel(B, D)] * 50])
    assert leads(fit, A, C)
    assert fit.lead(A, C).sigma > 100


@pytest.mark.parametrize("count", [1, 40, 100_000])
def test_all_draws_are_all_equal(count: int) -> None:
    fit = Davidson().fit([duel(A, B, (0, 0), sided=True), duel(B, C, (0, 0))] * count)
    assert [fit.rating(who).mu for who in (A, B, C)] == pytest.approx([1500] * 3)
    assert fit.draws == pytest.approx(1, abs=0.9 / count**0.5)
    assert not leads(fit, A, C)


def test_a_million_equal_wins_are_no_overflow() -> None:
    fit = Davidson(ridge=1e-6).fit([duel(A, B, sided=True)] * 100_000)
    assert np.isfinite(fit.at).all()
    assert np.isfinite(fit.covariance).all()
    assert fit.predict(A, B, sided=True)[0] > 0.999


def test_nobody_met_is_a_fit_of_nobody() -> None:
    fit = Davidson().fit([])
    assert fit.meetings.cast == ()
    assert fit.side is None
    assert fit.draws == pytest.approx(0.1)
    assert A not in fit


@pytest.mark.parametrize("text", ["davidson(ridge=0)", "davidson(ridge=-1)"])
def test_a_ridge_that_holds_nothing_is_refused(text: str) -> None:
    with pytest.raises(BadSpec):
        FITS.make(text)


@pytest.mark.parametrize(
    "played",
    [
        league(2000, seed=1, size=12),
        league(1000, seed=2, team=2, size=10),
        melees(600, seed=3, size=8),
        league(300, seed=4) + melees(200, seed=5) + league(300, seed=6, team=2) + [duel(CAST[11], CAST[3])] * 9,
        [],
    ],
    ids=["one against one", "teams", "rankings", "all together and a perfect record", "nobody"],
)
def test_a_fit_of_very_many_is_the_same_fit(played: list[Comparison], monkeypatch: pytest.MonkeyPatch) -> None:
    """No matrix is written out, and the errors are drawn: the mean of their errors is that of so many draws."""
    written = Davidson().fit(played)
    monkeypatch.setattr("arena.ratings.davidson.WRITTEN_OUT", -1)
    wide = Davidson().fit(played[::-1])
    assert wide.at == pytest.approx(written.at, abs=1e-7)
    assert (written.noise, wide.noise) == (0.0, NOISE)
    off = [wide.rating(who).sigma / written.rating(who).sigma - 1 for who in wide.meetings.cast]
    off += [wide.lead(*two).sigma / written.lead(*two).sigma - 1 for two in combinations(wide.meetings.cast, 2)]
    if played:
        assert np.sqrt(np.mean(np.square(off))) == pytest.approx(NOISE, rel=0.5)
        of_sides_and_draws = np.linalg.norm(written.root[-2:], axis=1)
        assert np.linalg.norm(wide.root[-2:], axis=1) == pytest.approx(of_sides_and_draws, rel=3 * NOISE)
        assert (wide.at == Davidson().fit(played).at).all()
        assert (wide.root == Davidson().fit(played).root).all()


def test_who_is_surely_above_whom_is_counted_pair_by_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    fit = Davidson().fit(league(400, seed=3, size=12))
    shown = sorted(fit.meetings.cast, key=lambda who: -fit.rating(who).mu)
    surely = {two for two in permutations(shown, 2) if leads(fit, *two)}
    assert 0 < len(surely) < 66
    for block in (5, 512):
        monkeypatch.setattr("arena.ratings.batch._BLOCK", block)
        above, below = fit.ranks(shown, sure=1.96)
        assert above.tolist() == [sum(under == who for _, under in surely) for who in shown]
        assert below.tolist() == [sum(over == who for over, _ in surely) for who in shown]
