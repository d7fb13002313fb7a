"""Policies that were learned elsewhere: played as they are, each row by the member that it names."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from agents.core import Observation
from agents.errors import BadWeights
from agents.registry import make_agent
from agents.torch_policy import Network, TorchPolicy
from games.errors import BadSpec
from games.registry import GAMES

GAME = GAMES.make("tic_tac_toe").spec


def rows(count: int, *, members: int = 1) -> Observation:
    order = torch.arange(count)
    legal = (order[:, None] + torch.arange(9)) % 3 > 0
    return Observation(torch.rand(count, 2, 3, 3), legal, order % 2, order, order * 7, order, order % members)


def filled(like: dict[str, Tensor], seed: int) -> dict[str, Tensor]:
    chance = torch.Generator().manual_seed(seed)
    return {name: torch.randn(tensor.shape, generator=chance) for name, tensor in like.items()}


def network(**how: Any) -> Network:
    made = make_agent("network((18, 6, 9))" if not how.get("show_seat") else "network((20, 6, 9), show_seat=True)", GAME)
    assert isinstance(made, Network)
    made.greedy = how.get("greedy", False)
    return made


def test_each_row_is_answered_by_its_member() -> None:
    template, seen = network(), rows(60, members=3)
    policies = [filled(template.policy(), seed) for seed in range(3)]
    chances = template.frozen(policies).probabilities(seen)
    for member, policy in enumerate(policies):
        own, alone = seen.member == member, network()
        alone.load_policy(policy)
        logits = alone.module(seen.features.flatten(1)[own]).masked_fill(~seen.legal[own], -torch.inf)
        assert torch.allclose(chances[own], logits.double().softmax(1), atol=1e-6)


def test_chance_is_the_rows_own() -> None:
    agent, seen = network().frozen([network().policy()]), rows(40)
    answers = agent.act(seen)
    turned = torch.arange(40).flip(0)
    assert torch.equal(agent.act(seen.take(turned)), answers[turned])
    assert seen.legal[torch.arange(40), answers].all()
    assert len(set(answers.tolist())) > 3


def test_the_likeliest_is_played_where_that_is_asked() -> None:
    template, seen = network(greedy=True), rows(40)
    agent = template.frozen([template.policy()])
    best = template.module(seen.features.flatten(1)).masked_fill(~seen.legal, -torch.inf).argmax(1)
    assert torch.equal(agent.act(seen), best)
    assert torch.equal(agent.probabilities(seen).argmax(1), best)


def test_the_seat_is_shown_only_where_that_is_asked() -> None:
    template, seen = network(show_seat=True), rows(40)
    logits = template.module(torch.cat([seen.features.flatten(1), torch.eye(2)[seen.seat]], 1))
    expected = logits.masked_fill(~seen.legal, -torch.inf).double().softmax(1)
    assert torch.allclose(template.frozen([template.policy()]).probabilities(seen), expected, atol=1e-6)


def test_frozen_is_frozen() -> None:
    template, seen = network(), rows(10)
    agent = template.frozen([template.policy()])
    before = agent.probabilities(seen)
    template.load_policy(filled(template.policy(), 1))
    assert torch.equal(agent.probabilities(seen), before)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("network((18,))", "two widths or more"),
        ("network((18, 8, 9), 'swish')", "activation must be one of"),
        ("network((20, 9))", "cannot answer observations"),
        ("network((18, 8))", r"must answer logits \(2, 9\) for 2 rows, got \(2, 8\)"),
        ("network((18, 9), greedy='no')", "greedy must be True or False"),
        ("module('Net')", "must name a module"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(spec: str, says: str) -> None:
    with pytest.raises(BadSpec, match=says):
        make_agent(spec, GAME)


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(BadWeights, match="another shape"):
        network().load_policy({name: tensor[..., :1] for name, tensor in network().policy().items()})
    with pytest.raises(BadWeights, match="lack tensor"):
        network().frozen([{}])


def test_layers_that_behave_otherwise_in_training_are_at_rest() -> None:
    policy = TorchPolicy(GAME, nn.Sequential(nn.Linear(18, 9), nn.Dropout(0.9)))
    seen = torch.rand(4, 18)
    assert torch.equal(policy.module(seen), policy.module(seen))


def test_a_taste_for_double_precision_elsewhere_does_not_reach_it() -> None:
    torch.set_default_dtype(torch.float64)
    try:
        made = network()
        assert {tensor.dtype for tensor in made.policy().values()} == {torch.float32}
    finally:
        torch.set_default_dtype(torch.float32)
