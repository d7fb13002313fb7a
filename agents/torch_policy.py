"""Policies that were learned elsewhere: any torch module from observations to logits, played as it is.

`network` is the common case, layers that follow each other, which its sizes describe in full. `module` names a class or a
function of the user's that makes the module. Both play by their weights and learn nothing here.

Dimensions: R rows, I inputs, A actions, K checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Self

import torch
from torch import Tensor, nn

from agents.core import Agent, Observation, Policy, Weights
from agents.nets import copied, copy_into, input_size, inputs, masked, sample
from agents.registry import AGENTS
from agents.weights import check
from games import arguments
from games.errors import BadSpec
from games.foreign import Raised, foreign
from games.registry import Spec
from games.spec import GameSpec

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "elu": nn.ELU, "gelu": nn.GELU, "silu": nn.SiLU}


class TorchPolicy(Policy):
    """Plays a module that maps flat observations (R, I) to logits (R, A): by chance, or the likeliest if `greedy`.

    With `show_seat`, what it is shown ends with its seat, one-hot, as in an environment of the same setting.
    """

    def __init__(self, game: GameSpec, module: nn.Module, *, greedy: bool = False, show_seat: bool = False) -> None:
        super().__init__(game)
        self.greedy = arguments.switch("greedy", greedy)
        self.show_seat = arguments.switch("show_seat", show_seat)
        self.module = module.float().eval()
        seen = torch.zeros(2, input_size(game) - (0 if show_seat else game.seats), dtype=torch.float32)
        try:
            with foreign(), torch.no_grad():
                logits = self.module(seen)
        except Raised as raised:
            raise BadSpec(
                f"the policy cannot answer observations {tuple(seen.shape)}: {raised}",
                hint="it must take flat observations, of the size that the environment shows, with the same show_seat",
            ) from raised.__cause__
        if not isinstance(logits, Tensor) or logits.shape != (2, game.actions):
            told = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
            raise BadSpec(f"the policy must answer logits {(2, game.actions)} for 2 rows, got {told}")

    def act(self, observation: Observation) -> Tensor:
        return self.frozen([self.policy()]).act(observation)

    def policy(self) -> dict[str, Tensor]:
        return copied(self.module.state_dict())

    def load_policy(self, policy: Weights) -> None:
        check(policy, self.module.state_dict())
        copy_into(self.module.state_dict(), policy)

    def frozen(self, policies: Sequence[Weights]) -> Agent:
        modules = [deepcopy(self.module) for _ in policies]
        for module, policy in zip(modules, policies, strict=True):
            check(policy, module.state_dict())
            copy_into(module.state_dict(), policy)
        return FrozenModules(self.game, modules, greedy=self.greedy, show_seat=self.show_seat)


class FrozenModules(Agent):
    """K frozen modules, each answering its rows."""

    def __init__(self, game: GameSpec, modules: Sequence[nn.Module], *, greedy: bool, show_seat: bool) -> None:
        super().__init__(game)
        self.modules, self.greedy, self.show_seat = modules, greedy, show_seat

    @torch.no_grad()
    def act(self, observation: Observation) -> Tensor:
        logits = self._logits(observation)
        if self.greedy:
            return masked(logits, observation.legal).argmax(1)
        return sample(logits, observation.legal, seed=observation.seed, step=observation.step)

    @torch.no_grad()
    def probabilities(self, observation: Observation) -> Tensor:
        logits = masked(self._logits(observation), observation.legal).double()
        if self.greedy:
            return torch.zeros_like(logits).scatter_(1, logits.argmax(1, keepdim=True), 1.0)
        return logits.softmax(1)

    def _logits(self, observation: Observation) -> Tensor:
        seen = inputs(observation.features, observation.seat, seats=self.game.seats)
        seen = seen if self.show_seat else seen[:, : -self.game.seats]
        logits = torch.empty_like(observation.legal, dtype=torch.float32)  # (R, A)
        for member in sorted(set(observation.member.tolist())):
            rows = (observation.member == member).nonzero().squeeze(1)
            logits[rows] = self.modules[member](seen[rows])
        return logits

    def to(self, device: torch.device | str) -> Self:
        for module in self.modules:
            module.to(device)
        return self


class Network(TorchPolicy):
    """Linear layers of these widths, inputs and logits included, with an activation between."""

    def __init__(
        self,
        game: GameSpec,
        layers: Sequence[int],
        activation: str = "relu",
        *,
        greedy: bool = False,
        show_seat: bool = False,
    ) -> None:
        widths = arguments.widths("layers", layers)
        if len(widths) < 2:
            raise BadSpec(f"layers must be two widths or more, got {list(widths)}", hint="from inputs to actions")
        between = ACTIVATIONS[arguments.one_of("activation", activation, tuple(ACTIVATIONS))]
        parts: list[nn.Module] = []
        for before, after in pairwise(widths):
            parts += [nn.Linear(before, after), between()]
        super().__init__(game, nn.Sequential(*parts[:-1]), greedy=greedy, show_seat=show_seat)


class Module(TorchPolicy):
    """The torch module that `make`, a spec such as 'my_nets:Net(width=64)', makes."""

    def __init__(self, game: GameSpec, make: str, *, greedy: bool = False, show_seat: bool = False) -> None:
        spec = Spec.parse(make)
        if ":" not in spec.name:
            raise BadSpec(
                f"{make!r} must name a module and what in it makes the network", hint="write 'my_nets:Net(width=64)'"
            )
        super().__init__(game, AGENTS.make_other(spec, nn.Module), greedy=greedy, show_seat=show_seat)
