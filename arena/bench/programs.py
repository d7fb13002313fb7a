"""Programs as agents: what a move costs beside the program's own thoughts, and what starting and ending one costs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from agents.process import Process
from agents.program import jail
from agents.registry import make_agent
from agents.rehearsal import rehearse
from arena.bench.lap import Unit
from arena.bench.measure import OURS, Bench, Figure
from games.registry import GAMES

_RESPONDER = Path(__file__).with_name("responder.py")


def programs(bench: Bench, boards: int = 256) -> Iterator[Figure]:
    """Moves of Connect Four by a program that answers at once: one at a time, and many boards together."""
    game = GAMES.make("connect_four")
    shown = rehearse(game, make_agent("uniform", game.spec), boards=2 * boards).turns[0].seen  # each other board is its
    asked = {1: 100, boards: 1} if not bench.quick else {1: 2, boards: 1}
    trusted = jail.best() is None

    def agent() -> Process:
        return Process(game.spec, f"{sys.executable} -I -S {_RESPONDER}", move_time=60.0, trusted=trusted)

    def moves(size: int, times: int) -> Unit:
        seen = shown.take(torch.arange(size))

        def ask() -> dict[str, float]:
            for _ in range(times):
                answering.act(seen)
            return {"moves": times * size}

        return ask

    def life() -> dict[str, float]:
        born = agent()
        born.act(shown.take(torch.arange(1)))
        born.close()
        return {}

    answering = agent()
    try:
        found = bench.race({str(size): moves(size, times) for size, times in asked.items()} | {OURS: life})
    finally:
        answering.close()
    for size in asked:
        each = found[str(size)].rate("moves").inverse(1e6)
        aim = "100 us" if size == 1 else ""
        what = f"a move, {size} board{'s' * (size > 1)} at once"
        yield Figure(what, "us", each, "wall", aim=aim)
        yield Figure(f"{what}: of our process", "us", each, "cpu")
    yield Figure(f"start, one move and end, jail: {answering.jail}", "s", found[OURS].seconds(), "wall")
