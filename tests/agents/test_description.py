"""Policies in words: what a description makes answers as the policy does, or there is none."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from agents.core import Agent, FunctionAgent, Observation, Policy
from agents.description import described, named
from agents.errors import BadWeights
from agents.registry import make_agent
from agents.torch_policy import ACTIVATIONS, TorchPolicy
from games.errors import BadSpec
from games.registry import GAMES
from tests.plugins import my_bots

GAME = GAMES.make("tic_tac_toe").spec
INPUTS, ACTIONS = 18, 9


class Residual(nn.Module):
    """A network that is more than layers that follow each other."""

    def __init__(self, width: int = 8, squash: str = "tanh") -> None:
        super().__init__()
        self.into, self.out, self.squash = nn.Linear(INPUTS, width), nn.Linear(width, ACTIONS), getattr(torch, squash)

    def forward(self, seen: Tensor) -> Tensor:
        hidden = self.into(seen)
        logits: Tensor = self.out(hidden + self.squash(hidden))
        return logits


class Dropped(Residual):
    def forward(self, seen: Tensor) -> Tensor:
        return nn.functional.dropout(super().forward(seen), training=self.training)


class Counting(nn.Module):
    """It takes small whole numbers and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.of = nn.Embedding(2, ACTIONS)

    def forward(self, seen: Tensor) -> Tensor:
        logits: Tensor = self.of(seen.long()).sum(1)
        return logits


class Doubled(nn.Sequential):
    """A chain of layers, and something of its own."""

    def forward(self, seen: Tensor) -> Tensor:
        logits: Tensor = super().forward(1 - seen)
        return logits


class Whimsical(nn.Linear):
    def forward(self, seen: Tensor) -> Tensor:
        return super().forward(seen).flip(1)


def chain(between: nn.Module, *, bias: bool = True) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(INPUTS, 16, bias=bias), between, nn.Linear(16, ACTIONS))


def again(policy: nn.Module, make: str | None = None) -> tuple[str, TorchPolicy]:
    """The spec of a policy, and what it makes with the weights beside it."""
    spec, weights = described(policy, GAME, make=make, greedy=False, show_seat=False)
    made = make_agent(spec, GAME)
    assert isinstance(made, TorchPolicy)
    made.load_policy(weights)
    return spec, made


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_layers_that_follow_each_other_say_all(activation: str) -> None:
    policy = chain(ACTIVATIONS[activation]())
    spec, made = again(policy)
    assert spec == f"network([18, 16, 9], activation={activation!r})"
    seen = torch.rand(5, INPUTS)
    assert torch.equal(made.module(seen), policy(seen))


def test_a_layer_without_bias_is_one_whose_bias_is_nothing() -> None:
    policy = chain(nn.ReLU(), bias=False)
    seen = torch.rand(5, INPUTS)
    assert torch.allclose(again(policy)[1].module(seen), policy(seen))


@pytest.mark.parametrize("precise", [torch.float64, torch.bfloat16])
def test_a_policy_of_another_precision_is_stored_in_single(precise: torch.dtype) -> None:
    policy = chain(nn.Tanh()).to(precise)
    made = again(policy)[1]
    assert {one.dtype for one in made.policy().values()} == {torch.float32}
    assert {one.dtype for one in policy.parameters()} == {precise}


@pytest.mark.parametrize(
    "policy",
    [
        chain(nn.GELU(approximate="tanh")),
        chain(nn.ELU(alpha=1.5)),
        nn.Sequential(nn.Linear(INPUTS, 8), nn.ReLU(), Whimsical(8, ACTIONS)),
        nn.Sequential(nn.Flatten(0), nn.Linear(INPUTS, ACTIONS)),
    ],
    ids=["another gelu", "another elu", "a layer of its own", "rows as one"],
)
def test_layers_that_do_not_say_all_are_no_description(policy: nn.Module) -> None:
    with pytest.raises(BadSpec) as refused:
        described(policy, GAME, make=None, greedy=False, show_seat=False)
    assert "answer" in refused.value.args[0]


@pytest.mark.parametrize("policy", [Doubled(nn.Linear(INPUTS, ACTIONS)), Residual(), nn.ReLU(), nn.Sequential()])
def test_what_is_no_chain_of_layers_is_none(policy: nn.Module) -> None:
    with pytest.raises(BadSpec, match=r"layers alone|cannot be made"):
        described(policy, GAME, make=None, greedy=False, show_seat=False)


def test_what_makes_a_policy_again_must_answer_as_it_does() -> None:
    make = "tests.agents.test_description:Residual(width=4)"
    spec, _ = again(Residual(4), make)
    assert spec == f"module({make!r})"
    with pytest.raises(BadSpec, match="answers otherwise than the policy itself"):
        again(Residual(4, squash="relu"), make)
    with pytest.raises(BadWeights, match="another shape"):
        again(Residual(5), make)


def test_it_is_compared_as_it_plays_and_left_as_it_was() -> None:
    policy = Dropped()
    policy.into.eval()
    again(policy, "tests.agents.test_description:Dropped")
    assert policy.training
    assert not policy.into.training
    assert policy.out.training


def test_a_policy_is_asked_nothing_that_it_cannot_be_shown() -> None:
    again(Counting(), "tests.agents.test_description:Counting")


@pytest.mark.parametrize("layers", [[], [32], [32, 16]])
def test_an_actor_of_stable_baselines_is_a_chain_of_layers(layers: list[int]) -> None:
    policies = pytest.importorskip("sb3_contrib.common.maskable.policies")
    from gymnasium import spaces

    actor = policies.MaskableActorCriticPolicy(
        spaces.Box(-1, 1, (INPUTS,)), spaces.Discrete(ACTIONS), lambda progress: 0.0, net_arch=layers
    )
    spec, made = again(actor)
    assert spec == f"network({[INPUTS, *layers, ACTIONS]}, activation='tanh')" or not layers
    seen = torch.rand(5, INPUTS)
    assert torch.allclose(made.module(seen).log_softmax(1), actor.get_distribution(seen).distribution.logits, atol=1e-5)


def nested() -> Any:
    def inner(observation: Observation) -> Tensor:
        return observation.legal.int().argmax(1)

    return inner


class Bot(Agent):
    def act(self, observation: Observation) -> Tensor:
        return observation.legal.int().argmax(1)


def test_a_function_has_its_name() -> None:
    assert named(my_bots.leftmost) == "tests.plugins.my_bots:leftmost"
    assert isinstance(make_agent(named(my_bots.leftmost), GAME), FunctionAgent)
    assert isinstance(make_agent(named(Bot), GAME), Bot)


@pytest.mark.parametrize("player", [lambda seen: seen, nested()])
def test_a_function_that_cannot_be_found_again_is_refused(player: Any) -> None:
    with pytest.raises(BadSpec, match="cannot be found again") as refused:
        named(player)
    assert "module that can be imported" in str(refused.value.hint)


def test_a_function_of_the_script_that_runs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a `__main__` in every process, and in each it is another one."""
    import __main__

    def play(observation: Observation) -> Tensor:
        return observation.seat

    play.__module__, play.__qualname__ = "__main__", "play"
    monkeypatch.setattr(__main__, "play", play, raising=False)
    with pytest.raises(BadSpec, match="__main__:play cannot be found again"):
        named(play)


@pytest.mark.parametrize("player", [len, 7, "uniform", Bot(GAME), Policy, nn.Linear])
def test_what_is_no_function_is_refused(player: Any) -> None:
    with pytest.raises(BadSpec, match="expected a torch module"):
        named(player)
