"""Networks that talk: rows of one team pass vectors to each other before they act.

Mean       what everybody hears is the mean of what the others have on their minds (CommNet, Sukhbaatar et al. 2016)
Attention  messages have a signature and a value; a query chooses whom to hear (TarMAC, Das et al. 2019)
gate       a seat may also be silent (IC3Net, Singh et al. 2019)

Dimensions: R rows, T tables (a team of one board at one step), P seats, I inputs, H hidden, A actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from agents.nets import MLP, masked
from games.chance import derive


@dataclass(frozen=True)
class Tables:
    """Which rows hear each other: those at one table. Sums run over its seats, so the order of the rows does not matter."""

    table: Tensor  # (R,) int64: 0..T-1
    seat: Tensor  # (R,) int64, no two alike at one table
    taken: Tensor  # (T, P) float32: 1 where somebody sits

    @classmethod
    def of(cls, key: Tensor, seat: Tensor, *, seats: int) -> Tables:
        """Rows with one key (R,) int64 sit at one table."""
        keys, table = torch.unique(key, return_inverse=True)
        taken = torch.zeros(len(keys), seats, device=key.device)
        taken[table, seat] = 1.0
        return cls(table, seat, taken)

    def take(self, rows: Tensor) -> Tables:
        """Some of the rows, at tables of their own."""
        return Tables.of(self.table[rows], self.seat[rows], seats=self.taken.shape[1])

    def seated(self, values: Tensor) -> Tensor:
        """Values (R, H) of the rows as (T, P, H), 0 where nobody sits."""
        places = values.new_zeros(*self.taken.shape, values.shape[1])
        return places.index_put((self.table, self.seat), values)

    def rows(self, places: Tensor) -> Tensor:
        """Back to rows: (T, P, H) -> (R, H)."""
        return places[self.table, self.seat]


class Mean(nn.Module):
    """CommNet: everybody hears the mean of the others."""

    def __init__(self, width: int, *, seed: int) -> None:
        super().__init__()
        self.listen = MLP((width, width), seed=seed)

    def forward(self, minds: Tensor, said: Tensor, tables: Tables) -> Tensor:
        """(R, H), how much of it is said (R, 1) -> (R, H): what the rows make of what they hear."""
        places = tables.seated(minds * said)  # (T, P, H)
        others = tables.taken.sum(1, keepdim=True) - tables.taken  # (T, P)
        heard = (places.sum(1, keepdim=True) - places) / others.clamp(min=1)[:, :, None]
        answer: Tensor = self.listen(tables.rows(heard))
        return answer


class Attention(nn.Module):
    """TarMAC: whose signature answers my query best, I hear most; my own message is one of them."""

    def __init__(self, width: int, *, seed: int, signature: int = 16) -> None:
        super().__init__()
        self.signature, self.query, self.value = (
            MLP((width, size), seed=derive(seed, place)) for place, size in enumerate((signature, signature, width))
        )
        self.listen = MLP((width, width), seed=derive(seed, 3))

    def forward(self, minds: Tensor, said: Tensor, tables: Tables) -> Tensor:
        """As `Mean.forward`."""
        signature, query, value = (
            tables.seated(each) for each in (self.signature(minds), self.query(minds), self.value(minds) * said)
        )
        scores = query @ signature.transpose(1, 2) / signature.shape[2] ** 0.5  # (T, P, P): row hears column
        weight = masked(scores, tables.taken[:, None, :] > 0).softmax(2)
        answer: Tensor = self.listen(tables.rows(weight @ value))
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

    def minds(self, seen: Tensor, tables: Tables) -> Tensor:
        """(R, I) -> (R, H): what the rows have on their minds when all is said."""
        first: Tensor = self.encode(seen).tanh()
        minds = first
        for step, think in enumerate(self.think):
            thought = think(minds) + first
            if len(self.talk):
                thought = thought + self.talk[step](minds, self._said(minds), tables)
            minds = thought.tanh()
        return minds

    def forward(self, seen: Tensor, tables: Tables) -> Tensor:
        """(R, I) -> logits (R, A)."""
        logits: Tensor = self.policy(self.minds(seen, tables))
        return logits

    def _said(self, minds: Tensor) -> Tensor:
        """(R, 1): 1 where the gate is open, 0 where it is shut; its gradient is that of a soft gate."""
        if self.gate is None:
            return torch.ones_like(minds[:, :1])
        soft = self.gate(minds).sigmoid()
        said: Tensor = (soft > 0.5).float() + soft - soft.detach()
        return said
