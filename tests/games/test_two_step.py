"""The two-step game: seat 0 chooses between a sure 7 and a matrix that pays 8 to those who agree."""

from __future__ import annotations

from itertools import product
from typing import Any

import torch

from games.checks import check_game
from games.two_step import TwoStep


def play(*steps: list[int]) -> Any:
    state = TwoStep().reset(torch.arange(1))
    for actions in steps:
        state = TwoStep().step(state, torch.tensor([actions]))
    return state


def test_keeps_the_contract():
    check_game(TwoStep())


def test_pays_what_the_paper_says():
    played = {(a, b, c, d): play([a, b], [c, d]) for a, b, c, d in product(range(2), repeat=4)}
    for (chooser, _, row, column), state in played.items():
        expected = 7 if chooser == 0 else [[0, 1], [1, 8]][row][column]
        assert state.done.all()
        assert state.returns.tolist() == [[expected, expected]]


def test_the_first_step_pays_nothing_and_seat_1_has_no_say_in_it():
    assert play([1, 0]).returns.tolist() == [[0, 0]]
    assert play([1, 0]).place.tolist() == play([1, 1]).place.tolist() == [2]


def test_both_seats_see_where_they_are_and_nothing_else():
    game = TwoStep()
    for state, place in ((play(), [1, 0, 0]), (play([0, 1]), [0, 1, 0]), (play([1, 0]), [0, 0, 1])):
        assert [game.observe(state, torch.tensor([seat]))[0].tolist() for seat in (0, 1)] == [place, place]
        assert game.global_state(state).tolist() == [place]


def test_a_seat_that_gives_up_leaves_the_team_with_nothing():
    assert play([1, 1], [1, -1]).returns.tolist() == [[0, 0]]


def test_the_picture_tells_where_it_stands():
    game = TwoStep()
    assert game.render(play()) == "first step: seat 0 chooses the matrix"
    assert game.render(play([1, 0])) == "second step: matrix B"
    assert game.render(play([1, 0], [1, 1])) == "matrix B: B and B bring 8"
    assert "B and B bring 8" in game.render_svg(play([1, 0], [1, 1]))
