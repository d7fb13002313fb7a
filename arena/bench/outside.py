"""Games from outside: what it costs to play them as games of ours, beside the loop of their own documentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arena.bench.measure import OURS, Bench, Figure, compared
from arena.bench.raw import random_moves
from games.errors import MissingExtra
from games.registry import GAMES

PLAYED = {
    'openspiel("connect_four")': {"OpenSpiel": "openspiel_moves('connect_four')"},
    'openspiel("kuhn_poker")': {"OpenSpiel": "openspiel_moves('kuhn_poker')"},
    'openspiel("leduc_poker")': {"OpenSpiel": "openspiel_moves('leduc_poker')"},
    "chess": {"OpenSpiel": "openspiel_moves('chess')"},
    'pettingzoo("pettingzoo.classic:connect_four_v3")': {"PettingZoo": "pettingzoo_moves('connect_four_v3')"},
    'pettingzoo("pettingzoo.classic:tictactoe_v3")': {"PettingZoo": "pettingzoo_moves('tictactoe_v3')"},
}


def outside(bench: Bench, games: Sequence[str] = tuple(PLAYED), boards: int = 256) -> Iterator[Figure]:
    """Random legal moves. The peers see nothing and keep nothing; ours keep what a replay needs, and what is legal."""
    for name in games:
        try:
            game = GAMES.make(name)
        except MissingExtra as absence:
            bench.absent[name] = f"{absence.cause}: {absence.hint}"
            continue
        found = bench.race({OURS: random_moves(game, 4 if bench.quick else boards)}, PLAYED.get(name))
        yield from compared(f"{name}, {boards} boards", "moves/s", found)
