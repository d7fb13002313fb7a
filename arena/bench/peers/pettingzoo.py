"""PettingZoo: the loop of its documentation, one agent asked at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from arena.bench.lap import Unit
from arena.bench.peers import need

Choose = Callable[[Any, str, Any], int]  # from the environment, the agent and its observation


def moves(game: str) -> Unit:
    """Random legal moves."""
    return _games(game, lambda env, agent, seen: env.action_space(agent).sample(seen["action_mask"]))


def policies(sizes: tuple[int, ...] = (84, 128, 128, 7)) -> Unit:
    """Connect four between two MLPs in torch, with sampled legal moves: a batch of one row."""
    from agents.nets import MLP

    torch.set_num_threads(1)
    networks = {f"player_{seat}": MLP(sizes, seed=seat, gain=0.01) for seat in range(2)}
    chance = torch.Generator().manual_seed(1)

    @torch.no_grad()
    def choose(env: Any, agent: str, seen: Any) -> int:
        features = torch.as_tensor(seen["observation"], dtype=torch.float32).view(1, -1)
        legal = torch.as_tensor(seen["action_mask"], dtype=torch.bool)
        logits = networks[agent](features).masked_fill(~legal, -1e9)
        return int(torch.multinomial(logits.softmax(1), 1, generator=chance))

    return _games("connect_four_v3", choose)


def _games(game: str, choose: Choose) -> Unit:
    env = need(f"pettingzoo.classic.{game}").env()

    def play() -> dict[str, float]:
        env.reset(seed=1)
        made = 0
        for agent in env.agent_iter():
            seen, _, terminated, truncated, _ = env.last()
            over = terminated or truncated
            env.step(None if over else choose(env, agent, seen))
            made += not over
        return {"moves": made, "games": 1}

    return play
