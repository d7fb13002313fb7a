"""Policies in words: the spec that makes again what was learned elsewhere, and the weights that go with it.

    spec, weights = described(module, game, make=None, greedy=False, show_seat=False)     # 'network([84, 64, 7])'
    spec = named(my_bots.sneaky)                                                          # 'my_bots:sneaky'

A description that plays otherwise than what it describes is worse than none, so what it makes is asked the same as the
policy, and must answer alike.

Dimensions: R rows, I inputs, A actions.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from agents.core import Agent, Policy
from agents.nets import input_size
from agents.registry import AGENTS, make_agent
from agents.torch_policy import ACTIVATIONS, TorchPolicy
from games.chance import uniform
from games.errors import ArenaError, BadSpec
from games.foreign import Raised, foreign
from games.registry import Spec
from games.spec import GameSpec

_ROWS = 64  # of each kind that both are asked
_BY_MAKE = "say what makes it again: make='my_nets:Net(width=64)'"


def described(
    policy: nn.Module, game: GameSpec, *, make: str | None, greedy: bool, show_seat: bool
) -> tuple[str, dict[str, Tensor]]:
    """The spec that makes a policy again for a game, and its weights by the names they have there.

    Without `make`, the policy must be layers that follow each other, or an actor of Stable-Baselines3's that is. Raises
    `BadSpec` where it is neither, or what is made again answers otherwise; `BadWeights` where that takes other weights.
    """
    flags = {"greedy": greedy, "show_seat": show_seat}
    told = tuple((name, value) for name, value in sorted(flags.items()) if value)
    if make is not None:
        spec, weights = Spec("module", (make,), told), policy.state_dict()
    else:
        widths, activation, weights = _layers(policy)
        spec = Spec("network", (widths,), (("activation", activation), *told))
    stored = {name: _stored(tensor) for name, tensor in weights.items()}
    made = make_agent(spec, game)
    assert isinstance(made, TorchPolicy), "both specs make one"
    made.load_policy(stored)
    _require_alike(made.module, policy, spec, inputs=input_size(game) - (0 if show_seat else game.seats))
    return str(spec), stored


def named(player: Any) -> str:
    """The spec that finds a plain function of an observation, or a class of agents, by its name. Raises `BadSpec`."""
    bot = inspect.isclass(player) and issubclass(player, Agent) and not issubclass(player, Policy)
    if not (bot or inspect.isfunction(player)):
        raise BadSpec(
            f"expected a torch module, a model with one as its policy, or a function of an observation,"
            f" got a {type(player).__name__}",
            hint="an object cannot be made again by what it is; put it behind a function in a module of your own",
        )
    text = f"{player.__module__}:{player.__qualname__}"
    try:
        found = AGENTS.find(Spec.parse(text))
    except ArenaError:  # it is a lambda, or was made inside a function
        found = None
    if found is not player or player.__module__ == "__main__":
        raise BadSpec(
            f"{text} cannot be found again by its name",
            hint="define it at the top of a module that can be imported, such as my_bots.py, and import it from there",
        )
    return text


def _stored(tensor: Tensor) -> Tensor:
    """A copy as it is stored: on the CPU, and single where it is not whole."""
    copy = tensor.detach().cpu().clone()
    return copy.float() if copy.is_floating_point() else copy


def _layers(policy: nn.Module) -> tuple[list[int], str, dict[str, Tensor]]:
    """A chain of layers as `Network` takes it: widths, the activation between, and weights by the names they have there."""
    chain = _chain(policy)
    linear = [part for part in chain if isinstance(part, nn.Linear)]
    between = {type(part) for part in chain if not isinstance(part, nn.Linear)} or {nn.ReLU}
    alternate = [isinstance(part, nn.Linear) for part in chain] == [True, False] * (len(linear) - 1) + [True]
    if len(between) > 1 or not alternate or not between <= set(ACTIVATIONS.values()):
        raise _unknown(policy)
    weights: dict[str, Tensor] = {}
    for place, part in enumerate(linear):
        bias = part.bias if part.bias is not None else part.weight.new_zeros(part.out_features)
        weights |= {f"{2 * place}.weight": part.weight, f"{2 * place}.bias": bias}
    widths = [int(width) for width in (linear[0].in_features, *(part.out_features for part in linear))]
    return widths, next(name for name, kind in ACTIVATIONS.items() if kind in between), weights


def _chain(policy: nn.Module) -> list[nn.Module]:
    """A module as the layers that it applies one after the other."""
    if isinstance(policy, (nn.Linear, *ACTIVATIONS.values())):
        return [policy]
    if isinstance(policy, (nn.Flatten, nn.Identity)):
        return []
    if type(policy) is nn.Sequential:  # a subclass may do anything with its layers
        return [layer for part in policy for layer in _chain(part)]
    children = dict(policy.named_modules())
    parts = [children.get(name) for name in ("features_extractor.flatten", "mlp_extractor.policy_net", "action_net")]
    if None not in parts:  # as Stable-Baselines3 builds them
        return [layer for part in parts if part is not None for layer in _chain(part)]
    raise _unknown(policy)


def _unknown(policy: nn.Module) -> ArenaError:
    return BadSpec(
        f"a {type(policy).__name__} cannot be described by its layers alone",
        hint=f"{_BY_MAKE}; or give the part that is an nn.Sequential of linear layers with one kind of activation between",
    )


@torch.no_grad()
def _require_alike(made: nn.Module, policy: nn.Module, spec: Spec, *, inputs: int) -> None:
    """Raises `BadSpec` unless both give the same chances to rows (R, I) of noughts and ones, and of numbers around 0.

    They are compared where the policy is, in its own precision. What it does not take itself, no game shows it.
    """
    like = next(policy.parameters(), torch.zeros(()))
    ours, lot, trouble = made.to(like), uniform(torch.arange(2 * _ROWS)[:, None], torch.arange(inputs)), []
    for rows in (lot[:_ROWS].round().to(like), (6 * lot[_ROWS:] - 3).to(like)):
        try:
            with foreign(), _at_rest(policy):
                expected, answered = _chances(policy, rows), _chances(ours, rows)
        except Raised as raised:
            trouble.append(raised)
            continue
        if expected.shape != answered.shape or not torch.allclose(answered, expected, rtol=1e-4, atol=1e-5, equal_nan=True):
            raise BadSpec(
                f"what {spec} makes of its weights answers otherwise than the policy itself",
                hint=f"{_BY_MAKE}, which must compute from the same weights what the policy computes",
            )
    if len(trouble) == 2:
        raise BadSpec(
            f"the policy cannot answer observations {tuple(rows.shape)}: {trouble[0]}",
            hint="it must take flat observations and answer logits",
        ) from trouble[0].__cause__


def _chances(module: nn.Module, rows: Tensor) -> Tensor:
    """Log-probabilities (R, A) float64; logits may be shifted, as those are that Stable-Baselines3 gives."""
    tell = getattr(module, "get_distribution", None)
    logits: Tensor = module(rows) if tell is None else tell(rows).distribution.logits
    return logits.double().cpu().log_softmax(1)


@contextmanager
def _at_rest(policy: nn.Module) -> Iterator[None]:
    """The policy as it plays, without what layers such as dropout do in training only; then as it was."""
    training = [part for part in policy.modules() if part.training]
    policy.eval()
    try:
        yield
    finally:
        for part in training:
            part.training = True
