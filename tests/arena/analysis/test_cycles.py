"""Cycles planted in leagues are found, and luck is not taken for one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.analysis.cycles import Table, cycles, cyclic_share
from arena.analysis.payoff import Pair, Payoff, PayoffTable
from tests.arena.ratings.cast import cast


def played(odds: Table, games: int, *, seed: int, drawn: float = 0.0) -> tuple[Table, Table]:
    """Wins and draws (K, K) of leagues by the log-odds (K, K) of each row's win against each, in decided games."""
    chance, size = np.random.default_rng(seed), len(odds)
    wins, draws = np.zeros((size, size)), np.zeros((size, size))
    for row in range(size):
        for column in range(row):
            even = chance.binomial(games, drawn)
            won = chance.binomial(games - even, 1 / (1 + np.exp(-odds[row, column])))
            wins[row, column], wins[column, row] = won, games - even - won
            draws[row, column] = draws[column, row] = even
    return wins, draws


def disc(size: int, seed: int) -> Table:
    """The disc game (Balduzzi et al. 2019): everybody a point, who lies clockwise of another is beaten by it."""
    chance = np.random.default_rng(1000 + seed)
    angle, radius = chance.uniform(0, 2 * np.pi, size), chance.uniform(0.5, 1.5, size)
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    return 1.5 * (np.outer(x, y) - np.outer(y, x))


def ladder(size: int, seed: int) -> Table:
    """Skill is all there is."""
    skill = np.random.default_rng(2000 + seed).normal(size=size)
    return skill[:, None] - skill[None, :]


ROCK_PAPER_SCISSORS = np.array([[0.0, 0.0, 9.0], [9.0, 0.0, 0.0], [0.0, 9.0, 0.0]])


def test_rock_paper_scissors_is_all_cycle() -> None:
    found = cycles(ROCK_PAPER_SCISSORS, np.zeros((3, 3)))
    assert found.share == pytest.approx(1.0)
    assert found.skill == pytest.approx((0.0, 0.0, 0.0))
    (ring,) = found.triangles
    assert ring.rows == (0, 2, 1), "rock beats scissors beats paper beats rock"
    assert (ring.rates, ring.games) == ((1.0, 1.0, 1.0), (9, 9, 9))
    assert found.significant


@pytest.mark.parametrize("seed", range(20))
def test_a_disc_is_cyclic_beyond_doubt(seed: int) -> None:
    found = cycles(*played(disc(12, seed), 64, seed=seed, drawn=0.2))
    assert found.p_value < 0.01
    assert found.p_order < 0.05


@pytest.mark.parametrize("seed", range(20))
def test_skill_alone_is_no_cycle(seed: int) -> None:
    found = cycles(*played(ladder(20, seed), 16, seed=seed))
    assert found.p_value > 0.05
    assert not found.significant, "though luck makes some rings"


@pytest.mark.parametrize("equals", [1, 3, 8])
def test_an_order_that_is_no_skill_is_no_cycle(equals: int) -> None:
    """The better of two wins 85 %, however much better; the first few are equals, among whom luck makes rings."""
    order = np.sign(np.arange(8)[None, :] - np.arange(8)[:, None]) * np.log(0.85 / 0.15)
    order[:equals, :equals] = 0.0
    found = [cycles(*played(order, 32, seed=seed)) for seed in range(60)]
    assert np.mean([one.significant for one in found]) <= 0.05
    assert np.mean([one.p_order <= 0.1 for one in found]) <= 0.1 + 2 * np.sqrt(0.1 * 0.9 / 60)
    if equals < 8:
        assert min(one.p_value for one in found) < 0.01, "though no skill explains it"


def test_a_ring_among_many_who_have_an_order_is_found() -> None:
    odds = 4 * np.sign(np.arange(10)[None, :] - np.arange(10)[:, None]).astype(float)
    odds[0, 2], odds[2, 0] = odds[2, 0], odds[0, 2]  # the third beats the first
    found = cycles(*played(odds, 20, seed=1))
    assert found.significant
    assert found.triangles[0].rows == (0, 1, 2)


@pytest.mark.parametrize(("size", "spread", "games"), [(20, 3, 10), (20, 3, 40), (10, 5, 40)])
def test_skills_that_are_far_apart_are_no_cycle_either(size: int, spread: float, games: int) -> None:
    found = [cycles(*played(spread * ladder(size, seed), games, seed=seed), simulations=100) for seed in range(20)]
    assert np.mean([one.p_value <= 0.05 for one in found]) <= 0.15
    assert not any(one.significant for one in found)


def test_a_ring_of_four_is_a_cycle() -> None:
    ring = np.array([[0.0, 90, 0, 10], [10, 0, 90, 0], [0, 10, 0, 90], [90, 0, 10, 0]])
    found = cycles(ring, np.zeros((4, 4)))
    assert found.share == pytest.approx(1.0)
    assert found.significant
    assert not found.triangles


def test_p_values_of_leagues_without_cycles_are_no_smaller_than_they_should_be() -> None:
    small = [cycles(*played(ladder(8, seed), 24, seed=seed, drawn=0.3)).p_value <= 0.1 for seed in range(200)]
    assert np.mean(small) <= 0.1 + 2 * np.sqrt(0.1 * 0.9 / 200)


@given(st.integers(3, 9), st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_every_ring_is_one_and_none_is_listed_twice(size: int, seed: int) -> None:
    wins, draws = played(disc(size, seed), 6, seed=seed, drawn=0.2)
    found = cycles(wins, draws, most=1000, simulations=1)
    for ring in found.triangles:
        one, two, three = ring.rows
        assert wins[one, two] > wins[two, one]
        assert wins[two, three] > wins[three, two]
        assert wins[three, one] > wins[one, three]
    assert len({ring.rows for ring in found.triangles}) == len(found.triangles)
    beats = wins > wins.T
    assert len(found.triangles) == np.trace(np.linalg.matrix_power(beats.astype(int), 3)) // 3
    weakest = [min(ring.rates) for ring in found.triangles]
    assert weakest == sorted(weakest, reverse=True), "all have played equally often, so the rates decide"


@pytest.mark.parametrize(
    ("wins", "draws"),
    [
        (np.zeros((0, 0)), np.zeros((0, 0))),
        (np.zeros((1, 1)), np.zeros((1, 1))),
        (np.zeros((3, 3)), 5 * (1 - np.eye(3))),
        (np.array([[0.0, 9, 0, 0], [0, 0, 0, 0], [0, 0, 0, 9], [0, 0, 0, 0]]), np.zeros((4, 4))),
    ],
    ids=["nobody", "alone", "all draws", "two groups that never met"],
)
def test_where_nothing_can_be_cyclic_nothing_is_claimed(wins: Table, draws: Table) -> None:
    found = cycles(wins, draws)
    assert not found.significant
    assert found.p_value > 0.5
    assert len(found.skill) == len(wins)


def test_a_board_looks_for_cycles_among_its_own_best() -> None:
    """Who is put first by the board, not who won most of few matches against somebody weak."""
    *champions, loser = cast(104)
    ring, others = champions[:3], champions[3:]
    won = [(ring[0], ring[1], 36), (ring[1], ring[2], 36), (ring[2], ring[0], 36), *((one, loser, 2) for one in others)]
    found: dict[Pair, Payoff] = {}
    for one, other, wins in won:
        found[one, other] = Payoff(40, wins, 0, 40 - wins) if wins > 2 else Payoff(2, 2)
        found[other, one] = Payoff(40, 40 - wins, 0, wins) if wins > 2 else Payoff(2, 0, 0, 2)
    assert cyclic_share(PayoffTable(found)) is None
    assert (cyclic_share(PayoffTable(found, order=ring)) or 0) > 0.5
