"""Kuhn poker: three cards, one chip each, one bet: the smallest game in which bluffing is right.

Observation  (11,) float32: my seat (2), my card (3: J, Q, K), then what each of up to three actions was (3 x 2: pass, bet).
Actions      0 pass (a check, or a fold to a bet), 1 bet (or a call).
Returns      what is won or lost: 1 or 2 chips. Best play gives seat 0 -1/18 on average (Kuhn 1950).

The observation is OpenSpiel's information state tensor, so results can be compared number by number.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from games.core import GameSpec
from games.poker import Betting, Line, Poker, PokerState, one_hot, pay

PASS, BET = 0, 1
OPENING = Line(paid=(1, 1), rounds=((),), to_act=0, legal=(True, True))


def follow(line: Line, action: int) -> Line:
    """A bet is answered once; two passes, a call and a fold end the game."""
    (before,) = line.rounds
    answered = BET in before
    line = replace(line, paid=pay(line, int(action == BET)), rounds=((*before, action),))
    if answered or (before and action == PASS):
        return replace(line, legal=(False, False), folded=answered and action == PASS)
    return replace(line, to_act=1 - line.to_act)


class KuhnPoker(Poker):
    """Two seats, one card each from jack, queen and king."""

    betting = Betting(OPENING, follow, rounds=1, depth=3)
    deck, dealt, ranks, suits, words = 3, 2, "JQK", 1, ("pass", "bet")
    spec = GameSpec(
        name="kuhn_poker",
        version=1,
        flavour="competitive",
        seats=2,
        actions=2,
        observation=(11,),
        max_steps=3,
        return_range=(-2.0, 2.0),
    )

    def strength(self, cards: Tensor) -> Tensor:
        return cards

    def observe(self, state: PokerState, seat: Tensor) -> Tensor:
        card = state.cards.gather(1, seat[:, None]).squeeze(1)  # (B,)
        told = self.betting.tables(seat.device).told.index_select(0, state.line)  # (B, 6)
        return torch.cat([one_hot(seat, 2), one_hot(card, 3), told], dim=1)
