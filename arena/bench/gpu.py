"""Games, networks and learning on a GPU. By the wall's clock, since most of the work is not this process's."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from arena.bench.measure import OURS, Bench, Figure, compared
from arena.bench.neural import LIMIT, forwards, matches_between
from arena.bench.raw import random_moves
from arena.bench.training import phase
from games.registry import GAMES


def gpu(
    bench: Bench, device: str = "cuda", boards: int = 65536, steps: int = 1_000_000, pool: int = 20
) -> Iterator[Figure]:
    """Connect Four: random moves, matches of one pairing and of 32 checkpoints, and PPO's self-play."""
    if device.startswith("cuda") and not torch.cuda.is_available():
        bench.absent["gpu"] = "torch finds no CUDA device: run it on a machine with a GPU and a torch made for it"
        return
    if bench.quick:
        boards, steps, pool = 8, 1, 2
    game = GAMES.make("connect_four")
    sizes = {f"random moves, {count:,} boards": count for count in (boards, 16 * boards)}
    for what, count in sizes.items():
        yield from compared(what, "moves/s", bench.race({OURS: random_moves(game, count, device=device)}), clock="wall")
    for members in (2, 32):
        units = {OURS: matches_between(game, members, boards, device=device), LIMIT: forwards(boards, device=device)}
        what = f"{boards:,} matches of {members} checkpoints"
        yield from compared(what, "moves/s", bench.race(units), clock="wall")
    for count in (boards // 16 or 4, boards):
        found = bench.race({OURS: phase(steps, pool, count, device=device)})
        yield from compared(f"ppo, pool of {pool}, {count:,} boards", "decisions/s", found, clock="wall")
