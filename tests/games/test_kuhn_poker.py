"""Kuhn poker: OpenSpiel's rules, nothing leaked, and the value that Kuhn computed by hand."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from games.checks import check_game
from games.kuhn_poker import BET, PASS, KuhnPoker
from games.poker import PokerState
from tests.games.playing import at_random, beside_openspiel

J, Q, K = range(3)


def test_keeps_the_contract():
    check_game(KuhnPoker())


def test_plays_and_looks_as_openspiel_does():
    beside_openspiel(
        KuhnPoker(), "kuhn_poker", boards=3000, deal=lambda state, board: state.cards[board].tolist(), views=True
    )


def test_all_six_deals_are_equally_likely():
    cards = KuhnPoker().reset(torch.arange(60_000)).cards
    counts = torch.bincount(3 * cards[:, 0] + cards[:, 1], minlength=9)
    assert counts[[0, 4, 8]].tolist() == [0, 0, 0]
    assert (counts[[1, 2, 3, 5, 6, 7]] - 10_000).abs().max() < 500  # more than five standard deviations


def test_nobody_sees_the_other_card():
    game = KuhnPoker()
    state: Any = game.reset(torch.arange(500))
    while not state.done.all():
        for seat in (0, 1):
            other = state.cards.clone()
            other[:, 1 - seat] = 3 - state.cards.sum(1)  # the card that nobody holds
            swapped = PokerState(**{**vars(state), "cards": other})
            me = torch.full((500,), seat)
            assert torch.equal(game.observe(state, me), game.observe(swapped, me))
        state = game.step(state, at_random(state))


def bets(state: Any, alpha: float) -> Tensor:
    """How likely the seat to act bets in Kuhn's equilibrium of parameter alpha (0 to 1/3), by what it sees."""
    observed = KuhnPoker().observe(state, state.to_act.long().argmax(1))
    card, told = observed[:, 2:5].argmax(1), observed[:, 5:].view(-1, 3, 2)
    line = 3 * told[:, 0].sum(1) * (1 + told[:, 0, BET]) + told[:, 1].sum(1)  # 0 opening, 3 after a pass, 6 bet, 4 pass-bet
    table = torch.tensor([[alpha, 0, 3 * alpha], [1 / 3, 0, 1], [0, 1 / 3, 1], [0, alpha + 1 / 3, 1]])  # (line, card)
    return table[torch.tensor([0, 0, 0, 1, 3, 0, 2])[line.long()], card]


@pytest.mark.parametrize("alpha", [0.0, 0.2, 1 / 3])
def test_best_play_gives_seat_0_minus_one_eighteenth(alpha: float):
    game = KuhnPoker()
    deals = torch.tensor([(one, two) for one, two in product((J, Q, K), repeat=2) if one != two])
    state: Any = PokerState(**{**vars(game.reset(torch.zeros(6, dtype=torch.int64))), "cards": deals})
    chance, value = torch.full((6,), 1 / 6, dtype=torch.float64), 0.0
    while len(state):
        bet = bets(state, alpha).double()
        chance = torch.cat([chance * (1 - bet), chance * bet])
        both = state.take(torch.arange(len(state)).repeat(2))
        moves = torch.tensor([PASS, BET]).repeat_interleave(len(state))
        state = game.step(both, moves[:, None].expand(-1, 2))
        value += (chance * state.returns[:, 0] * state.done).sum().item()
        state, chance = state.take(~state.done), chance[~state.done]
    assert value == pytest.approx(-1 / 18, abs=1e-7)


def test_the_picture_tells_the_story():
    game = KuhnPoker()
    state: Any = game.reset(torch.tensor([0]))
    state = game.step(state, torch.tensor([[PASS, PASS]]))
    state = game.step(state, torch.tensor([[BET, BET]]))
    held = ["JQK"[card] for card in state.cards[0].tolist()]
    assert game.render(state) == f"seat 0: {held[0]}, 1 in the pot\nseat 1: {held[1]}, 2 in the pot\nbetting: pass bet"
    assert "pass bet" in game.render_svg(state)
