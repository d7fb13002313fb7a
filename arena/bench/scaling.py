"""How cost grows: with boards, with checkpoints, with matches."""

from __future__ import annotations

from collections.abc import Iterator

from arena.bench.measure import Bench, Figure
from arena.bench.neural import matches_between
from arena.bench.raw import random_moves
from arena.bench.storing import leaderboard
from games.registry import GAMES


def scaling(bench: Bench) -> Iterator[Figure]:
    """What one move of Connect Four costs by boards and by checkpoints, and a leaderboard by matches."""
    game = GAMES.make("connect_four")
    boards = (4, 8) if bench.quick else (64, 256, 1024, 4096, 16384, 65536)
    raw = {f"random moves, {count:,} boards": random_moves(game, count) for count in boards}
    chunks = (4, 8) if bench.quick else (64, 256, 1024, 4096)
    paired = {f"one pairing, {count:,} matches": matches_between(game, 2, count) for count in chunks}
    members = (2, 3) if bench.quick else (2, 8, 32, 128)
    size = 8 if bench.quick else 1024
    pools = {f"{size:,} matches of {count} checkpoints": matches_between(game, count, size) for count in members}
    for units in (raw, paired, pools):
        for what, laps in bench.race(units).items():
            yield Figure(what, "ns a move", laps.rate("moves").inverse(1e9))
    for count in () if bench.quick else (1_000, 10_000, 100_000):
        yield from (one for one in leaderboard(bench, matches=count) if "leaderboard," in one.what)
