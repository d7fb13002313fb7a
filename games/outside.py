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
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from games.core import Game, GameSpec, State, boards_last
from games.errors import ArenaError, CheckFailed

MOST_SEATS = 10
PASS = 0  # what a seat says that may do nothing, where all must act at once
_ENTRY = np.dtype("<i4")
_BACK = 8  # entries: a step of all seats and some draws
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # colours of a terminal
_UNPRINTABLE = re.compile(r"[^\n\t\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no picture may hold them
_ROUNDING = 1e-5  # relative: what adding up floats may lose


class OutsideFault(ArenaError):
    """A game from outside that does what it did not declare: it pays more, or goes another way when it is played again.

    The cause ends with the cure, as the record of a void match has no other room for it.
    """

    exit_code = CheckFailed.exit_code

    def __init__(self, cause: str, *, hint: str) -> None:
        super().__init__(f"{cause}; {hint}")


@dataclass(frozen=True, kw_only=True)
class OutsideState(State):
    made: Tensor  # (B,) int64: entries of the history
    history: Tensor  # (B, H) int32: every action and every draw since the start, in order; 0 beyond
    shown: Tensor  # (B,) int64: a fingerprint of what all seats see, or 0 where chance is drawn by us alone


class World:
    """One board at one moment. Games subclass it; what it says never changes, though `after` may use it up."""

    history = b""  # entries of 4 bytes
    movers: Sequence[int] = ()  # the seats that must act; none when it is over
    returns: Sequence[float]  # of each seat, so far
    over = False
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
    return b"".join([entry.to_bytes(_ENTRY.itemsize, "little") for entry in done])


class OutsideGame(Game):
    """A game whose boards are `World`s. Subclasses write `begin` and `replay`; `longest` is H."""

    def __init__(self, spec: GameSpec, *, longest: int) -> None:
        self.spec, self.longest = spec, longest
        self._kept: dict[tuple[int, bytes], World] = {}  # by seed and history, the oldest first
        self._room = 64
        self._nowhere = World()  # where a board is not played on
        self._nowhere.returns = (0.0,) * spec.seats

    def begin(self, seed: int) -> World:
        """A fresh board, its opening draws made."""
        raise NotImplementedError

    def replay(self, seed: int, history: bytes, since: World | None = None) -> World:
        """The board that a history leads to; `since` is what it was a few entries before, where that is known."""
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
        worlds = [self._nowhere] * len(state)
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
            world = self.replay(seed, history, self._lately(seed, history))
            if world.shown != shown:
                raise OutsideFault(
                    f"{self.spec.name!r} cannot be copied: played again with the same seed and actions it looks otherwise",
                    hint="take all of its chance from the seed that `reset` gets",
                )
            self._keep([seed], [world])
        return world

    def _lately(self, seed: int, history: bytes) -> World | None:
        """What a board was a few entries before, if it is kept: whoever looks at a match from step to step asks for it."""
        shorter = (history[: len(history) - _ENTRY.itemsize * back] for back in range(1, _BACK + 1))
        return next((world for past in shorter if (world := self._kept.get((seed, past)))), None)

    def _keep(self, seeds: Sequence[int], worlds: Sequence[World]) -> None:
        """Takes objects into the cache; the oldest make room, which no state of the last step needs."""
        for seed, world in zip(seeds, worlds, strict=True):
            if world is not self._nowhere:
                self._kept[seed, world.history] = world
        for key in list(islice(self._kept, max(0, len(self._kept) - self._room))):
            self.let_go(self._kept.pop(key))

    def _facts(self, seeds: Tensor, worlds: Sequence[World]) -> dict[str, Tensor]:
        """What the objects say, as fields of a state, boards last in memory. The objects are kept."""
        self._room = max(self._room, 4 * len(worlds))
        self._keep(seeds.tolist(), worlds)
        made = np.array([len(world.history) // _ENTRY.itemsize for world in worlds], np.int64)
        returns = np.array([world.returns for world in worlds], np.float32).reshape(-1, self.spec.seats)  # (B, P)
        done = np.array([world.over for world in worlds], np.bool_)
        self._is_as_declared(made, returns, done)
        to_act, legal = self._turns(worlds)
        fields = {
            "made": torch.from_numpy(made),
            "history": torch.from_numpy(self._histories(worlds)),
            "shown": torch.tensor([world.shown for world in worlds]),
            "done": torch.from_numpy(done),
            "to_act": torch.from_numpy(to_act).T,
            "legal": torch.from_numpy(legal).movedim(-1, 0),
            "returns": boards_last(torch.from_numpy(returns)),
        }
        return {name: field.to(seeds.device) for name, field in fields.items()}

    def _histories(self, worlds: Sequence[World]) -> NDArray[np.int32]:
        """(B, H): filled up with zeros."""
        width = self.longest * _ENTRY.itemsize
        rows = bytearray().join(world.history.ljust(width, b"\0") for world in worlds)
        return np.frombuffer(rows, _ENTRY).reshape(len(worlds), self.longest)

    def _turns(self, worlds: Sequence[World]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Who must act, (P, B), and how they may, (P, A, B)."""
        to_act = np.zeros((self.spec.seats, len(worlds)), np.bool_)
        legal = np.zeros((self.spec.seats, self.spec.actions, len(worlds)), np.bool_)
        places, movers, counts, actions = list[int](), list[int](), list[int](), list[int]()
        for board, world in enumerate(worlds):
            for seat in world.movers:
                able = world.legal(seat)
                places.append(board)
                movers.append(seat)
                counts.append(len(able))
                actions.extend(able)
        place, mover = np.array(places, np.int64), np.array(movers, np.int64)
        to_act[mover, place] = True
        legal[np.repeat(mover, counts), np.array(actions, np.int64), np.repeat(place, counts)] = True
        if self.spec.simultaneous:
            idle = ~to_act & ~np.array([world.over for world in worlds], np.bool_)  # (P, B)
            to_act |= idle
            legal[:, PASS] |= idle
        return to_act, legal

    def _is_as_declared(self, made: NDArray[Any], returns: NDArray[np.float32], done: NDArray[np.bool_]) -> None:
        """Raises `OutsideFault` unless histories have room, and returns (B, P) lie in their range and fit the flavour."""
        if made.max(initial=0) > self.longest:
            raise OutsideFault(
                f"{self.spec.name!r} went on for {made.max()} actions and draws, {self.longest} were declared",
                hint="raise max_steps",
            )
        low, high = self.spec.return_range
        slack = _ROUNDING * max(1.0, abs(low), abs(high))
        if not ((returns >= low - slack) & (returns <= high + slack)).all():
            raise OutsideFault(
                f"{self.spec.name!r} paid {returns.min():g} to {returns.max():g}, beyond the declared {low:g} to {high:g}",
                hint="say how much a seat can lose and win in all: return_range=(low, high)",
            )
        total = np.abs(returns[done].sum(1)).max(initial=0.0)
        if self.spec.zero_sum and total > slack:
            raise OutsideFault(
                f"{self.spec.name!r} is declared competitive, and paid its two seats {total:g} in all instead of 0",
                hint='write flavour="mixed", or flavour="cooperative"',
            )
