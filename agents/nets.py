"""Small networks: a seeded MLP, K of them answered in one stacked matmul, masked choices by counter-based chance.

Nothing here touches torch's global generator: first weights come from a seed, choices from each row's own seed.

Dimensions: R rows, I inputs, A actions (or any outputs), K stacked checkpoints, T tiles of N rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from agents.core import Weights, stretches
from games.chance import uniform
from games.core import is_far
from games.spec import GameSpec


class MLP(nn.Module):
    """Linear layers with ReLU between; orthogonal first weights (Saxe et al. 2014), the last layer's scaled by `gain`."""

    def __init__(self, sizes: Sequence[int], *, seed: int, gain: float = 1.0) -> None:
        super().__init__()
        layers = [_empty(*pair) for pair in pairwise(sizes)]
        chance = torch.Generator().manual_seed(seed)
        for layer in layers:
            nn.init.orthogonal_(layer.weight, gain if layer is layers[-1] else 2.0**0.5, generator=chance)
            nn.init.zeros_(layer.bias)
        self.layers = nn.ModuleList(layers)

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    def forward(self, inputs: Tensor) -> Tensor:
        """(R, I) -> (R, A)."""
        *hidden, last = self.layers
        for layer in hidden:
            inputs = layer(inputs).relu_()
        output: Tensor = last(inputs)
        return output


def _empty(inputs: int, outputs: int) -> nn.Linear:
    """A layer without first weights, since its own would come from the global generator.

    `Module.to_empty` would do, but it imports torch's symbolic shapes and with them sympy: half a second in every process.
    """
    layer = nn.Linear(inputs, outputs, device="meta")
    layer.weight, layer.bias = nn.Parameter(torch.empty(outputs, inputs)), nn.Parameter(torch.empty(outputs))
    return layer


Layers = Sequence[tuple[Tensor, Tensor]]  # weights (K, A, I) and biases (K, A)


class StackedMLP:
    """K frozen MLPs of one shape, which see what `inputs` gives; each row is answered by the member that it names.

    `policies` are K `MLP.state_dict()`s; they are copied. They are multiplied in `dtype`, float32 or bfloat16. What is
    multiplied in bfloat16 is added up in float32 and rounded once a layer, so that on a processor that has such products a
    row is answered the same whoever shares the batch.
    """

    def __init__(self, policies: Sequence[Weights], *, seats: int, dtype: torch.dtype = torch.float32) -> None:
        self.dtype = dtype
        depth = len(policies[0]) // 2
        (first, bias), *deeper = [
            (
                torch.stack([policy[f"layers.{i}.weight"].detach() for policy in policies]),  # (K, A, I)
                torch.stack([policy[f"layers.{i}.bias"].detach() for policy in policies]),  # (K, A)
            )
            for i in range(depth)
        ]
        # A seat, one-hot, picks a column of the first weights: added to the bias, it costs nothing.
        split = first.shape[2] - seats
        layers = [(first[:, :, :split].contiguous(), bias), *deeper]
        self.layers = [(weight.to(dtype), bias.to(dtype)) for weight, bias in layers]
        self.seat_bias = (bias[:, None] + first[:, :, split:].mT).to(dtype)  # (K, P, A)

    def __len__(self) -> int:
        return len(self.seat_bias)

    def __call__(self, features: Tensor, seat: Tensor, member: Tensor) -> Tensor:
        """(R, ...), (R,), (R,) -> (R, A) float32."""
        return self._answered(features.flatten(1), seat, member).float()

    def _answered(self, features: Tensor, seat: Tensor, member: Tensor) -> Tensor:
        if is_far(features.device):  # to look who has how many rows costs more there than padding
            if len(self) == 1:
                return self._evaluated(features.to(self.dtype), self.seat_bias[0].index_select(0, seat), 0)
            height = max(_LONG, -(-len(features) // (4 * len(self))))
            return self._together(features, seat, member, height, tiles=len(features) // height + len(self))
        runs, mean = stretches(member) or [(0, 0)], -(-len(features) // len(self)) or 1
        if self.dtype != torch.float32 and len(features) < _LONG_HALVED * len(runs):
            longest = max(count for _, count in runs)
            return self._together(features, seat, member, few_sizes(longest if 0 < longest < 1.5 * mean else 2 * mean))
        if len(features) < _LONG * len(runs):
            return self._together(features, seat, member, 2 * mean)
        ends = accumulate(count for _, count in runs)
        rows = [(owner, slice(end - count, end)) for (owner, count), end in zip(runs, ends, strict=True)]
        if len(seat) and bool((seat == seat[0]).all()):
            seat = seat[:1]  # as at every tick of a game of turns
        alike = len(seat) == 1
        return torch.cat([self._alone(features[own], seat if alike else seat[own], owner) for owner, own in rows])

    def _alone(self, features: Tensor, seat: Tensor, member: int) -> Tensor:
        """Rows of one member, in parts that stay in the processor's cache; `seat` is (R,), or (1,) where all are alike."""
        bias = self.seat_bias[member].index_select(0, seat)  # (1, A) or (R, A)
        if self.dtype == torch.float32:
            count = max(1, round(len(features) / _CACHED))
            parts = features.tensor_split(count)
            offsets = [bias] * count if len(seat) == 1 else bias.tensor_split(count)
        else:
            parts = tuple(_padded(part.to(self.dtype)) for part in torch.split(features, 2 * _CACHED))
            offsets = [bias] * len(parts) if len(seat) == 1 else [_padded(part) for part in torch.split(bias, 2 * _CACHED)]
        values = [self._evaluated(part, offset, member) for part, offset in zip(parts, offsets, strict=True)]
        return torch.cat(values)[: len(features)]

    def _evaluated(self, features: Tensor, bias: Tensor, member: int) -> Tensor:
        """(R, I), (1, A) or (R, A) -> (R, A): rows of one member; `bias` is the first layer's, with the seat in it."""
        (first, _), *deeper = [(weight[member], offset[member]) for weight, offset in self.layers]
        values = F.linear(features, first, bias[0]) if len(bias) == 1 else torch.addmm(bias, features, first.T)
        for weight, offset in deeper:
            values = F.linear(values.relu_(), weight, offset)
        return values

    def _together(self, features: Tensor, seat: Tensor, member: Tensor, height: int, *, tiles: int | None = None) -> Tensor:
        """Few rows of many members, in one matmul a layer: they are laid out in tiles of N, each of one member, since
        padding to the longest member would drown a pool of which one is met by nearly all. There are as many tiles as it
        takes, or `tiles` where nobody looks how many that is."""
        order = member.argsort(stable=True)
        starts = torch.searchsorted(member[order], torch.arange(len(self) + 1, device=member.device))  # (K + 1,)
        ends = (-(-starts.diff() // height)).clamp(min=1).cumsum(0)  # (K,): of each member's tiles
        place = torch.empty_like(order)  # (R,): of a row among its member's
        place[order] = torch.arange(len(order), device=order.device) - starts[member[order]]
        tile, line = F.pad(ends, (1, 0))[member] + place // height, place % height  # (R,) each
        count = int(ends[-1]) if tiles is None else tiles  # T
        if tiles is None and self.dtype != torch.float32 and count > len(self):
            count = few_sizes(count)
        layers = self.layers  # as they are where each member has its one tile
        if count > len(self):
            owner = torch.searchsorted(ends, torch.arange(count, device=ends.device), right=True).clamp_(max=len(self) - 1)
            layers = [(weight[owner], bias[owner]) for weight, bias in layers]
        (first, _), *deeper = layers
        padded = first.new_zeros(count, height, features.shape[1])  # (T, N, I)
        padded[tile, line] = features.to(self.dtype)
        offset = self.seat_bias[member, seat]  # (R, A)
        if self.dtype == torch.float32:
            values = torch.bmm(padded, first.mT)
            values[tile, line] += offset
        else:  # rounded once, as where rows of one member stand alone
            offsets = first.new_zeros(count, height, offset.shape[1])
            offsets[tile, line] = offset
            values = torch.baddbmm(offsets, padded, first.mT)
        for weight, bias in deeper:
            values = torch.baddbmm(bias[:, None], values.relu_(), weight.mT)
        return values[tile, line]

    def to(self, device: torch.device | str) -> StackedMLP:
        self.layers = [(weight.to(device), bias.to(device)) for weight, bias in self.layers]
        self.seat_bias = self.seat_bias.to(device)
        return self


_LONG = 32  # rows by member from which a matmul of their own is quicker than a shared one with padding
_LONG_HALVED = 128  # the same in bfloat16, where a call costs more
_CACHED = 1024  # rows of which all that a layer reads and writes stays in the processor's cache; in bfloat16 twice as many


def few_sizes(count: int) -> int:
    """The next of eight sizes an octave: a matmul in bfloat16 is compiled anew for each new size."""
    return count + -count % max(8, 1 << max(0, count.bit_length() - 4))


def _padded(rows: Tensor) -> Tensor:
    more = few_sizes(len(rows)) - len(rows)
    return F.pad(rows, (0, 0, 0, more)) if more else rows


class Adam:
    """Adam (Kingma and Ba 2015) whose memory is there from the start, so that it is saved and checked like weights.

    Torch's own imports its compiler when it is made, which takes every process as long as importing torch itself. Gradients
    and memory lie on end, (W,) for all W numbers of the network: a dozen short operations cost more than one long one.
    """

    def __init__(
        self, network: nn.Module, *, lr: float, decay: tuple[float, float] = (0.9, 0.999), eps: float = 1e-5
    ) -> None:
        self.lr, self.decay, self.eps = lr, decay, eps
        self._weights = dict(network.named_parameters())
        self._parts = [sum(weight.numel() for weight in part.parameters()) for part in network.children()]
        count = sum(weight.numel() for weight in self._weights.values())
        self._mean, self._square = torch.zeros(count), torch.zeros(count)  # of the gradient; of its square
        self._steps = torch.zeros(())

    @torch.no_grad()
    def step(self, *, max_norm: float | None = None) -> None:
        """Moves every weight against its gradient. The gradient of each child of the network, as of the policy and the
        critic in a `ModuleDict`, is clipped to `max_norm` by itself."""
        gradients = [weight.grad.flatten() for weight in self._weights.values() if weight.grad is not None]
        assert len(gradients) == len(self._weights), "a weight without a gradient"
        gradient = torch.cat(gradients)  # (W,)
        for part in gradient.split_with_sizes(self._parts) if max_norm is not None else ():
            part.mul_((max_norm / (part.norm() + 1e-6)).clamp(max=1))
        self._steps += 1
        unbiased, unbiased_square = (1 - beta ** float(self._steps) for beta in self.decay)
        self._mean.lerp_(gradient, 1 - self.decay[0])
        self._square.mul_(self.decay[1]).addcmul_(gradient, gradient, value=1 - self.decay[1])
        scale = self._square.sqrt().div_(unbiased_square**0.5).add_(self.eps)
        moves = (self._mean * (-self.lr / unbiased)).div_(scale)
        torch._foreach_add_(list(self._weights.values()), list(self._apart(moves).values()))

    def zero_grad(self) -> None:
        for weight in self._weights.values():
            weight.grad = None

    def tensors(self) -> dict[str, Tensor]:
        """The memory itself, by name."""
        kept = {"exp_avg": self._mean, "exp_avg_sq": self._square}
        named = {f"{name}.{key}": part for key, whole in kept.items() for name, part in self._apart(whole).items()}
        return {**named, "step": self._steps}

    def _apart(self, whole: Tensor) -> dict[str, Tensor]:
        """(W,) as what belongs to each weight, in its shape."""
        parts = whole.split_with_sizes([weight.numel() for weight in self._weights.values()])
        return {name: part.view_as(weight) for part, (name, weight) in zip(parts, self._weights.items(), strict=True)}

    def to(self, device: torch.device | str) -> None:
        self._mean, self._square = self._mean.to(device), self._square.to(device)


def input_size(game: GameSpec) -> int:
    """How many inputs `inputs` gives a network."""
    return torch.Size(game.observation).numel() + game.seats


def inputs(features: Tensor, seat: Tensor, *, seats: int) -> Tensor:
    """(R, I): flat features, then the seat one-hot, because what seats see may be alike where what they want is not."""
    return torch.cat([features.flatten(1), torch.eye(seats, device=seat.device)[seat]], dim=1)


def masked(values: Tensor, legal: Tensor) -> Tensor:
    """Logits or action values with illegal ones at the lowest finite number, so that 0 times their log stays 0."""
    return values.masked_fill(~legal, torch.finfo(values.dtype).min)


def sample(logits: Tensor, legal: Tensor, *, seed: Tensor, step: Tensor) -> Tensor:
    """(R,) int64 drawn from softmax(logits (R, A)) among legal actions (R, A), by each row's seed and step: cumulated
    weights, cut at random."""
    heights = torch.where(legal.T, logits.T, torch.finfo(logits.dtype).min)  # (A, R)
    # Beside e^0, which is among them, e^-80 is nothing to a float32; what underflows takes four times as long.
    heaped = heights.sub_(heights.amax(0)).clamp_(min=-80.0).exp_().cumsum(0)
    # An action without weight adds next to no height, so that no cut, which is above 0 and not above the top, falls to it.
    return (heaped < uniform(seed, step) * heaped[-1]).sum(0)


def epsilon_greedy(values: Tensor, legal: Tensor, *, epsilon: float, seed: Tensor, step: Tensor) -> Tensor:
    """(R,) int64: the best legal action of values (R, A), equals drawn by lot; any legal action with chance `epsilon`."""
    slots = torch.arange(values.shape[1] + 1, device=values.device)
    chance = uniform(seed[:, None], step[:, None], slots)  # (R, A + 1): a lot for each action, and the coin
    lots, coin = chance[:, :-1], chance[:, -1:]
    best = masked(values, legal)
    candidates = legal & ((coin < epsilon) | (best == best.amax(1, keepdim=True)))
    return lots.masked_fill(~candidates, -1.0).argmax(1)


def epsilon_greedy_chances(values: Tensor, legal: Tensor, *, epsilon: float) -> Tensor:
    """(R, A) float64: how likely `epsilon_greedy` is to take each action."""
    best = masked(values, legal)
    equals = (legal & (best == best.amax(1, keepdim=True))).double()
    explored, chosen = (mask / mask.sum(1, keepdim=True) for mask in (legal.double(), equals))
    return epsilon * explored + (1 - epsilon) * chosen


def copy_into(live: Weights, given: Weights) -> None:
    """Overwrites every live tensor with the given one of its name, wherever either lies."""
    with torch.no_grad():
        for name, tensor in live.items():
            tensor.copy_(given[name])


def copied(weights: Weights) -> dict[str, Tensor]:
    """The same values in memory of their own."""
    return {name: tensor.detach().clone() for name, tensor in weights.items()}


def all_finite(tensors: Iterable[Tensor]) -> bool:
    return all(bool(tensor.isfinite().all()) for tensor in tensors)
