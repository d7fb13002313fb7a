"""The uniform agent: legal, fair, and a function of each row's own seed."""

from __future__ import annotations

import torch
from torch import Tensor

from agents.core import Observation
from agents.registry import make_agent
from agents.scripted.uniform import Uniform, draw
from games.spec import GameSpec

GAME = GameSpec("any", 1, "competitive", 2, 4, (1,), 10, (-1.0, 1.0))


def rows(legal: Tensor, *, step: int = 0) -> Observation:
    """One row for each row of `legal`, seeded by its place."""
    place = torch.arange(len(legal))
    return Observation(
        features=torch.zeros(len(legal), 1),
        legal=legal,
        seat=torch.zeros_like(place),
        step=torch.full_like(place, step),
        seed=place + 1,
        row=place,
        member=torch.zeros_like(place),
    )


def test_it_is_found_by_name():
    assert isinstance(make_agent("uniform", GAME), Uniform)


def test_every_legal_action_is_as_likely_as_any_other():
    legal = torch.tensor([[True, False, True, True]]).expand(30_000, -1)
    counts = Uniform(GAME).act(rows(legal)).bincount(minlength=4)
    assert counts[1] == 0
    assert (counts[[0, 2, 3]] - 10_000).abs().max() < 400  # 5 standard deviations of a binomial(30000, 1/3)


def test_a_forced_move_is_played_wherever_it_stands():
    assert Uniform(GAME).act(rows(torch.eye(4, dtype=torch.bool))).tolist() == [0, 1, 2, 3]


def test_each_step_is_a_new_throw():
    legal = torch.ones(64, 4, dtype=torch.bool)
    agent = Uniform(GAME)
    assert not torch.equal(agent.act(rows(legal, step=0)), agent.act(rows(legal, step=1)))
    assert torch.equal(agent.act(rows(legal, step=1)), agent.act(rows(legal, step=1)))


def test_a_draw_follows_its_weights():
    weights = torch.tensor([[0.0, 1.0, 3.0, 0.0]]).expand(10_000, -1)
    counts = draw(weights, rows(weights > 0)).bincount(minlength=4)
    assert counts[0] == counts[3] == 0
    assert abs(int(counts[2]) - 7_500) < 220  # 5 standard deviations
