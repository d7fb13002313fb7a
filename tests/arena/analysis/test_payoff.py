"""Payoffs add up exactly, and the table tells what they say."""

from __future__ import annotations

import random
from itertools import permutations, product
from math import sqrt
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.analysis.payoff import MeanScore, Payoff, PayoffTable, added, games
from arena.match import Result
from arena.series import Results
from games.spec import Flavour
from tests.arena.ratings.cast import cast, payoffs, result

A, B, C, D = cast(4)


def league(seed: int = 0, *, games: int = 200) -> list[Result]:
    rng = random.Random(seed)
    return [result(i, rng.sample([A, B, C, D], 2), [paid := rng.choice([-1, 0, 1]), -paid]) for i in range(games)]


def test_a_match_is_seen_from_both_sides() -> None:
    assert payoffs([result(1, [A, B], [3, -2])]) == {
        (A, B): Payoff(games=1, wins=1, total=3, squares=9),
        (B, A): Payoff(games=1, losses=1, total=-2, squares=4),
    }


def test_each_for_itself_meets_all_others() -> None:
    found = payoffs([result(1, [A, B, C, D], [3, 1, 1, 0])])
    assert len(found) == 12
    assert found[B, C] == Payoff(games=1, draws=1, total=1, squares=1)
    assert found[A, D].wins == found[D, A].losses == 1


@pytest.mark.parametrize("flavour", ["competitive", "mixed"])
def test_team_mates_do_not_meet(flavour: Flavour) -> None:
    found = payoffs([result(1, [A, B, C, D], [1, -1, 1, -1])], flavour, (0, 1, 0, 1))
    assert set(found) == {pair for x, y in product((A, C), (B, D)) for pair in ((x, y), (y, x))}
    assert found[A, D] == Payoff(games=1, wins=1, total=1, squares=1)


def test_a_team_that_one_checkpoint_holds_plays_one_game() -> None:
    found = payoffs([result(1, [A, B, A, B], [1, -1, 1, -1])], "competitive", (0, 1, 0, 1))
    won, lost = Payoff(games=1, wins=1, total=1, squares=1), Payoff(games=1, losses=1, total=-1, squares=1)
    assert found == {(A, B): won, (B, A): lost}
    mates = payoffs([result(1, [A, B, A, C], [2, 0, 4, 0])], "mixed", (0, 1, 0, 1))
    assert mates[A, B] == mates[A, C] == Payoff(games=1, wins=1, total=3, squares=9)


def test_where_all_are_partners_partners_meet() -> None:
    found = payoffs([result(1, [A, B, C], [2, 2, 2])], "cooperative", (0, 0, 0))
    assert set(found) == set(permutations((A, B, C), 2))
    assert set(found.values()) == {Payoff(games=1, draws=1, total=2, squares=4)}


def test_a_twin_is_on_the_diagonal_once_for_each_seat() -> None:
    assert payoffs([result(1, [A, A], [3, 5])]) == {(A, A): Payoff(games=2, wins=1, losses=1, total=8, squares=34)}


def test_a_void_match_pays_nothing() -> None:
    assert payoffs([result(1, [A, B], [], void="rules")]) == {}


@pytest.mark.parametrize(
    ("flavour", "teams"), [("competitive", ()), ("competitive", (0, 1, 0)), ("cooperative", (0, 0, 0))]
)
def test_a_chunk_pays_what_its_matches_pay_one_by_one(flavour: Flavour, teams: tuple[int, ...]) -> None:
    chance, field = random.Random(7), cast(3)
    lineups = list(product(field, repeat=3))
    played = [
        result(n, chance.choice(lineups), [chance.uniform(-1, 1) for _ in range(3)], void="rules" if n % 9 == 0 else None)
        for n in range(200)
    ]
    told = games(Results.of(played), flavour, teams)
    assert {pair: Payoff(*added((0, 0, 0, 0, 0.0, 0.0), one)) for pair, one in told.items()} == payoffs(
        played, flavour, teams
    )


@given(cut=st.integers(0, 200), seed=st.integers(0, 20))
@settings(max_examples=30, deadline=None)
def test_payoffs_of_parts_add_up_to_the_whole_exactly(cut: int, seed: int) -> None:
    results = league(seed)
    some, more = payoffs(results[:cut]), payoffs(results[cut:])
    both = {pair: some.get(pair, Payoff()) + more.get(pair, Payoff()) for pair in {**some, **more}}
    assert both == payoffs(results)


@given(seed=st.integers(0, 20))
@settings(max_examples=20, deadline=None)
def test_a_zero_sum_table_is_its_own_mirror_image(seed: int) -> None:
    table = PayoffTable(payoffs(league(seed)))
    for i, row in enumerate(table.checkpoints):
        for j, column in enumerate(table.checkpoints):
            if i != j:
                assert table.win_rates[i][j] == pytest.approx(1 - (table.win_rates[j][i] or 0))
                assert table.cell(row, column).total == -table.cell(column, row).total


def test_the_table_is_sorted_by_win_rate_with_the_best_first() -> None:
    results = [result(1, [A, B], [-1, 1]), result(2, [B, C], [1, -1]), result(3, [A, C], [0, 0])]
    table = PayoffTable(payoffs(results))
    assert table.checkpoints == (B, A, C)
    assert [table.score(who) for who in table.checkpoints] == [1.0, 0.25, 0.25]
    assert table.games == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert table.win_rates == [[None, 1.0, 1.0], [0.0, None, 0.5], [0.0, 0.5, None]]
    assert table.means == [[None, 1.0, 1.0], [-1.0, None, 0.0], [-1.0, 0.0, None]]


def test_a_mixed_table_counts_twins_and_is_not_won_by_winning() -> None:
    nice, mean = A, B  # 50 turns of the prisoner's dilemma: the mean one wins every match
    results = [result(1, [nice, nice], [150, 150]), result(2, [nice, mean], [49, 54]), result(3, [mean, mean], [50, 50])]
    table = PayoffTable(payoffs(results), by="mean")
    assert table.checkpoints == (nice, mean)
    assert table.score(nice) == pytest.approx((150 + 150 + 49) / 3)
    assert PayoffTable(payoffs(results)).checkpoints == (mean, nice)
    assert table.record(mean) == Payoff(games=1, wins=1, total=54, squares=54**2)


def test_the_worst_opponent_is_the_one_that_beats_us_most_if_met_often_enough() -> None:
    results = [result(i, [A, B], [1, -1] if i < 6 else [-1, 1]) for i in range(10)] + [result(20, [A, C], [-1, 1])]
    table = PayoffTable(payoffs(results))
    assert table.worst(A) == (C, 0.0)
    assert table.worst(A, games=5) == (B, 0.6)
    assert table.worst(A, games=11) is None
    assert table.worst(D) is None


def test_nobody_is_its_own_worst_opponent() -> None:
    table = PayoffTable(payoffs([result(1, [A, A], [1, 1]), result(2, [A, B], [1, 0])]))
    assert table.worst(A) == (B, 1.0)


def test_a_mean_score_is_per_turn_with_its_interval() -> None:
    results = [result(i, [A, B], [paid, 0]) for i, paid in enumerate([100, 200, 100, 200])]
    score = PayoffTable(payoffs(results)).mean_score(A, turns=50)
    assert score is not None
    assert score.mean == pytest.approx(3.0)
    assert score.margin == pytest.approx(1.96 * sqrt(100**2 / 3 / 4) / 50, rel=1e-3)


def test_scores_that_never_vary_are_certain_and_single_games_are_not() -> None:
    twice = [result(i, [A, who], [paid, 0]) for i, (who, paid) in enumerate([(B, 3), (B, 3), (C, 9), (C, 9)])]
    assert PayoffTable(payoffs(twice)).mean_score(A) == MeanScore(6.0, 0.0), "who is met is not chance"
    assert PayoffTable(payoffs(twice[:3])).mean_score(A) == MeanScore(5.0, None)
    assert PayoffTable(payoffs(twice)).mean_score(D) is None


def test_the_interval_holds_the_truth_in_about_95_of_100_leagues() -> None:
    rng, held = random.Random(4), []
    for _ in range(400):
        results = [result(i, [A, B if i % 2 else C], [rng.gauss(i % 2, 1), 0]) for i in range(60)]
        score = PayoffTable(payoffs(results)).mean_score(A)
        assert score is not None
        assert score.margin is not None
        held.append(abs(score.mean - 0.5) <= score.margin)
    assert 0.91 <= fmean(held) <= 0.98


def test_an_empty_league_has_an_empty_table() -> None:
    table = PayoffTable({})
    assert table.checkpoints == ()
    assert table.win_rates == []
