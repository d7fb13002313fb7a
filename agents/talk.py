"""Networks that talk: rows of one team pass vectors to each other before they act.

Mean       what everybody hears is the mean of what the others have on their minds (CommNet, Sukhbaatar et al. 2016)
Attention  messages have a signature and a value; a query chooses whom to hear (TarMAC, Das et al. 2019)
gate       a seat may also be silent (IC3Net, Singh et al. 2019)

Dimensions: R rows, C circles (a team of one board at one step), P seats, I inputs, H hidden, A actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from agents.nets import MLP, masked
from games.chance import derive


@dataclass(frozen=True)
class Circles:
    """Which rows hear each other: those of one circle. Sums run over its seats, so the order of rows does not matter."""

    circle: Tensor  # (R,) int64: 0..C-1
    seat: Tensor  # (R,) int64, no two alike in one circle
    taken: Tensor  # (C, P) float32: 1 where somebody sits

    @classmethod
    def of(cls, key: Tensor, seat: Tensor, *, seats: int) -> Circles:
        """Rows with one key (R,) int64 sit in one circle."""
        keys, circle = torch.unique(key, return_inverse=True)
        taken = torch.zeros(len(keys), seats, device=key.device)
        taken[circle, seat] = 1.0
        return cls(circle, seat, taken)

    @classmethod
    def alone(cls, seat: Tensor, *, seats: int) -> Circles:
        """Each row in a circle of its own: nobody hears anybody."""
        return cls.of(torch.arange(len(seat), device=seat.device), seat, seats=seats)

    def take(self, rows: Tensor) -> Circles:
        """Some of the rows, in circles of their own."""
        return Circles.of(self.circle[rows], self.seat[rows], seats=self.taken.shape[1])

    def seated(self, values: Tensor) -> Tensor:
        """Values (R, H) of the rows as (C, P, H), 0 where nobody sits."""
        places = values.new_zeros(*self.taken.shape, values.shape[1])
        return places.index_put((self.circle, self.seat), values)

    def rows(self, places: Tensor) -> Tensor:
        """Back to rows: (C, P, H) -> (R, H)."""
        return places[self.circle, self.seat]


class Mean(nn.Module):
    """CommNet: everybody hears the mean of the others."""

    def __init__(self, width: int, *, seed: int) -> None:
        super().__init__()
        self.listen = MLP((width, width), seed=seed)

    def forward(self, minds: Tensor, said: Tensor, circles: Circles) -> Tensor:
        """(R, H), how much of it is said (R, 1) -> (R, H): what the rows make of what they hear."""
        places = circles.seated(minds * said)  # (C, P, H)
        others = circles.taken.sum(1, keepdim=True) - circles.taken  # (C, P)
        heard = (places.sum(1, keepdim=True) - places) / others.clamp(min=1)[:, :, None]
        answer: Tensor = self.listen(circles.rows(heard))
        return answer


class Attention(nn.Module):
    """TarMAC: whose signature answers my query best, I hear most; my own message is one of them.

    A gate that is shut takes away what is said and not who is there: a silent seat is still listened to, so that its share
    of the attention is lost, and silence dims what the others say.
    """

    def __init__(self, width: int, *, seed: int, signature: int = 16) -> None:
        super().__init__()
        self.signature, self.query, self.value = (
            MLP((width, size), seed=derive(seed, place)) for place, size in enumerate((signature, signature, width))
        )
        self.listen = MLP((width, width), seed=derive(seed, 3))

    def forward(self, minds: Tensor, said: Tensor, circles: Circles) -> Tensor:
        """As `Mean.forward`."""
        signature, query, value = (
            circles.seated(each) for each in (self.signature(minds), self.query(minds), self.value(minds) * said)
        )
        scores = query @ signature.transpose(1, 2) / signature.shape[2] ** 0.5  # (C, P, P): row hears column
        weight = masked(scores, circles.taken[:, None, :] > 0).softmax(2)
        answer: Tensor = self.listen(circles.rows(weight @ value))
        return answer


KINDS = {"mean": Mean, "attention": Attention}


class Team(nn.Module):
    """One network for all seats: think, `rounds` times talk and think again, act."""

    def __init__(self, sizes: Sequence[int], *, kind: str, rounds: int, communicate: bool, gate: bool, seed: int) -> None:
        super().__init__()
        seen, width, actions = sizes
        seeds = iter(derive(seed, part) for part in range(3 + 2 * rounds))
        self.encode = MLP((seen, width), seed=next(seeds))
        self.policy = MLP((width, actions), seed=next(seeds))
        self.gate = MLP((width, 1), seed=next(seeds), gain=0.01) if gate and communicate else None
        if self.gate is not None:
            nn.init.ones_(self.gate.get_parameter("layers.0.bias"))  # open at first: what is never heard is never learned
        self.think = nn.ModuleList(MLP((width, width), seed=next(seeds)) for _ in range(rounds))
        self.talk = nn.ModuleList(KINDS[kind](width, seed=next(seeds)) for _ in range(rounds if communicate else 0))

    @property
    def talks(self) -> bool:
        return len(self.talk) > 0

    def minds(self, seen: Tensor, circles: Circles) -> Tensor:
        """(R, I) -> (R, H): what the rows have on their minds when all is said."""
        first: Tensor = self.encode(seen).tanh()
        minds = first
        for step, think in enumerate(self.think):
            thought = think(minds) + first
            if self.talks:
                thought = thought + self.talk[step](minds, self._said(minds), circles)
            minds = thought.tanh()
        return minds

    def forward(self, seen: Tensor, circles: Circles) -> Tensor:
        """(R, I) -> logits (R, A)."""
        logits: Tensor = self.policy(self.minds(seen, circles))
        return logits

    def _said(self, minds: Tensor) -> Tensor:
        """(R, 1): 1 where the gate is open, 0 where it is shut; its gradient is that of a soft gate."""
        if self.gate is None:
            return torch.ones_like(minds[:, :1])
        soft = self.gate(minds).sigmoid()
        said: Tensor = (soft > 0.5).float() + soft - soft.detach()
        return said
