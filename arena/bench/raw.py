"""Random legal steps, without agents: what the rules themselves cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

import torch
from torch import Tensor

from arena.bench.lap import Unit
from arena.bench.measure import OURS, Bench, Figure, compared
from games.core import Game, GameSpec, State, constant, is_far
from games.registry import GAMES

BOARDS = (1024, 4096, 16384, 65536)
TICKS = 64  # in a piece of work
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


def random_moves(game: Game, boards: int, *, device: str = "cpu") -> Unit:
    """So many boards at once; where a game is over the next one begins at once, so that no board ever waits."""
    begin = torch.arange(boards, device=device)
    state, begun, unseen = game.reset(begin), boards, is_far(begin.device)
    chance = torch.Generator(device).manual_seed(1)
    acting = boards * (game.spec.seats if game.spec.simultaneous else 1)

    def play() -> dict[str, float]:
        nonlocal state, begun
        games = begin.new_zeros(())
        for _ in range(TICKS):
            state = game.step(state, random_actions(state, game.spec, chance))
            if unseen:  # to make them all anew is quicker than to ask which
                games, state = games + state.done.sum(), game.reset(begin + begun).where(state.done, state)
                begun += boards
                continue
            over = state.done.nonzero().squeeze(1)
            if len(over):
                state = state.put(over, game.reset(torch.arange(begun, begun + len(over))))
                begun, games = begun + len(over), games + len(over)
        return {"moves": acting * TICKS, "games": int(games)}

    return play


def random_actions(state: State, game: GameSpec, chance: torch.Generator) -> Tensor:
    """(B, P): a random legal action for each seat; where one seat acts at a time, a draw for one serves all.

    Every action gets a random number, its own index in the lowest bits, and the highest of the legal ones is played. That
    two are alike, and the later is preferred, is rare enough for a benchmark; the rules are to be timed, not the dice.
    """
    legal = state.legal.movedim(0, -1)  # (P, A, B)
    if not game.simultaneous:
        legal = reduce(or_, legal.unbind(0)).unsqueeze(0)  # (1, A, B)
    index = (1 << (game.actions - 1).bit_length()) - 1  # the bits in which an action's index fits
    kind, width = (torch.uint8, 8) if index < 8 else (torch.int16, 4)  # numbers of 8 or 16 bits, so many to a draw
    draws = torch.empty(-(-legal.numel() // width), dtype=torch.int64, device=legal.device)
    draws.random_(-(2**63), None, generator=chance)
    lots = draws.view(kind)[: legal.numel()].view(legal.shape) & (torch.iinfo(kind).max - index)
    lots |= constant(tuple(range(game.actions)), legal.device, dtype=kind)[:, None]
    chosen = lots.mul_(legal).amax(1) & index  # (P or 1, B)
    return chosen.long().expand(game.seats, -1).T
