"""Poker by temperament, for Kuhn and Leduc, and Kuhn's own solution: what a learner should exploit, and what it cannot.

They see what `games.kuhn_poker` and `games.leduc_poker` tell: the seat (2), the rank held (3: J, Q, K), in Leduc the rank
on the table (3), then the actions so far, (passive, aggressive) one-hot.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from agents.core import Agent, Observation
from agents.scripted.needs import need
from agents.scripted.uniform import draw
from games.arguments import number
from games.spec import GameSpec

JACK, QUEEN, KING = range(3)


@dataclass(frozen=True)
class Hand:
    """R hands at the moment of decision, and the actions by what they mean there: (R,) each."""

    rank: Tensor  # int64: JACK, QUEEN or KING
    pair: Tensor  # bool: the table shows the same rank
    owed: Tensor  # bool: there is a bet to answer
    leave: Tensor  # the action that folds to a bet, or checks where nothing is owed
    stay: Tensor  # the action that calls, or checks
    press: Tensor  # the action that bets or raises, or calls where the raises are used up

    @classmethod
    def kuhn(cls, seen: Observation) -> Hand:
        owed = seen.features[:, 6::2].any(1)  # one bet a game, so a bet that was made is one to answer
        rank, no = seen.features[:, 2:5].argmax(1), torch.zeros_like(seen.row)
        return cls(rank, pair=no.bool(), owed=owed, leave=no, stay=owed.long(), press=no + 1)

    @classmethod
    def leduc(cls, seen: Observation) -> Hand:
        owed, may_raise = seen.legal[:, 0], seen.legal[:, 2]
        held, table = seen.features[:, 2:5], seen.features[:, 5:8]
        one = torch.ones_like(seen.row)
        pair = (held * table).any(1)
        return cls(held.argmax(1), pair=pair, owed=owed, leave=(~owed).long(), stay=one, press=one + may_raise)


class Temperament(Agent):
    """A fixed way to play any hand; a subclass says which, in `play`."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game)
        readers = {"kuhn_poker": Hand.kuhn, "leduc_poker": Hand.leduc}
        need(game.name in readers, game, agent=type(self).__name__.lower(), needs="'kuhn_poker' or 'leduc_poker'")
        self.read = readers[game.name]

    def act(self, observation: Observation) -> Tensor:
        return self.play(self.read(observation))

    def probabilities(self, observation: Observation) -> Tensor:
        return F.one_hot(self.act(observation), self.game.actions).double()

    def play(self, hand: Hand) -> Tensor:
        """The action for each hand: (R,) int64."""
        raise NotImplementedError


class Caller(Temperament):
    """Never bets, never folds: bluffs are wasted on it, and good hands are paid."""

    def play(self, hand: Hand) -> Tensor:
        return hand.stay


class Raiser(Temperament):
    """Bets and raises whatever it holds."""

    def play(self, hand: Hand) -> Tensor:
        return hand.press


class Folder(Temperament):
    """Never puts in a chip of its own accord."""

    def play(self, hand: Hand) -> Tensor:
        return hand.leave


class Tight(Temperament):
    """Presses with a king or a pair, and leaves all else: its bets say what it holds."""

    def play(self, hand: Hand) -> Tensor:
        return torch.where(hand.pair | (hand.rank == KING), hand.press, hand.leave)


class KuhnEquilibrium(Agent):
    """The Nash equilibria of Kuhn poker, one for each `alpha` from 0 to 1/3: how often seat 0 bluffs with a jack.

    Nobody wins more than 1/18 chip a game from it in seat 0, nor loses less than that to it in seat 1 (Kuhn 1950).
    """

    def __init__(self, game: GameSpec, alpha: float = 1 / 3) -> None:
        super().__init__(game)
        need(game.name == "kuhn_poker", game, agent="kuhn_equilibrium", needs="'kuhn_poker'")
        self.bets = equilibrium(number("alpha", alpha, low=0, high=1 / 3))

    def act(self, observation: Observation) -> Tensor:
        return draw(self.probabilities(observation), observation)

    def probabilities(self, observation: Observation) -> Tensor:
        hand = Hand.kuhn(observation)
        bets = torch.tensor(self.bets, device=hand.rank.device)  # (4, 3)
        bet = bets[2 * observation.seat + hand.owed, hand.rank]  # (R,)
        return torch.stack([1 - bet, bet], dim=1)


def equilibrium(alpha: float) -> tuple[tuple[float, float, float], ...]:
    """The probability to bet or call with a jack, queen and king, in each of four spots."""
    return (
        (alpha, 0.0, 3 * alpha),  # seat 0 opens
        (0.0, alpha + 1 / 3, 1.0),  # seat 0 has passed and faces a bet
        (1 / 3, 0.0, 1.0),  # seat 1 after a pass
        (0.0, 1 / 3, 1.0),  # seat 1 faces a bet
    )
