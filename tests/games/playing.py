"""What the games' tests share: playing given moves, playing at random, and playing beside OpenSpiel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyspiel
import torch
from torch import Tensor

from games.chance import uniform
from games.core import Game, State
from games.registry import GAMES

OUTSIDE = ("chess", "openspiel", "pettingzoo")  # what others' games are made of; they have tests of their own
PLAIN = [name for name in GAMES.names() if name not in ("matrix", *OUTSIDE)]  # games that need no arguments


def play_moves(game: Game, moves: Sequence[int], *, seed: int = 0) -> Any:
    """One board of a game of turns, after these moves."""
    state = game.reset(torch.tensor([seed]))
    for move in moves:
        state = game.step(state, torch.full((1, game.spec.seats), move))
    return state


def at_random(state: State, *, salt: int = 0) -> Tensor:
    """A legal action for each seat, (B, P); 0 where nothing is legal."""
    slots = torch.arange(state.legal[0].numel()).view(state.legal.shape[1:])
    luck = uniform(state.seed[:, None, None] ^ salt, state.step[:, None, None], slots)
    return torch.where(state.legal, luck, 0.0).argmax(2)


def beside_openspiel(
    game: Game, name: str, *, boards: int, deal: Callable[[Any, int], list[int]] | None = None, views: bool = False
) -> None:
    """Random games of turns, each beside OpenSpiel's: the same seat acts, on the same legal actions, for the same returns.

    `deal(state, board)` reads the cards in the order in which OpenSpiel deals them; `views` compares what seats see too.
    """
    state: Any = game.reset(torch.arange(boards))
    rules = pyspiel.load_game(name)
    theirs = [rules.new_initial_state() for _ in range(boards)]
    decks = [deal(state, board) if deal else [] for board in range(boards)]
    while True:
        for board, other in enumerate(theirs):
            while other.is_chance_node():
                other.apply_action(decks[board].pop(0))
        assert state.done.tolist() == [other.is_terminal() for other in theirs]
        if state.done.all():
            break
        actions, seats, legal = at_random(state), state.to_act.long().argmax(1), state.legal.any(1)
        seen = game.observe(state, seats).flatten(1).tolist() if views else []
        for board, other in enumerate(theirs):
            if other.is_terminal():
                continue
            assert other.current_player() == seats[board]
            assert other.legal_actions() == legal[board].nonzero().flatten().tolist()
            if views:
                assert other.information_state_tensor() == seen[board]
            other.apply_action(int(actions[board, seats[board]]))
        state = game.step(state, actions)
    assert state.returns.tolist() == [other.returns() for other in theirs]


def lines_of_play(game: Game, depth: int) -> list[int]:
    """How many sequences of moves there are of each length up to `depth`, by playing all of them side by side."""
    state, counts = game.reset(torch.zeros(1, dtype=torch.int64)), []
    for _ in range(depth):
        boards, moves = state.legal.any(1).nonzero(as_tuple=True)  # one board for each way to go on
        counts.append(len(boards))
        state = game.step(state.take(boards), moves[:, None].expand(-1, game.spec.seats))
    return counts
