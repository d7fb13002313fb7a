"""The Nash mixture of a payoff table, against games whose answer is known and against linear programmes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from arena.analysis.nash import nash_mixture

Table = NDArray[np.float64]
RPS: Table = np.array([[0.5, 0.0, 1.0], [1.0, 0.5, 0.0], [0.0, 1.0, 0.5]])  # rock, paper, scissors


def with_twins(table: Table, *rows: int) -> Table:
    return table[np.ix_(rows, rows)]


def drawn_up(size: int, seed: int) -> Table:
    """A league's win rates: skill, and cycles on top."""
    rng = np.random.default_rng(seed)
    skill, luck = rng.normal(size=size), rng.normal(size=(size, size))
    return 1 / (1 + np.exp(skill[None, :] - skill[:, None] + luck.T - luck))


def gain(table: Table, mixture: Table) -> float:
    """How far above one half the best answer to a mixture wins."""
    return float((table @ mixture).max()) - 0.5


def test_rock_paper_scissors_is_uniform() -> None:
    assert nash_mixture(RPS.tolist()) == pytest.approx([1 / 3] * 3, abs=1e-6)


def test_a_twin_takes_nothing_from_the_others() -> None:
    assert nash_mixture(with_twins(RPS, 0, 0, 1, 2)) == pytest.approx([1 / 6, 1 / 6, 1 / 3, 1 / 3], abs=1e-5)


def test_who_beats_everybody_is_all_there_is() -> None:
    champion = np.full((4, 4), 0.45)
    champion[0], champion[1:, 1:] = 0.55, RPS
    assert nash_mixture(champion) == (1.0, 0.0, 0.0, 0.0)


def test_where_all_are_even_nobody_is_favoured() -> None:
    assert nash_mixture([[0.5] * 7] * 7) == pytest.approx([1 / 7] * 7)
    assert nash_mixture([[0.5]]) == (1.0,)
    assert nash_mixture([]) == ()


def test_of_many_equilibria_it_is_the_one_of_maximum_entropy() -> None:
    """Of two that are even with each other and beat a third, none is preferred."""
    assert nash_mixture([[0.5, 0.5, 1.0], [0.5, 0.5, 0.6], [0.0, 0.4, 0.5]]) == pytest.approx([0.5, 0.5, 0.0], abs=1e-5)


@pytest.mark.parametrize("size", [2, 3, 8, 20, 60])
def test_nobody_in_the_table_beats_it(size: int) -> None:
    for seed in range(5):
        table = drawn_up(size, seed)
        mixture = np.array(nash_mixture(table))
        assert mixture.sum() == pytest.approx(1)
        assert (mixture >= 0).all()
        assert gain(table, mixture) < 1e-3


@pytest.mark.parametrize("seed", range(5))
def test_a_single_equilibrium_is_that_of_a_linear_programme(seed: int) -> None:
    table = drawn_up(9, seed) - 0.5
    solved = linprog(np.zeros(9), A_ub=table, b_ub=np.full(9, 1e-9), A_eq=np.ones((1, 9)), b_eq=[1.0])
    assert nash_mixture(table + 0.5) == pytest.approx(solved.x, abs=1e-3)


def test_scale_and_order_do_not_matter() -> None:
    order = [3, 0, 4, 2, 1]
    table = drawn_up(5, seed=1)
    mixture = np.array(nash_mixture(table))
    assert nash_mixture(with_twins(table, *order)) == pytest.approx(mixture[order], abs=1e-6)
    assert nash_mixture(0.5 + (table - 0.5) / 4) == pytest.approx(mixture, abs=1e-4)
