"""Melees against the `trueskill` package's factor graph, and what holds for every ranking."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
import trueskill
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.ratings.melee import melee
from arena.ratings.tails import cdf, drawn, pdf, ppf, won

BETA = 25 / 6
Team = list[tuple[float, float]]  # mu and sigma of its players


def ours(teams: list[Team], ranks: list[int], draw: float) -> list[Team]:
    effects = melee(
        [sum(mu for mu, _ in team) for team in teams],
        [sum(sigma**2 + BETA**2 for _, sigma in team) for team in teams],
        [ppf((draw + 1) / 2) * math.sqrt(len(one) + len(other)) * BETA for one, other in pairwise(teams)],
        [one == other for one, other in pairwise(ranks)],
    )
    return [
        [(mu + sigma**2 * push, sigma * math.sqrt(1 - sigma**2 * shrink)) for mu, sigma in team]
        for team, (push, shrink) in zip(teams, effects, strict=True)
    ]


def theirs(teams: list[Team], ranks: list[int], draw: float) -> list[Team]:
    graph = trueskill.TrueSkill(beta=BETA, tau=0, draw_probability=draw, backend=(cdf, pdf, ppf))
    rated = graph.rate([[trueskill.Rating(*player) for player in team] for team in teams], ranks)
    return [[(player.mu, player.sigma) for player in team] for team in rated]


def group(rng: random.Random, *, wide: float) -> tuple[list[Team], list[int]]:
    """3 to 16 teams of 1 to 3, mostly alone; ties of any length, and upsets among what was to be expected."""
    teams = [
        [(rng.gauss(25, wide), 10 ** rng.uniform(-1.5, 1.2)) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
        for _ in range(rng.randint(3, 16))
    ]
    levels = rng.choice([2, len(teams) // 2, len(teams)])
    if rng.random() < 0.7:
        teams.sort(key=lambda team: rng.gauss(0, 10) - sum(mu for mu, _ in team))
    return teams, sorted(rng.randrange(levels) for _ in teams)


@pytest.mark.parametrize("draw", [0.02, 0.1, 0.3, 0.6, 0.98])
@pytest.mark.parametrize("wide", [2.0, 10.0])
def test_every_rating_is_the_package_s(draw: float, wide: float) -> None:
    rng = random.Random(f"{draw} {wide}")
    for _ in range(40):
        teams, ranks = group(rng, wide=wide)
        for mine, their in zip(ours(teams, ranks, draw), theirs(teams, ranks, draw), strict=True):
            assert mine == [pytest.approx(player, rel=1e-6, abs=1e-6) for player in their]


def test_a_ranking_turned_upside_down_is_the_package_s_too() -> None:
    teams = [[(10.0 * place, 9.0)] for place in range(16)]
    mine, their = ours(teams, list(range(16)), 0.1), theirs(teams, list(range(16)), 0.1)
    assert mine == [[pytest.approx(player, abs=1e-6) for player in team] for team in their]


def test_two_teams_are_the_package_s_too() -> None:
    rng = random.Random(2)
    for tie in (0, 1):
        teams = [[(rng.gauss(25, 5), rng.uniform(1, 8)) for _ in range(size)] for size in (2, 3)]
        mine, their = ours(teams, [0, 1 - tie], 0.1), theirs(teams, [0, 1 - tie], 0.1)
        assert mine == [[pytest.approx(player, abs=1e-9) for player in team] for team in their]


def test_a_team_alone_learns_nothing() -> None:
    assert melee([25.0], [80.0], [], []) == [(0.0, 0.0)]


def test_a_great_mean_costs_no_digits() -> None:
    low = melee([9.0, 5.0, 7.0, 1.0], [60.0, 40.0, 30.0, 20.0], [1.5] * 3, [False, True, False])
    high = melee([2e9 + mean for mean in (9, 5, 7, 1)], [60.0, 40.0, 30.0, 20.0], [1.5] * 3, [False, True, False])
    assert high == low


@given(data=st.data(), count=st.integers(2, 9), margin=st.sampled_from([0.0, 1e-3, 1.0, 8.0]))
@settings(max_examples=300, deadline=None)
def test_whatever_comes_is_finite_and_makes_nobody_less_sure(data: st.DataObject, count: int, margin: float) -> None:
    means = data.draw(st.lists(st.floats(-1e6, 1e6), min_size=count, max_size=count))
    variances = data.draw(st.lists(st.floats(1e-6, 1e6), min_size=count, max_size=count))
    ties = data.draw(st.lists(st.booleans(), min_size=count - 1, max_size=count - 1))
    for variance, (push, shrink) in zip(variances, melee(means, variances, [margin] * (count - 1), ties), strict=True):
        assert math.isfinite(push)
        assert 0 <= variance * shrink <= 1


@given(means=st.lists(st.floats(-30, 30), min_size=3, max_size=9), ties=st.lists(st.booleans(), min_size=8, max_size=8))
@settings(max_examples=200, deadline=None)
def test_a_ranking_from_its_other_end_says_the_same(means: list[float], ties: list[bool]) -> None:
    """All skills negated and the ranking turned round, all moves are negated; up to where the messages stopped."""
    count = len(means)
    variances, margins, ties = [20.0 + i for i in range(count)], [1.0 + i for i in range(count - 1)], ties[: count - 1]
    there = melee(means, variances, margins, ties)
    back = melee([-mean for mean in reversed(means)], variances[::-1], margins[::-1], ties[::-1])
    for (push, shrink), (pull, narrowed) in zip(there, reversed(back), strict=True):
        assert (push, shrink) == pytest.approx((-pull, narrowed), abs=1e-3)


def test_no_margin_and_nothing_but_ties_is_one_belief_for_all() -> None:
    """Draws that allow no lead: all performed alike, at the mean of means weighted by precision."""
    means, variances = [20.0, 26.0, 35.0, 23.0], [10.0, 40.0, 20.0, 80.0]
    weights = [1 / variance for variance in variances]
    alike = sum(mean * weight for mean, weight in zip(means, weights, strict=True)) / sum(weights)
    for mean, variance, (push, shrink) in zip(
        means, variances, melee(means, variances, [0.0] * 3, [True] * 3), strict=True
    ):
        assert mean + variance * push == pytest.approx(alike, abs=1e-9)
        assert variance * (1 - variance * shrink) == pytest.approx(1 / sum(weights), abs=1e-9)


def message_by_message(
    means: list[float], variances: list[float], margins: list[float], ties: list[bool]
) -> list[tuple[float, float]]:
    """The same as it is said in words: what a team has heard becomes a belief again whenever the team is asked."""
    count = len(means)
    leads = [better - worse for better, worse in pairwise(means)]
    said, above, below = [(0.0, 0.0)] * (count - 1), [(0.0, 0.0)] * count, [(0.0, 0.0)] * count

    def belief(team: int, heard: tuple[float, float]) -> tuple[float, float]:
        variance = variances[team] / (1 + variances[team] * heard[0])
        return variance, heard[1] * variance

    def passed(fact: int, behind: int, team: int, sign: float) -> bool:
        told, heard = (above, below) if sign > 0 else (below, above)
        (variance, mean), (own, its_mean) = belief(behind, told[behind]), belief(team, heard[team])
        lead, both = leads[fact] + sign * (mean - its_mean), variance + own
        c = math.sqrt(both)
        v, w = drawn(lead / c, margins[fact] / c) if ties[fact] else won((lead - margins[fact]) / c)
        rest = 1 - w or 1e-16
        before, said[fact] = said[fact], (w / (rest * both), (w * lead + v * c) / (rest * both))
        scale = variance + own * rest
        told[team] = w / scale, (w * its_mean - sign * (v * c)) / scale
        return abs(said[fact][1] - before[1]) > 1e-4 or abs(said[fact][0] - before[0]) > 1e-4 * 1e-4

    for _ in range(10):
        moved = [passed(team - 1, team - 1, team, 1.0) for team in range(1, count - 1)]
        moved += [passed(team, team + 1, team, -1.0) for team in reversed(range(1, count - 1))]
        if not any(moved):
            break
    for end, beside, fact, sign, told in ((-1, -2, -1, 1.0, above), (0, 1, 0, -1.0, below)):
        (variance, mean), (pi, tau) = belief(beside, told[beside]), said[fact]
        told[end] = pi / (1 + variance * pi), (pi * mean + sign * (pi * leads[fact] - tau)) / (1 + variance * pi)
    sums = [(one[0] + other[0], one[1] + other[1]) for one, other in zip(above, below, strict=True)]
    return [(tau / (1 + own * pi), pi / (1 + own * pi)) for own, (pi, tau) in zip(variances, sums, strict=True)]


@given(data=st.data(), count=st.integers(3, 9))
@settings(max_examples=300, deadline=None)
def test_beliefs_that_are_kept_are_those_that_messages_would_make_again_to_the_last_digit(
    data: st.DataObject, count: int
) -> None:
    means = data.draw(st.lists(st.floats(-60, 60), min_size=count, max_size=count))
    variances = data.draw(st.lists(st.floats(0.1, 200), min_size=count, max_size=count))
    margins = data.draw(st.lists(st.floats(0, 8), min_size=count - 1, max_size=count - 1))
    ties = data.draw(st.lists(st.booleans(), min_size=count - 1, max_size=count - 1))
    assert melee(means, variances, margins, ties) == message_by_message(means, variances, margins, ties)
