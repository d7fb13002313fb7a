"""The lever game: a team is paid for the levers that it pulls between them, and nobody knows who else is there."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from games.checks import check_game
from games.errors import BadSpec
from games.levers import Levers


def test_keeps_the_contract():
    check_game(Levers())
    check_game(Levers(agents=7, seats=3))


def test_the_team_is_paid_for_every_lever_that_is_pulled():
    pulls = list(product(range(3), repeat=3))
    game = Levers(agents=10, seats=3)
    returns = game.step(game.reset(torch.arange(len(pulls))), torch.tensor(pulls)).returns
    for levers, paid in zip(pulls, returns.tolist(), strict=True):
        assert paid == pytest.approx([len(set(levers)) / 3] * 3)


def test_a_seat_sees_who_it_is_and_no_more():
    game = Levers(agents=20, seats=4)
    state = game.reset(torch.arange(50))
    for seat in range(4):
        view = game.observe(state, torch.full((50,), seat))
        assert view.argmax(1).tolist() == state.who[:, seat].tolist()
        assert (view.sum(1) == 1).all()


def test_every_match_seats_others_of_the_pool_and_nobody_twice():
    who = Levers(agents=20, seats=5).reset(torch.arange(4000)).who
    assert all(len(set(seats)) == 5 for seats in who.tolist())
    for seat in range(5):
        often = torch.bincount(who[:, seat], minlength=20)  # 200 each, give or take 14
        assert 130 < often.min() <= often.max() < 270


def test_a_pool_that_just_fills_the_seats_comes_in_every_order():
    orders = Levers(agents=3, seats=3).reset(torch.arange(6000)).who
    often = (orders * torch.tensor([9, 3, 1])).sum(1).unique(return_counts=True)[1]
    assert often.tolist() == pytest.approx([1000] * 6, abs=150)


def test_a_pool_that_is_not_much_larger_seats_every_few_as_often():
    """Places that were drawn by one number for all seats would come in half of these orders alone."""
    orders = Levers(agents=4, seats=3).reset(torch.arange(12_000)).who
    often = (orders * torch.tensor([16, 4, 1])).sum(1).unique(return_counts=True)[1]
    assert often.tolist() == pytest.approx([500] * 24, abs=110)  # a standard deviation is 22


def test_levers_pulled_without_a_word_bring_two_thirds():
    """Of five levers pulled at random by five, 5 * (1 - 0.8 ** 5) are pulled at all: 0.67 of them."""
    game, boards = Levers(), 20_000
    state = game.reset(torch.arange(boards))
    random = state.who * 2654435761 % 2**32 // 7 % 5  # each identity has its lever
    assert game.step(state, random).returns.mean().item() == pytest.approx(1 - 0.8**5, abs=0.01)


def test_a_pool_must_fill_the_seats():
    with pytest.raises(BadSpec, match="agents must be a whole number from 5"):
        Levers(agents=4)


def test_the_picture_names_the_agents_and_their_levers():
    game = Levers(agents=9, seats=2)
    state = game.reset(torch.tensor([3]))
    first, second = state.who[0].tolist()
    assert game.render(state) == f"agent {first}\nagent {second}"
    after = game.step(state, torch.tensor([[1, 1]]))
    assert game.render(after) == f"agent {first} pulls 1\nagent {second} pulls 1"
    assert f">{second}</text>" in game.render_svg(after)
