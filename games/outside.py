"""Games from outside, one object a board, as a batched game: what `openspiel(...)` and `pettingzoo(...)` share.

A state holds all that was done and drawn on each board, so that *seed + history = the board* here as everywhere. The
objects are no part of it: they are kept beside it by seed and history, and one that is gone is played up to its moment
again.

Dimensions, besides the usual: H entries of the longest history.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from games.core import Game, GameSpec, State
from games.errors import ArenaError

MOST_SEATS = 10
PASS = 0  # what a seat says that may do nothing, where all must act at once
_ENTRY = np.dtype("<i4")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # colours of a terminal
_UNPRINTABLE = re.compile(r"[^\n\t\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no picture may hold them
_ROUNDING = 1e-5  # relative: what adding up floats may lose


class OutsideFault(ArenaError):
    """A game from outside that does what it did not declare: it pays more, or goes another way when it is played again."""


@dataclass(frozen=True, kw_only=True)
class OutsideState(State):
    made: Tensor  # (B,) int64: entries of the history
    history: Tensor  # (B, H) int32: every action and every draw since the start, in order; 0 beyond
    shown: Tensor  # (B,) int64: a fingerprint of what all seats see, or 0 where chance is drawn by us alone


class World:
    """One board at one moment. Games subclass it; what it says never changes, though `after` may use it up."""

    history: bytes  # entries of 4 bytes
    movers: Sequence[int]  # the seats that must act; none when it is over
    returns: Sequence[float]  # of each seat, so far
    over: bool
    shown = 0  # see OutsideState

    def legal(self, seat: int) -> Sequence[int]:
        """What a seat may do that must act."""
        raise NotImplementedError

    def view(self, seat: int) -> NDArray[Any]:
        """What a seat sees, in the shape of the game's observation or flat."""
        raise NotImplementedError

    def after(self, actions: Sequence[int], seed: int) -> World:
        """The world after the actions (P,) of all seats, legal ones where they act; chance comes from the seed."""
        raise NotImplementedError

    def text(self) -> str:
        """The board as text."""
        raise NotImplementedError

    def say(self, seat: int, action: int) -> str:
        """An action that is legal here, as a player would write it."""
        return str(action)


def entries(history: bytes) -> list[int]:
    """A history as numbers."""
    return np.frombuffer(history, _ENTRY).tolist()  # type: ignore[no-any-return]


def written(done: Sequence[int]) -> bytes:
    """Numbers as a piece of history."""
    return np.array(done, _ENTRY).tobytes()


class OutsideGame(Game):
    """A game whose boards are `World`s. Subclasses write `begin` and `replay`; `longest` is H."""

    def __init__(self, spec: GameSpec, *, longest: int) -> None:
        self.spec, self.longest = spec, longest
        self._kept: dict[tuple[int, bytes], World] = {}  # by seed and history, the oldest first
        self._room = 64

    def begin(self, seed: int) -> World:
        """A fresh board, its opening draws made."""
        raise NotImplementedError

    def replay(self, seed: int, history: bytes) -> World:
        """The board that a history leads to."""
        raise NotImplementedError

    def let_go(self, world: World) -> None:
        """A world that is not kept any more."""

    def world(self, state: OutsideState, board: int = 0) -> World:
        """The object of one board. Raises `OutsideFault` where it went another way when it was played again."""
        return self.worlds(state.take(slice(board, board + 1)))[0]

    def worlds(self, state: OutsideState) -> list[World]:
        """The objects of all boards."""
        histories = state.history.cpu().numpy()
        told = zip(state.seed.tolist(), histories, state.made.tolist(), state.shown.tolist(), strict=True)
        return [self._found(seed, row[:made].tobytes(), shown) for seed, row, made, shown in told]

    def initial(self, seeds: Tensor) -> OutsideState:
        worlds = [self.begin(seed) for seed in seeds.tolist()]
        return self.first(seeds, worlds)

    def first(self, seeds: Tensor, worlds: Sequence[World]) -> OutsideState:
        """The state of boards that have just begun."""
        facts = self._facts(seeds, worlds)
        del facts["returns"]
        return OutsideState(**{**self.opening(seeds), **facts})

    def transition(self, state: OutsideState, actions: Tensor) -> OutsideState:
        legal = state.legal.movedim(0, -1).gather(1, actions.T.unsqueeze(1)).squeeze(1).T  # (B, P): of who acts
        playable = (legal | ~state.to_act).all(1) & ~state.done  # (B,); of the others nothing is kept
        places = playable.nonzero().squeeze(1)
        moving = state if len(places) == len(state) else state.take(places)
        chosen, seeds = actions[places].tolist(), moving.seed.tolist()
        worlds: list[World | None] = [None] * len(state)
        for place, world, acts, seed in zip(places.tolist(), self.worlds(moving), chosen, seeds, strict=True):
            worlds[place] = world.after(acts, seed)
        facts = self._facts(state.seed, worlds)
        return replace(state, rewards=facts.pop("returns") - state.returns, **facts)

    def observe(self, state: OutsideState, seat: Tensor) -> Tensor:
        seen = np.empty((len(state), *self.spec.observation), np.float32)
        for row, world, who in zip(seen, self.worlds(state), seat.tolist(), strict=True):
            row[...] = world.view(who).reshape(row.shape)
        return torch.from_numpy(seen).to(seat.device)

    def render(self, state: OutsideState, board: int = 0) -> str:
        plain = _ESCAPES.sub("", self.world(state, board).text()).strip("\n")
        return _UNPRINTABLE.sub("?", plain) or "(nothing to show)"

    def say(self, state: OutsideState, board: int, seat: int, action: int) -> str:
        legal = 0 <= action < self.spec.actions and bool(state.legal[board, seat, action])
        world = self.world(state, board) if legal else None
        if world is None or seat not in world.movers:
            return self.notation(action)
        return _UNPRINTABLE.sub("?", world.say(seat, action)) or self.notation(action)

    def _found(self, seed: int, history: bytes, shown: int) -> World:
        world = self._kept.get((seed, history))
        if world is None:
            world = self.replay(seed, history)
            if world.shown != shown:
                raise OutsideFault(
                    f"{self.spec.name!r} cannot be copied: played again with the same seed and actions it looks otherwise",
                    hint="take all of its chance from the seed that `reset` gets",
                )
            self._keep(seed, world)
        return world

    def _keep(self, seed: int, world: World) -> None:
        self._kept[seed, world.history] = world
        if len(self._kept) > self._room:
            self.let_go(self._kept.pop(next(iter(self._kept))))

    def _facts(self, seeds: Tensor, worlds: Sequence[World | None]) -> dict[str, Tensor]:
        """What the objects say, as fields of a state; nonsense where there is none. The objects are kept."""
        boards, seats = len(worlds), self.spec.seats
        self._room = max(self._room, 4 * boards)
        to_act, returns = np.zeros((seats, boards), np.bool_), np.zeros((seats, boards), np.float32)
        done, made, shown = np.zeros(boards, np.bool_), np.zeros(boards, np.int64), np.zeros(boards, np.int64)
        history = np.zeros((boards, self.longest), _ENTRY)
        legal: list[tuple[int, int, Sequence[int]]] = []  # board, seat, its actions
        for board, (seed, world) in enumerate(zip(seeds.tolist(), worlds, strict=True)):
            if world is None:
                continue
            self._keep(seed, world)
            so_far = np.frombuffer(world.history, _ENTRY)
            if len(so_far) > self.longest:
                raise OutsideFault(
                    f"{self.spec.name!r} went on for {len(so_far)} actions and draws, {self.longest} were declared",
                    hint="raise max_steps",
                )
            history[board, : len(so_far)], made[board] = so_far, len(so_far)
            returns[:, board], done[board], shown[board] = world.returns, world.over, world.shown
            legal.extend((board, seat, world.legal(seat)) for seat in world.movers)
            if self.spec.simultaneous and not world.over:
                legal.extend((board, seat, (PASS,)) for seat in range(seats) if seat not in world.movers)
        for board, seat, _ in legal:
            to_act[seat, board] = True
        self._is_as_declared(returns, done)
        fields = {"made": made, "history": history, "shown": shown, "done": done}
        told = {name: torch.from_numpy(field) for name, field in fields.items()}
        told |= {"to_act": torch.from_numpy(to_act).T, "returns": torch.from_numpy(returns).T}
        told["legal"] = torch.from_numpy(self._mask(legal, boards)).movedim(-1, 0)
        return {name: field.to(seeds.device) for name, field in told.items()}

    def _mask(self, legal: Sequence[tuple[int, int, Sequence[int]]], boards: int) -> NDArray[np.bool_]:
        """(P, A, B): what is legal."""
        mask = np.zeros((self.spec.seats, self.spec.actions, boards), np.bool_)
        counts = [len(actions) for _, _, actions in legal]
        board, seat = (np.repeat([one[place] for one in legal], counts).astype(np.int64) for place in (0, 1))
        mask[seat, np.array(list(chain.from_iterable(actions for *_, actions in legal)), np.int64), board] = True
        return mask

    def _is_as_declared(self, returns: NDArray[np.float32], done: NDArray[np.bool_]) -> None:
        """Raises `OutsideFault` unless returns (P, B) lie in their range, and are of the declared flavour."""
        low, high = self.spec.return_range
        slack = _ROUNDING * max(1.0, abs(low), abs(high))
        if not ((returns >= low - slack) & (returns <= high + slack)).all():
            raise OutsideFault(
                f"{self.spec.name!r} paid {returns.min():g} to {returns.max():g}, beyond the declared {low:g} to {high:g}",
                hint="say how much a seat can lose and win in all: return_range=(low, high)",
            )
        total = np.abs(returns[:, done].sum(0)).max(initial=0.0)
        if self.spec.zero_sum and total > slack:
            raise OutsideFault(
                f"{self.spec.name!r} is declared competitive, and paid its two seats {total:g} in all instead of 0",
                hint='write flavour="mixed", or flavour="cooperative"',
            )
