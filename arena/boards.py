"""Boards at which a learner from elsewhere holds one seat each and checkpoints of the league the others, in one batch.

A board that is over begins anew at once, with another opponent. Matches are begun many at a time and kept in stock until a
board is free: to seat a few opponents costs as much as to seat many. What a match is, is what the runner makes of it: the
same seed, lineup and actions give the same course.

Dimensions: B boards, P seats, A actions, N matches.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from arena import torch_settings
from arena.errors import BadConfig
from arena.opponents import Opponents
from arena.opposition import Opposition
from arena.roster import Roster
from games import arguments
from games.chance import bits, derive
from games.core import FORFEIT, Game, State, anywhere
from games.errors import CheckFailed

_TRIES = 100  # matches that may be over before the learner could do anything, one after the other
_DRAWS, _NEXT, _LOT = -1, -2, -1  # kinds of chance below a seed; the last below a match's
_MOST = 1 << 20  # boards
_STOCK = 3  # matches for each board, begun in advance: more are quicker, and drawn by what was known longer ago
_LARGEST = (1 << 63) - 1  # of seeds

Seat = int | Literal["random", "rotate"]


class Seen(NamedTuple):
    """What the learner sees of N matches."""

    features: Tensor  # (N, *observation) float32
    legal: Tensor  # (N, A) bool
    seat: Tensor  # (N,) int64: which seat it holds


class Stepped(NamedTuple):
    """What a step brought. Where a board was over, `seen` is of the next match, and `last` of the one that ended."""

    seen: Seen
    reward: Tensor  # (B,) float32: what the seat was paid since its last decision; before its first, with that one
    done: Tensor  # (B,) bool
    over: Tensor  # (N,) int64: the boards that were over
    last: Tensor  # (N, *observation) float32: what the learner saw there at the end
    seat: Tensor  # (N,) int64: from this seat


class _Matches(NamedTuple):
    """N matches on their way."""

    state: State
    slot: Tensor  # (N,) int64: where the opposition keeps it
    seat: Tensor  # (N,) int64: the learner's
    paid: Tensor  # (N,) float32: to the learner, since its last decision
    features: Tensor  # (N, *observation) float32: what it sees

    def cut(self, matches: slice) -> _Matches:
        """A stretch of them, in the same memory."""
        state, *others = self
        return _Matches(state.map(lambda field: field[matches]), *(mine[matches] for mine in others))

    def put(self, places: Tensor, fresh: _Matches) -> _Matches:
        """The same with others in some places (N,)."""
        return _Matches(
            self.state.put(places, fresh.state),
            self.slot.index_copy(0, places, fresh.slot),
            self.seat.index_copy(0, places, fresh.seat),
            self.paid.index_copy(0, places, fresh.paid),
            self.features.index_copy(0, places, fresh.features),
        )


class Boards:
    """B boards of a game. `seat` is where the learner sits: a number, by lot, or each seat in turn.

    Raises `BadConfig` and `BadSpec` for what cannot be.
    """

    def __init__(
        self, game: Game, opponents: Opponents, roster: Roster, *, boards: int, seat: Seat = "random", seed: int = 0
    ) -> None:
        self.game, self.opponents, self.roster = game, opponents, roster
        self.count = arguments.whole("boards", _plain(boards), low=1, high=_MOST)
        self.seats, self._seat_rule = game.spec.seats, _seat_rule(seat, game.spec.seats)
        if game.spec.flavour == "competitive" and len(set(game.spec.team_of)) < game.spec.seats:
            raise BadConfig(
                f"the learner holds one seat, and in {game.spec.name} seats win as teams",
                hint="a learner of Arena's can hold a whole team: arena register NAME 'ppo' --game ...",
            )
        self.begin(seed)

    def begin(self, seed: int) -> Seen:
        """Fresh matches on all boards; all their chance comes from the seed. Raises `BadSpec` for what is none."""
        return self._begun_by(seed, turn=0)

    def go_on(self) -> Seen:
        """Fresh matches on all boards, by a seed that follows from the last one; turns of seats go on."""
        return self._begun_by(derive(self.seed, _NEXT), turn=self._turn)

    @torch_settings.fixed()
    def _begun_by(self, seed: int, *, turn: int) -> Seen:
        self.seed = arguments.whole("seed", _plain(seed), low=0, high=_LARGEST)
        with torch_settings.playing(self.game):
            return self._begun(turn)

    def _begun(self, turn: int) -> Seen:
        self._matches, slots = 0, (1 + _STOCK) * self.count  # so many were seated
        self._each = torch.arange(slots)
        self._firsts = self._each * self.seats
        self._first, self._turn = turn, turn + self.count  # of those that the learner plays; and of the next one
        self.opponents.begin(derive(self.seed, _DRAWS))
        self.opposition = Opposition(self.game, self.opponents, self.roster, slots)
        self._boards = self._each[: self.count]
        self._here = self._fresh(self._boards)
        self._stock, self._used = self._fresh(self._each[self.count :]), 0
        self._nothing = torch.zeros(self.count)
        self._free: list[Tensor] = []  # slots of those that are over
        return self._seen()

    @property
    def state(self) -> State:
        """Where the matches stand."""
        return self._here.state

    def met(self, boards: Tensor) -> Tensor:
        """Whom the learner meets on boards (N,) int64: numbers of `opponents.drawn` (N,)."""
        return self.opposition.met(self._here.slot.index_select(0, boards))

    def refresh(self) -> None:
        """Whoever joined the league meanwhile is met in every match that begins from now on: the stock is given up."""
        self.opponents.refresh()
        self._free.append(self._stock.slot[self._used :])
        self._used, self._first = _STOCK * self.count, self._turn - self._matches

    def close(self) -> None:
        """Lets go of the opponents: programs among them end."""
        self.roster.close()

    def step(self, actions: Tensor) -> Stepped:
        """The learner's actions (B,) int64; one that is not legal loses its match, as everywhere in the league."""
        with torch_settings.playing(self.game):
            return self._stepped_by(actions)

    def _stepped_by(self, actions: Tensor) -> Stepped:
        self.opponents.decisions += self.count
        here, slots, seat = self._here.state, self._here.slot, self._here.seat
        answers = actions.expand(self.seats, -1).T  # what is said for seats that do not act is ignored
        if int(here.to_act.count_nonzero()) > self.count:  # some must act with the learner
            others = here.to_act.scatter(1, seat.unsqueeze(1), False)
            answers = answers.masked_scatter(others, self.opposition.answers(here, slots, others))
        held, state = self._held(seat), self.game.step(here, answers)
        state, rewards = self._played_on(state, slots, held, state.rewards)
        reward = self._here.paid + rewards.take(held)
        self._here = _Matches(state, slots, seat, self._nothing, self.game.observe(state, seat))
        done = state.done.clone()  # the state's own is not given away
        over = done.nonzero().squeeze(1)
        last, sat = self._here.features.index_select(0, over), seat.index_select(0, over)
        if over.numel():
            ended = state.returns.index_select(0, over), slots.index_select(0, over), sat
            self.opposition.count(*ended)
            self.opposition.end(*ended)
            self._begin_anew(over)
        return Stepped(self._seen(), reward, done, over, last, sat)

    def _seen(self) -> Seen:
        here = self._here
        return Seen(here.features, here.state.legal[self._boards, here.seat], here.seat.clone())

    def _begin_anew(self, over: Tensor) -> None:
        """Matches from the stock on boards (N,) that are over."""
        if self._used + over.numel() > _STOCK * self.count:
            self._stock = self._stock.put(torch.arange(self._used), self._fresh(torch.cat(self._free)))
            self._used, self._free = 0, []
        taken = slice(self._used, self._used + over.numel())
        self._used, self._turn = taken.stop, self._turn + over.numel()
        self._free.append(self._here.slot.index_select(0, over))
        self._here = self._here.put(over, self._stock.cut(taken))

    def _fresh(self, slots: Tensor) -> _Matches:
        """New matches in these slots (N,), played on until the learner must decide. One that is over before is nobody's
        doing: it is not shown, and counts for nothing. Raises `CheckFailed` for an opponent that never comes so far.
        """
        (state, seat), losers = self._seated(slots), np.array([])
        rewards = torch.zeros_like(state.rewards)
        for _ in range(_TRIES):
            held = self._held(seat)
            state, rewards = self._played_on(state, slots, held, rewards)
            again = state.done.nonzero().squeeze(1)
            if not again.numel():
                return _Matches(state, slots, seat, rewards.take(held), self.game.observe(state, seat))
            self.opposition.end(state.returns[again], slots[again], seat[again])
            losers = self.opponents.names[self.opposition.met(slots[again]).numpy()]
            others, theirs = self._seated(slots[again])
            state, seat = state.put(again, others), seat.index_copy(0, again, theirs)
            rewards = rewards.index_fill(0, again, 0.0)
        raise CheckFailed(
            f"{losers[0]} loses every match before the learner's first decision",
            hint="arena agents check SPEC --game GAME tells why; or retire it: arena agents retire NAME",
        )

    def _seated(self, slots: Tensor) -> tuple[State, Tensor]:
        """The first states of new matches, with everybody seated; and the learner's seats (N,)."""
        numbers = torch.arange(self._matches, self._matches + len(slots))
        self._matches += len(slots)
        seeds = bits(torch.tensor(self.seed), numbers)
        lots = bits(seeds, _LOT)  # not the seeds: they are the rules'
        seat = self._seat_rule(numbers + self._first, lots)
        self.opposition.sit_down(slots, seat, seeds, lots)
        return self.game.reset(seeds), seat

    def _held(self, seat: Tensor) -> Tensor:
        """Where the learner's seats (N,) lie among all seats of their matches: for `Tensor.take`."""
        return self._firsts[: seat.numel()] + seat

    def _played_on(self, state: State, slots: Tensor, held: Tensor, rewards: Tensor) -> tuple[State, Tensor]:
        """Matches (N,), stepped where only others must act; and the rewards (N, P) with what was paid meanwhile."""
        while True:
            own = state.to_act.take(held)  # (N,): the learner must act
            if int((ready := own | state.done).count_nonzero()) == slots.numel():
                return state, rewards
            if not anywhere(own):  # all step: who is done stays as it is, and is paid nothing
                state = self._stepped(state, slots)
                rewards = rewards + state.rewards
            else:
                places = (~ready).nonzero().squeeze(1)
                after = self._stepped(state.take(places), slots[places])
                state, rewards = state.put(places, after), rewards.index_add(0, places, after.rewards)

    def _stepped(self, state: State, slots: Tensor) -> State:
        answers = self.opposition.answers(state, slots, state.to_act)
        actions = torch.full_like(state.to_act, FORFEIT, dtype=torch.int64)
        return self.game.step(state, actions.masked_scatter_(state.to_act, answers))


def _seat_rule(seat: Seat, seats: int) -> Callable[[Tensor, Tensor], Tensor]:
    """From matches' numbers and lots (N,) to the learner's seats (N,). Raises `BadConfig`."""
    if seat == "random":
        return lambda number, lot: lot % seats
    if seat == "rotate":
        return lambda number, lot: number % seats
    if isinstance(seat, int) and not isinstance(seat, bool) and 0 <= seat < seats:
        return lambda number, lot: torch.full_like(number, seat)
    raise BadConfig(f"expected seat 'random', 'rotate' or a number below {seats}, got {seat!r}")


def _plain(number: object) -> object:
    """An integer of numpy's as one of Python's."""
    return int(number) if isinstance(number, Integral) and not isinstance(number, bool) else number
