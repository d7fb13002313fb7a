"""A whole small game as arrays: every node and every information set, by the batched rules alone. For exact solutions.

    tree = grow(KuhnPoker())
    value = tree.values(tree.uniform())[: len(tree.chance)]     # of each first state to each seat, (F, P)

The tree is grown level by level, one `game.step` for all children of a level. Seats that act at once choose one after the
other, unseen by each other. States that are the same but for the way to them are one node, so strictly it is an acyclic
graph: a child lies on the level below its parents. Nodes are numbered level by level, and so are edges.

Dimensions: N nodes, F first nodes, E edges, H information sets, P = 2 seats, A actions. A policy is a table (H, A) of
probabilities; a *slot* is a place in it, h * A + a.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from games.chance import bits
from games.core import Game, GameSpec, State, boards_last
from games.errors import ArenaError

LARGEST = 100_000  # nodes; each iteration of a solver visits all of them
_TRIED = 64  # seeds by which chance that nobody has declared is found out
_VARIOUS = -2  # several histories of one seat lead to a node

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class NotExact(ArenaError):
    """A game that cannot be written out as a tree: too large, of other than two seats, or with chance that it hides."""

    exit_code = 2


@dataclass(frozen=True)
class Level:
    """A level's nodes, and the edges from it, as ranges of the tree's arrays."""

    nodes: slice
    edges: slice


@dataclass(frozen=True)
class Tree:
    """A game of two seats, written out. `edges` lead from `source` to `target` by the action in `slot`."""

    spec: GameSpec
    chance: Floats  # (F,): of each first node; they are nodes 0..F-1
    returns: Floats  # (N, P): what the seats get at each end, 0 at other nodes
    levels: tuple[Level, ...]
    source: Ints  # (E,)
    target: Ints  # (E,)
    slot: Ints  # (E,)
    mover: Ints  # (E,): the seat that chooses
    prints: Tensor  # (H,) int64: the fingerprint of what is seen
    features: Tensor  # (H, *spec.observation) float32
    legal: NDArray[np.bool_]  # (H, A)
    seat: Ints  # (H,)
    step: Ints  # (H,)

    def __len__(self) -> int:
        return len(self.returns)

    def uniform(self) -> Floats:
        """The policy (H, A) that takes every legal action alike."""
        shared: Floats = self.legal / self.legal.sum(1, keepdims=True)
        return shared

    def reach(self, policy: Floats) -> Floats:
        """(N, P): the chance of each node where the other seat does all to get there: luck and the seat's own choices."""
        reach = np.zeros_like(self.returns)
        reach[: len(self.chance)] = self.chance[:, None]
        took = policy.reshape(-1)[self.slot]  # (E,)
        for here, below in zip(self.levels, self.levels[1:], strict=False):
            source, place = self.source[here.edges], self.target[here.edges] - below.nodes.start
            for seat in (0, 1):
                share = np.where(self.mover[here.edges] == seat, took[here.edges], 1.0) * reach[source, seat]
                reach[below.nodes, seat] = np.bincount(place, share, below.nodes.stop - below.nodes.start)
        return reach

    def values(self, policy: Floats) -> Floats:
        """(N, P): what each seat can expect from each node on."""
        values, took = self.returns.copy(), policy.reshape(-1)[self.slot]
        for level in reversed(self.levels):
            place, target = self.source[level.edges] - level.nodes.start, self.target[level.edges]
            for seat in (0, 1):
                share = took[level.edges] * values[target, seat]
                values[level.nodes, seat] += np.bincount(place, share, level.nodes.stop - level.nodes.start)
        return values

    def gather(self, worth: Floats) -> Floats:
        """(H, A): the sum over each slot's edges of `worth` (E,)."""
        heaped = np.bincount(self.slot, worth, self.legal.size)
        return heaped.astype(np.float64, copy=False).reshape(self.legal.shape)

    def find(self, step: Tensor, seat: Tensor, features: Tensor, legal: Tensor) -> Ints:
        """(R,): the information set of each row that a seat sees. Raises `NotExact` for what the tree does not hold."""
        seen = fingerprint([step, seat, features, legal])
        known, order = self._sorted
        place = order[torch.searchsorted(known, seen).clamp(max=len(known) - 1)]
        if not torch.equal(self.prints[place], seen):
            raise NotExact(f"a seat sees what cannot be seen in {self.spec.name!r} as it was written out")
        return place.numpy()

    @cached_property
    def _sorted(self) -> tuple[Tensor, Tensor]:
        return self.prints.sort()


def fingerprint(columns: Sequence[Tensor]) -> Tensor:
    """63 bits for each row of tensors (R, ...), equal for equal rows; that others share them is as likely as 2**-63."""
    plain = [(column + 0.0) if column.is_floating_point() else column for column in columns]  # -0.0 is 0.0
    tall = [column.flatten(1) if column.dim() > 1 else column[:, None] for column in plain]
    flat = [column.clone(memory_format=torch.contiguous_format) for column in tall]
    whole = torch.cat([column.view(torch.uint8) for column in flat], dim=1)  # (R, bytes)
    words = F.pad(whole, (0, -whole.shape[1] % 8)).contiguous().view(torch.int64)
    return bits(torch.zeros_like(words[:, 0]), *words.unbind(1))


def _classes(prints: Tensor) -> tuple[Tensor, Tensor]:
    """Of rows that may be equal: the first of each kind (U,), and each row's kind (R,)."""
    kinds, kind = torch.unique(prints, return_inverse=True)
    return torch.full_like(kinds, len(prints)).scatter_reduce(0, kind, torch.arange(len(prints)), "amin"), kind


def grow(game: Game, *, largest: int = LARGEST) -> Tree:
    """Writes a game out.

    Raises `NotExact` where it has more than `largest` nodes or other than two seats, where chance falls after its opening
    or is not told by `Game.openings`, and where a seat does not see all that it once knew (no perfect recall).
    """
    return _Growth(game, largest).tree()


@dataclass
class _Front:
    """The nodes of one level: a state each, and what seats that act at once have chosen so far."""

    state: Any
    chosen: Tensor  # (n, P) int64, -1 where a seat has not chosen
    past: Tensor  # (n, P) int64: the slot of each seat's last choice, -1 before it, or _VARIOUS


class _Growth:
    def __init__(self, game: Game, largest: int) -> None:
        self.game, self.spec, self.largest = game, game.spec, largest
        if self.spec.seats != 2:
            raise self._refused(f"has {self.spec.seats} seats, and not two")
        self.nodes = self.sets = self.edges = 0
        self.parts: dict[str, list[Tensor]] = {}
        self.levels: list[Level] = []

    def tree(self) -> Tree:
        front, chance = self._openings()
        while len(front.state):
            front = self._level(front)
        tensors = {name: torch.cat(parts) for name, parts in self.parts.items()}
        if len(_classes(tensors["prints"])[0]) < self.sets:
            raise self._refused("lets a seat see the same after one choice and after two")
        arrays: dict[str, Any] = {
            name: tensor if name in ("prints", "features") else tensor.numpy() for name, tensor in tensors.items()
        }
        return Tree(self.spec, chance=chance, levels=tuple(self.levels), **arrays)

    def _refused(self, why: str) -> NotExact:
        return NotExact(f"{self.spec.name!r} cannot be solved exactly: it {why}")

    def _openings(self) -> tuple[_Front, Floats]:
        state, chance = self.game.openings()
        told, tried = self._prints(state), self._prints(self.game.reset(bits(torch.arange(_TRIED), 0)))
        if len(told) == 1 and (told != tried).any():
            raise self._refused("opens by chance, and does not tell its `openings()`")
        nothing = torch.full((len(state), 2), -1)
        front, place = self._merged(_Front(state, nothing, nothing))
        return front, np.bincount(place.numpy(), chance.double().numpy()).astype(np.float64)

    def _prints(self, state: State, *more: Tensor) -> Tensor:
        """All there is to a state but its seed, as fingerprints (B,)."""
        return fingerprint([getattr(state, field.name) for field in fields(state) if field.name != "seed"] + list(more))

    def _merged(self, front: _Front) -> tuple[_Front, Tensor]:
        """Equal nodes become one; answers also where each went."""
        first, place = _classes(self._prints(front.state, front.chosen))
        spread = place[:, None].expand(-1, 2)
        low, high = (front.past[first].scatter_reduce(0, spread, front.past, way) for way in ("amin", "amax"))
        return _Front(front.state.take(first), front.chosen[first], torch.where(low == high, low, _VARIOUS)), place

    def _level(self, front: _Front) -> _Front:
        """Enters a level's nodes, its information sets and the edges to the next, which it answers."""
        state, count = front.state, len(front.state)
        if self.nodes + count > self.largest:
            raise self._refused(f"has more than {self.largest:,} nodes")
        to_choose = state.to_act & (front.chosen < 0)  # (n, P)
        deciding = to_choose.any(1).nonzero().squeeze(1)  # (d,): the nodes where a seat decides
        part, seat = state.take(deciding), to_choose[deciding].long().argmax(1)
        legal = part.legal[torch.arange(len(seat)), seat]  # (d, A)
        number = self._information_sets(part, seat, legal, front.past[deciding, seat])  # (d,)
        origin, action = legal.nonzero(as_tuple=True)  # (e,)
        if self.nodes + count + len(origin) > 4 * self.largest:  # before equal ones are merged
            raise self._refused(f"has more than {self.largest:,} nodes")
        slot, mover = number[origin] * self.spec.actions + action, seat[origin]
        chosen, past = front.chosen[deciding][origin], front.past[deciding][origin]
        chosen[torch.arange(len(origin)), mover] = action
        past[torch.arange(len(origin)), mover] = slot
        below, place = self._merged(self._moved(part.take(origin), chosen, past))
        here = slice(self.nodes, self.nodes + count)
        self.levels.append(Level(here, slice(self.edges, self.edges + len(origin))))
        self._enter(
            returns=(state.returns * state.done[:, None]).double(),
            source=self.nodes + deciding[origin],
            target=here.stop + place,
            slot=slot,
            mover=mover,
        )
        self.nodes, self.edges = here.stop, self.edges + len(origin)
        return below

    def _enter(self, **parts: Tensor) -> None:
        for name, part in parts.items():
            self.parts.setdefault(name, []).append(part)

    def _information_sets(self, state: Any, seat: Tensor, legal: Tensor, past: Tensor) -> Tensor:
        """The number of each node's information set (d,)."""
        features = self.game.observe(self._reseeded(state, 1), seat)
        if not torch.equal(features, self.game.observe(self._reseeded(state, 2), seat)):
            raise self._refused("shows its seats what falls by chance")
        prints = fingerprint([state.step, seat, features, legal])
        first, place = _classes(prints)
        shared = place.bincount(minlength=len(first))[place] > 1
        if (shared & ((past != past[first][place]) | (past == _VARIOUS))).any():
            raise self._refused("hides from a seat what it has seen or done before (no perfect recall)")
        self._enter(prints=prints[first], features=features[first], legal=legal[first])
        self._enter(seat=seat[first], step=state.step[first])
        self.sets += len(first)
        return self.sets - len(first) + place

    def _moved(self, state: Any, chosen: Tensor, past: Tensor) -> _Front:
        """The nodes that choices lead to: boards where all have chosen make a step, the others wait."""
        ready = ((chosen >= 0) | ~state.to_act).all(1)
        going = state.take(ready)
        after, again = (self.game.step(self._reseeded(going, luck), chosen[ready]) for luck in (1, 2))
        if (self._prints(after) != self._prints(again)).any():
            raise self._refused("leaves more to chance than its opening")
        order = torch.cat([ready.nonzero().squeeze(1), (~ready).nonzero().squeeze(1)])
        waiting = state.take(~ready)
        pairs = {f.name: [getattr(after, f.name), getattr(waiting, f.name)] for f in fields(after)}
        joined = replace(after, **{name: boards_last(torch.cat(pair)) for name, pair in pairs.items()})
        chosen = torch.where(ready[:, None], -1, chosen)
        return _Front(joined, chosen[order], past[order])

    def _reseeded(self, state: Any, luck: int) -> Any:
        """The same boards with other seeds, so that nothing can hang on them."""
        return replace(state.map(lambda tensor: tensor), seed=bits(torch.arange(len(state)), luck, self.nodes))
