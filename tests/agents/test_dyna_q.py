"""Dyna-Q: its step is Q-learning's, its planning carries a reward back along a remembered corridor."""

from __future__ import annotations

import pytest

from agents.dyna_q import DynaQ

RIGHT, LENGTH = 1, 5  # a corridor 0..5; its end pays 1


def walk(learner: DynaQ) -> None:
    """Once through the corridor."""
    for place in range(LENGTH):
        end = place + 1 == LENGTH
        learner.learn(place, RIGHT, float(end), place + 1, last=end)


def test_a_step_moves_a_value_towards_reward_and_what_comes():
    learner = DynaQ(2, 2, planning=0, lr=0.5, gamma=0.9)
    learner.values[1] = [4.0, 2.0]
    learner.learn(0, 1, 1.0, 1, last=False)
    assert learner.values == [[0.0, pytest.approx(0.5 * (1 + 0.9 * 4))], [4.0, 2.0]]


def test_an_end_is_worth_nothing():
    learner = DynaQ(2, 2, planning=0, lr=1.0)
    learner.values[1] = [4.0, 2.0]
    learner.learn(0, 0, 1.0, 1, last=True)
    assert learner.values[0] == [1.0, 0.0]


def test_without_planning_a_reward_goes_back_one_place_a_walk():
    learner = DynaQ(LENGTH + 1, 2, planning=0)
    walk(learner)
    walk(learner)
    assert [values[RIGHT] > 0 for values in learner.values] == [False, False, False, True, True, False]


def test_planning_carries_it_all_the_way_in_two():
    learner = DynaQ(LENGTH + 1, 2, planning=200, seed=3)
    walk(learner)
    walk(learner)
    exact = [0.95 ** (LENGTH - 1 - place) for place in range(LENGTH)]
    assert [learner.values[place][RIGHT] for place in range(LENGTH)] == pytest.approx(exact, abs=0.05)
    assert [learner.greedy(place) for place in range(LENGTH)] == [RIGHT] * LENGTH


def test_it_remembers_the_newest_that_followed():
    learner = DynaQ(3, 1, planning=0)
    learner.learn(0, 0, 0.0, 1, last=False)
    learner.learn(0, 0, 1.0, 2, last=True)
    assert learner.model == {(0, 0): (1.0, 2, True)}


def test_equals_are_drawn_by_lot_and_the_seed_says_which():
    learner = DynaQ(1, 4, epsilon=0.0, seed=1)
    drawn = [learner.act(0) for _ in range(200)]
    assert {*drawn} == {0, 1, 2, 3}
    again = DynaQ(1, 4, epsilon=0.0, seed=1)
    assert drawn == [again.act(0) for _ in range(200)]
