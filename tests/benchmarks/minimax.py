"""How long a batch waits for foresight: minimax on 64 boards of connect four, each some moves into a game of its own.

Run by hand: `make bench`. Prints seconds a batch; nothing here is asserted, machines are noisy.
"""

from __future__ import annotations

import statistics
import time

import torch

from agents.core import Agent, Observation
from agents.registry import make_agent
from agents.rehearsal import rehearse
from games.connect_four import ConnectFour

BOARDS, RUNS = 64, 3
DEPTHS = (2, 4, 6)
PLAYED = 6  # moves: the opening is over, and nearly every column open


def main() -> None:
    torch.set_num_threads(1)
    game = ConnectFour()
    seen = rehearse(game, make_agent("uniform", game.spec), boards=BOARDS, everywhere=True).turns[PLAYED].seen
    for depth in DEPTHS:
        times = [seconds(make_agent(f"minimax(depth={depth})", game.spec), seen) for _ in range(RUNS)]
        print(f"minimax(depth={depth}) {len(seen):3} boards {statistics.median(times):8.3f} s")


def seconds(agent: Agent, seen: Observation) -> float:
    """Of one answer to all boards, by an agent that has seen none of them."""
    began = time.perf_counter()
    agent.act(seen)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
