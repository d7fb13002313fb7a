"""Random legal steps, without agents: what the rules themselves cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

import torch
from torch import Tensor

from arena.bench.lap import Unit
from arena.bench.measure import OURS, Bench, Figure, compared
from games.core import Game, GameSpec, State
from games.registry import GAMES

BOARDS = (1024, 4096, 16384)
PLAYED = {
    "connect_four": {
        "Pgx": "pgx_moves('connect_four')",
        "OpenSpiel": "openspiel_moves('connect_four')",
        "OpenSpiel bots": "openspiel_bots('connect_four')",
        "PettingZoo": "pettingzoo_moves('connect_four_v3')",
    },
    "tic_tac_toe": {
        "Pgx": "pgx_moves('tic_tac_toe')",
        "OpenSpiel": "openspiel_moves('tic_tac_toe')",
        "PettingZoo": "pettingzoo_moves('tictactoe_v3')",
    },
    "kuhn_poker": {"Pgx": "pgx_moves('kuhn_poker')", "OpenSpiel": "openspiel_moves('kuhn_poker')"},
    "leduc_poker": {"Pgx": "pgx_moves('leduc_holdem')", "OpenSpiel": "openspiel_moves('leduc_poker')"},
    "prisoners_dilemma": {},
    "rock_paper_scissors": {},
}


def raw(bench: Bench, games: Sequence[str] = tuple(PLAYED), boards: Sequence[int] = BOARDS) -> Iterator[Figure]:
    """Every game at its best number of boards."""
    for name in games:
        game = GAMES.make(name)
        units = {str(count): random_moves(game, 64 if bench.quick else count) for count in boards}
        best = bench.fastest(units, "moves")
        found = bench.race({OURS: units[best]}, PLAYED.get(name))
        aims = {"Pgx": "8 x (at least 4 x)"} if name == "connect_four" else {}
        yield from compared(f"{name}, {best} boards", "moves/s", found, aims=aims)


def random_moves(game: Game, boards: int) -> Unit:
    """Games on so many boards at once, from the first move to the last. Boards that are over leave, but not one by one:
    while most of a batch still plays, making it smaller costs more than it saves."""
    seeds = torch.arange(boards)
    chance = torch.Generator().manual_seed(1)

    def play() -> dict[str, float]:
        state, made = game.reset(seeds), 0
        while True:
            made += int(state.to_act.sum())
            state = game.step(state, random_actions(state, game.spec, chance))
            over = int(state.done.sum())
            if over == len(state):
                return {"moves": made, "games": boards}
            if 4 * over > len(state):
                state = state.take(~state.done)

    return play


def random_actions(state: State, game: GameSpec, chance: torch.Generator) -> Tensor:
    """(B, P): a random legal action for each seat; where one seat acts at a time, a draw for one serves all.

    Every action gets a random byte, eight of them from one draw, and the highest of the legal ones is played. That two
    are equal, and the first is preferred, is rare enough for a benchmark; the rules are to be timed, not the dice.
    """
    legal = state.legal if game.simultaneous else reduce(or_, state.legal.unbind(1)).unsqueeze(1)  # (B, P or 1, A)
    draws = torch.empty(*legal.shape[:2], -(-game.actions // 8), dtype=torch.int64).random_(
        -(2**63), None, generator=chance
    )
    lots = draws.view(torch.uint8)[..., : game.actions] | 1  # above that of an illegal action
    return lots.mul_(legal).argmax(2).expand(-1, game.seats)
