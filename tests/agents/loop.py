"""The smallest self-play loop: a game, an agent for each seat, B boards; answers returns and what was seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.trajectory import Trajectory
from games.chance import bits
from games.core import Game


class Uniform(Agent):
    """Any legal action, by the row's own seed; so that these tests need no other file's agent."""

    def act(self, observation: Observation) -> Tensor:
        from agents.nets import sample

        return sample(observation.legal.float(), observation.legal, seed=observation.seed, step=observation.step)


class Always(Agent):
    """One action for ever."""

    def __init__(self, game, action: int) -> None:
        super().__init__(game)
        self.action = action

    def act(self, observation: Observation) -> Tensor:
        return torch.full_like(observation.row, self.action)


def play(
    game: Game, agents: Sequence[Agent], *, boards: int, seed: int = 0, watch: Collection[int] = ()
) -> tuple[Tensor, Trajectory | None]:
    """Plays `boards` matches to the end: returns (B, P), and the decisions of the seats in `watch`, if any."""
    seeds = bits(torch.arange(boards), seed + 1)
    state = game.reset(seeds)
    for seat, agent in enumerate(agents):
        agent.reset(torch.arange(boards) * game.spec.seats + seat, bits(seeds, seat))
    seen: list[dict[str, Tensor]] = []
    while not state.done.all():
        actions = torch.zeros(boards, game.spec.seats, dtype=torch.int64)
        for seat, agent in enumerate(agents):
            here = state.to_act[:, seat].nonzero().squeeze(1)
            if not len(here):
                continue
            part = state.take(here)
            place = torch.full_like(here, seat)
            observation = Observation(
                features=game.observe(part, place),
                legal=part.legal[:, seat],
                seat=place,
                step=part.step,
                seed=bits(part.seed, seat),
                row=here * game.spec.seats + seat,
                member=torch.zeros_like(here),
            )
            action = agent.act(observation)
            actions[here, seat] = action
            if seat in watch:
                seen.append(
                    {
                        "features": observation.features,
                        "legal": observation.legal,
                        "action": action,
                        "match": here,
                        "seat": place,
                        "step": part.step,
                        "earned": part.returns,
                    }
                )
        state = game.step(state, actions)
    return state.returns, _sorted(seen, state.returns) if watch else None


def _sorted(seen: list[dict[str, Tensor]], returns: Tensor) -> Trajectory:
    joined = {name: torch.cat([part[name] for part in seen]) for name in seen[0]}
    order = joined["match"].argsort(stable=True)  # by match; steps and seats came in order
    return Trajectory(**{name: values[order] for name, values in joined.items()}, returns=returns)
