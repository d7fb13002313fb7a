"""Leduc poker: six cards, two rounds of betting, and a card on the table between them.

Observation  (24,) float32: my seat (2), my rank (3: J, Q, K), the table's rank (3, zeros before it is dealt), then what
             each of up to four actions of the first and of the second round was (8 x 2: call, raise).
Actions      0 fold (only when chips are owed), 1 call (or check), 2 raise, at most twice in a round.
Returns      what is won or lost, up to 13 chips: an ante of 1, raises of 2, then of 4. A pair with the table wins, then the
             higher rank; equal ranks split the pot (Southey et al. 2005).

Rules, payoffs and observation are those of OpenSpiel's leduc_poker(suit_isomorphism=True).
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from games.core import GameSpec
from games.poker import Betting, Line, Poker, PokerState, one_hot, pay

FOLD, CALL, RAISE = 0, 1, 2
BETS = (2, 4)  # what a raise adds, round by round
RAISES = 2  # in one round
OPENING = Line(paid=(1, 1), rounds=((),), to_act=0, legal=(False, True, True))


def follow(line: Line, action: int) -> Line:
    """A call closes the round unless it is its first action; the second round's end is the showdown."""
    *earlier, before = line.rounds
    rounds = (*earlier, (*before, action))
    if action == FOLD:
        return replace(line, rounds=rounds, legal=(False,) * 3, folded=True)
    owed = max(line.paid) - line.paid[line.to_act]
    paid = pay(line, owed + (BETS[len(earlier)] if action == RAISE else 0))
    if action == RAISE or not before:
        may_raise = rounds[-1].count(RAISE) < RAISES
        return Line(paid, rounds, to_act=1 - line.to_act, legal=(action == RAISE, True, may_raise))
    if earlier:
        return replace(line, paid=paid, rounds=rounds, legal=(False,) * 3)
    return replace(OPENING, paid=paid, rounds=(*rounds, ()))


class LeducPoker(Poker):
    """Two seats; jacks, queens and kings in two suits, which only tell the cards apart."""

    betting = Betting(OPENING, follow, rounds=2, depth=4)
    deck, dealt, ranks, suits, words = 6, 3, "JQK", 2, ("fold", "call", "raise")
    spec = GameSpec(
        name="leduc_poker",
        version=1,
        flavour="competitive",
        seats=2,
        actions=3,
        observation=(24,),
        max_steps=8,
        return_range=(-13.0, 13.0),
    )

    def strength(self, cards: Tensor) -> Tensor:
        rank = cards // self.suits  # (B, 3)
        return rank[:, :2] + len(self.ranks) * (rank[:, :2] == rank[:, 2:])

    def observe(self, state: PokerState, seat: Tensor) -> Tensor:
        tables = self.betting.tables(seat.device)
        rank = state.cards // self.suits  # (B, 3)
        mine = one_hot(rank.gather(1, seat[:, None]).squeeze(1), 3)
        shown = one_hot(rank[:, 2], 3) * tables.later.index_select(0, state.line)[:, None]
        told = tables.told.index_select(0, state.line)  # (B, 16)
        return torch.cat([one_hot(seat, 2), mine, shown, told], dim=1)
