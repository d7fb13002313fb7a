"""Two-seat poker: the deal is a function of the board's seed, and the betting a tree that is written out once.

A line of betting is one number, so a step is a few look-ups. A game gives its deck, its rules of betting as
`follow(line, action) -> Line` and the strength of its hands, and says what a seat sees.

Dimensions, besides the usual: N lines of betting (0 the opening), C cards dealt, F numbers that tell a line to a seat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations
from typing import NamedTuple

import torch
from torch import Tensor

from games.chance import permutation
from games.core import Game, State, constant
from games.svg import CARD, GRID, INK, SEATS, box, picture, words


@dataclass(frozen=True)
class Line:
    """How the betting stands: what is paid, what was done, and who may go on how."""

    paid: tuple[int, int]  # into the pot, by each seat
    rounds: tuple[tuple[int, ...], ...]  # the actions, one betting round after the other
    to_act: int
    legal: tuple[bool, ...]  # for each action; all false when the betting is over
    folded: bool = False  # over because the seat `to_act` gave in


class Tables(NamedTuple):
    """A tree of betting as tensors on one device."""

    after: Tensor  # (N * A,) int64: the line that an action leads to
    to_act: Tensor  # (N, P) bool
    legal: Tensor  # (N, P, A) bool
    over: Tensor  # (N,) bool
    later: Tensor  # (N,) bool: past the first betting round
    swing: Tensor  # (N, 2) float32: what a fold has brought seat 0, and what the better hand wins
    told: Tensor  # (N, F) float32: the actions so far, one-hot


class Betting:
    """Every line of betting that `follow` allows from the opening, each with its number.

    A line is told to a seat as `depth` places for each of `rounds` betting rounds, and in each place a one-hot of the two
    last actions (the passive one and the aggressive one): a fold before them ends the game and is never seen.
    """

    def __init__(self, opening: Line, follow: Callable[[Line, int], Line], *, rounds: int, depth: int) -> None:
        self.lines, self.after = [opening], list[list[int]]()
        for line in self.lines:  # grows as it is walked
            self.after.append([0] * len(opening.legal))
            for action in (action for action, may in enumerate(line.legal) if may):
                self.after[-1][action] = len(self.lines)
                self.lines.append(follow(line, action))
        self._rounds, self._depth = rounds, depth
        self.tables = cache(self._tables)

    def _tables(self, device: torch.device) -> Tables:
        to_act = torch.tensor([[any(line.legal) and line.to_act == seat for seat in (0, 1)] for line in self.lines])
        legal = torch.tensor([line.legal for line in self.lines])
        tables = Tables(
            after=torch.tensor(self.after).flatten(),
            to_act=to_act,
            legal=to_act[:, :, None] & legal[:, None, :],
            over=~to_act.any(1),
            later=torch.tensor([len(line.rounds) > 1 for line in self.lines]),
            swing=torch.tensor([_swing(line) for line in self.lines]),
            told=torch.tensor([self._told(line) for line in self.lines]),
        )
        return Tables(*(table.to(device) for table in tables))

    def _told(self, line: Line) -> list[float]:
        told = torch.zeros(self._rounds, self._depth, len(line.legal))
        for nth, actions in enumerate(line.rounds):
            for place, action in enumerate(actions):
                told[nth, place, action] = 1.0
        return told[:, :, -2:].flatten().tolist()


def pay(line: Line, chips: int) -> tuple[int, int]:
    """What both seats have paid once the one to act has put `chips` more into the pot."""
    first, second = line.paid
    return (first + chips, second) if line.to_act == 0 else (first, second + chips)


def one_hot(index: Tensor, size: int) -> Tensor:
    """(B, size) float32: 1 at each index (B,)."""
    rows = tuple(tuple(row == place for place in range(size)) for row in range(size))
    return constant(rows, index.device, dtype=torch.float32).index_select(0, index)


def _swing(line: Line) -> tuple[float, float]:
    if any(line.legal):
        return 0.0, 0.0
    if line.folded:
        return float(-line.paid[0] if line.to_act == 0 else line.paid[1]), 0.0
    return 0.0, float(line.paid[0])


@dataclass(frozen=True, kw_only=True)
class PokerState(State):
    cards: Tensor  # (B, C) int64: seat 0's card, seat 1's, then what is dealt to the table
    line: Tensor  # (B,) int64: how the betting stands


class Poker(Game):
    """What two-seat poker games share. Subclasses set the fields below and write `strength` and `observe`."""

    betting: Betting
    deck: int  # cards
    dealt: int  # C
    ranks: str  # the letter of each rank, the lowest first
    suits: int  # cards of each rank; card // suits is its rank
    words: tuple[str, ...]  # the name of each action

    def strength(self, cards: Tensor) -> Tensor:
        """How good each seat's hand is by the cards (B, C): (B, P), the higher wins."""
        raise NotImplementedError

    def initial(self, seeds: Tensor) -> PokerState:
        opening = self.opening(seeds)
        opening["legal"] = self.betting.tables(seeds.device).legal[:1].expand(len(seeds), -1, -1)
        return PokerState(cards=permutation(seeds, 0, self.deck)[:, : self.dealt], line=torch.zeros_like(seeds), **opening)

    def openings(self) -> tuple[PokerState, Tensor]:
        """The deals that differ in more than suits."""
        deals = list(permutations(range(self.deck), self.dealt))
        ranks = [tuple(card // self.suits for card in deal) for deal in deals]
        counts = Counter(ranks)
        cards = torch.tensor(list(dict(zip(ranks, deals, strict=True)).values()))  # (B, C): one deal of each kind
        fresh = self.initial(torch.zeros(len(cards), dtype=torch.int64))
        return replace(fresh, cards=cards), torch.tensor(list(counts.values()), dtype=torch.float64) / len(deals)

    def transition(self, state: PokerState, actions: Tensor) -> PokerState:
        tables = self.betting.tables(actions.device)
        leads = state.line * self.spec.actions + actions.sum(1)  # (B,): the seat that waits says 0
        line = tables.after.index_select(0, leads)  # (B,)
        strength = self.strength(state.cards)  # (B, P)
        folds, stake = tables.swing.index_select(0, line).unbind(1)  # (B,), (B,)
        gain = folds + stake * (strength[:, 0] - strength[:, 1]).sign()  # (B,): seat 0's
        return replace(
            state,
            line=line,
            to_act=tables.to_act.index_select(0, line),
            legal=tables.legal.index_select(0, line),
            rewards=gain[:, None] * constant((1, -1), gain.device),
            done=tables.over.index_select(0, line),
        )

    def notation(self, action: int) -> str:
        return self.words[action]

    def render(self, state: PokerState, board: int = 0) -> str:
        line, (first, second, *table) = self._shown(state, board)
        return "\n".join(
            [
                f"seat 0: {first}, {line.paid[0]} in the pot",
                f"seat 1: {second}, {line.paid[1]} in the pot",
                *(f"table: {card}" for card in table),
                f"betting: {self._said(line)}",
            ]
        )

    def render_svg(self, state: PokerState, board: int = 0) -> str:
        line, cards = self._shown(state, board)
        places = [(20.0, SEATS[0]), (220.0, SEATS[1]), (120.0, INK)]
        faces = [
            box(x, 20, 60, 90, fill=CARD, edge=GRID, round_=8) + words(x + 30, 65, card, size=36, colour=colour)
            for (x, colour), card in zip(places, cards, strict=False)
        ]
        pot = [words(x + 30, 128, f"{paid} in the pot", size=13) for (x, _), paid in zip(places, line.paid, strict=False)]
        return picture(300, 175, *faces, *pot, words(150, 156, self._said(line), size=14), title=self.spec.name)

    def _shown(self, state: PokerState, board: int) -> tuple[Line, list[str]]:
        """The line, and the cards that lie face up for a spectator: both hands, and the table once it is dealt."""
        line = self.betting.lines[int(state.line[board])]
        cards = [self.ranks[card // self.suits] for card in state.cards[board].tolist()]
        return line, cards if len(line.rounds) > 1 else cards[:2]

    def _said(self, line: Line) -> str:
        return (
            " | ".join(" ".join(self.words[action] for action in actions) for actions in line.rounds).strip() or "none yet"
        )
