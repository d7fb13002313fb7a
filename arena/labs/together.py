"""Learners of their own at one board: plays matches to the end and tells each seat what it lived through.

The league's runner watches one learner at a time, since in a league only one learns from a match; in these labs all do.

Dimensions: B boards, P seats.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.trajectory import Trajectory
from games.chance import bits
from games.core import Game


def live(game: Game, agents: Sequence[Agent], *, boards: int, seed: int) -> list[Trajectory]:
    """One agent for each seat of a simultaneous game; the trajectory of each, matches 0..B-1."""
    assert game.spec.simultaneous
    seeds, rows = bits(torch.arange(boards), seed), torch.arange(boards)
    private = [bits(seeds, seat) for seat in range(len(agents))]
    for agent, own in zip(agents, private, strict=True):
        agent.reset(rows, own)
    state = game.reset(seeds)
    told: list[list[tuple[Observation, Tensor, Tensor]]] = [[] for _ in agents]
    while not bool(state.done.all()):
        actions = torch.zeros_like(state.to_act, dtype=torch.int64)  # (B, P)
        for seat, agent in enumerate(agents):
            place = torch.full_like(rows, seat)
            seen = Observation(
                features=game.observe(state, place),
                legal=state.legal[:, seat],
                seat=place,
                step=state.step,
                seed=private[seat],
                row=rows,
                member=torch.zeros_like(rows),
            )
            actions[:, seat] = agent.act(seen)
            told[seat].append((seen, actions[:, seat].clone(), state.returns))
        state = game.step(state, actions)
    assert bool((state.step == state.step[0]).all()), "boards that end apart"
    return [_by_match(ticks, state.returns) for ticks in told]


def _by_match(ticks: list[tuple[Observation, Tensor, Tensor]], returns: Tensor) -> Trajectory:
    order = torch.cat([seen.row for seen, _, _ in ticks]).argsort(stable=True)  # steps came in order

    def of(name: str) -> Tensor:
        return torch.cat([getattr(seen, name) for seen, _, _ in ticks])[order]

    return Trajectory(
        features=of("features"),
        legal=of("legal"),
        action=torch.cat([action for _, action, _ in ticks])[order],
        match=of("row"),
        seat=of("seat"),
        step=of("step"),
        earned=torch.cat([earned for _, _, earned in ticks])[order],
        returns=returns,
    )
