"""Boards at which a learner from elsewhere holds one seat each and checkpoints of the league the others, in one batch.

A board that is over begins anew at once, with another opponent. Matches are begun many at a time and kept in stock until a
board is free: to seat a few opponents costs as much as to seat many. What a match is, is what the runner makes of it: the
same seed, lineup and actions give the same course.

Dimensions: B boards, P seats, R rows (seats that must act now), A actions, N matches, S slots (a match's place in the
memory of those who play it).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from numbers import Integral
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from agents.core import Agent
from agents.errors import Faults
from arena import torch_settings
from arena.errors import BadConfig
from arena.match import Checkpoint
from arena.opponents import Objects, Opponents
from arena.replies import Invalid, asked, read_actions
from arena.roster import Roster, Unable
from arena.runner import Cast, luck
from arena.shown import Shown, observed
from games import arguments
from games.chance import bits, derive
from games.core import FORFEIT, Game, State
from games.errors import CheckFailed
from games.foreign import Raised, foreign

log = logging.getLogger(__name__)
_TRIES = 100  # matches that may be over before the learner could do anything, one after the other
_DRAWS, _NEXT, _SEAT = -1, -2, -1  # kinds of chance below a seed; the last below a match's
_MOST = 1 << 20  # boards
_LARGEST = (1 << 63) - 1  # of seeds

Seat = int | Literal["random", "rotate"]


@dataclass(frozen=True)
class Seen:
    """What the learner sees of N matches, in tensors that nobody else holds."""

    features: Tensor  # (N, *observation) float32
    legal: Tensor  # (N, A) bool
    seat: Tensor  # (N,) int64: which seat it holds

    def take(self, matches: Tensor) -> Seen:
        """Of some of the matches (N,) only."""
        return Seen(*(mine.index_select(0, matches) for mine in vars(self).values()))

    def put(self, matches: Tensor, fresh: Seen) -> None:
        """Writes what is seen of others in the places `matches` (N,) of some."""
        for mine, theirs in zip(vars(self).values(), vars(fresh).values(), strict=True):
            mine.index_copy_(0, matches, theirs)

    def cut(self, matches: slice) -> Seen:
        """Of a stretch of the matches; it shares their memory."""
        return Seen(*(mine[matches] for mine in vars(self).values()))


@dataclass(frozen=True)
class Stepped:
    """What a step brought. Where a board was over, `seen` is of the next match, and `last` of the one that ended."""

    seen: Seen
    reward: Tensor  # (B,) float32: what the seat was paid since its last decision; before its first, with that one
    done: Tensor  # (B,) bool
    over: Tensor  # (N,) int64: the boards that were over
    last: Seen  # of those


@dataclass(frozen=True)
class _Matches:
    """N matches on their way."""

    state: State
    slot: Tensor  # (N,) int64
    seat: Tensor  # (N,) int64: the learner's
    paid: Tensor  # (N,) float32: to the learner, since its last decision

    def cut(self, matches: slice) -> _Matches:
        """A stretch of them."""
        state = self.state.map(lambda field: field[matches])
        return _Matches(state, self.slot[matches], self.seat[matches], self.paid[matches])

    def put(self, places: Tensor, fresh: _Matches) -> _Matches:
        """The same with others in some places (N,)."""
        return _Matches(
            self.state.put(places, fresh.state),
            self.slot.index_copy(0, places, fresh.slot),
            self.seat.index_copy(0, places, fresh.seat),
            self.paid.index_copy(0, places, fresh.paid),
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

    @torch_settings.fixed()
    def begin(self, seed: int) -> Seen:
        """Fresh matches on all boards; all their chance comes from the seed. Raises `BadSpec` for what is none."""
        with torch_settings.playing(self.game):
            return self._begun_by(seed)

    def _begun_by(self, seed: int) -> Seen:
        self.seed = arguments.whole("seed", _plain(seed), low=0, high=_LARGEST)
        self._begun, slots = 0, 2 * self.count
        self.opponents.begin(derive(self.seed, _DRAWS))
        self._cast, self._actors = Cast([], {}), list[Agent]()  # whom the last draws brought; who plays
        self._met = np.empty((2, slots), object)  # whom the learner meets there: the draw, and the name
        self._actor, self._member = torch.zeros(2, slots, dtype=torch.int64)
        self._private = torch.zeros(slots, self.seats, dtype=torch.int64)  # each seat's own chance
        self._here, seen = self._fresh(torch.arange(self.count))
        (self._stock, self._shown), self._used = self._fresh(torch.arange(self.count, slots)), 0
        self._free = self._here.slot[:0]
        return seen

    def go_on(self) -> Seen:
        """Fresh matches on all boards, by a seed that follows from the last one."""
        return self.begin(derive(self.seed, _NEXT))

    @property
    def state(self) -> State:
        """Where the matches stand."""
        return self._here.state

    def met(self, boards: Tensor) -> tuple[Objects, Objects]:
        """Whom the learner meets on boards (N,) int64: the draws (N,), and their names."""
        draws, names = self._met[:, self._here.slot.index_select(0, boards).numpy()]
        return draws, names

    def close(self) -> None:
        """Lets go of the opponents: programs among them end."""
        self.roster.close()

    @torch_settings.fixed()
    def step(self, actions: Tensor) -> Stepped:
        """The learner's actions (B,) int64; one that is not legal loses its match, as everywhere in the league."""
        with torch_settings.playing(self.game):
            return self._stepped_by(actions)

    def _stepped_by(self, actions: Tensor) -> Stepped:
        self.opponents.decisions += self.count
        here, slots, seat = self._here.state, self._here.slot, self._here.seat
        answers = actions.unsqueeze(1).expand(-1, self.seats)  # what is said for seats that do not act is ignored
        others = here.to_act.scatter(1, seat.unsqueeze(1), False)  # who must act with the learner
        if bool(others.any()):
            answers = answers.masked_scatter(others, self._answers(here, slots, others))
        state = self.game.step(here, answers)
        state, rewards = self._played_on(state, slots, seat, state.rewards)
        reward = self._here.paid + _own(rewards, seat)
        self._here = _Matches(state, slots, seat, torch.zeros_like(reward))
        seen, done = self._seen(state, seat), state.done.clone()  # the state's own is not given away
        over = done.nonzero().squeeze(1)
        last = seen.take(over)
        if over.numel():
            self._tell(state.returns.index_select(0, over), slots.index_select(0, over), last.seat)
            seen.put(over, self._begin_anew(over))
        return Stepped(seen, reward, done, over, last)

    def _begin_anew(self, over: Tensor) -> Seen:
        """Matches from the stock on boards (N,) that are over."""
        if self._used + over.numel() > self.count:
            places, (fresh, shown) = torch.arange(self._used), self._fresh(self._free)
            self._stock = self._stock.put(places, fresh)
            self._shown.put(places, shown)
            self._used, self._free = 0, self._free[:0]
        taken = slice(self._used, self._used + over.numel())
        self._used = taken.stop
        self._free = torch.cat([self._free, self._here.slot.index_select(0, over)])
        self._here = self._here.put(over, self._stock.cut(taken))
        return self._shown.cut(taken)

    def _fresh(self, slots: Tensor) -> tuple[_Matches, Seen]:
        """New matches in these slots (N,), played on until the learner must decide; one that is over before is nobody's
        doing. Raises `CheckFailed` for an opponent that never comes so far.
        """
        (state, seat), again = self._seated(slots), slots
        rewards = torch.zeros_like(state.rewards)
        for _ in range(_TRIES):
            state, rewards = self._played_on(state, slots, seat, rewards)
            again = state.done.nonzero().squeeze(1)
            if not again.numel():
                return _Matches(state, slots, seat, _own(rewards, seat)), self._seen(state, seat)
            self._tell(state.returns[again], slots[again], seat[again])
            others, theirs = self._seated(slots[again])
            state, seat = state.put(again, others), seat.index_copy(0, again, theirs)
            rewards = rewards.index_fill(0, again, 0.0)
        raise CheckFailed(
            f"{self._met[1, int(slots[again[0]])]} loses every match before the learner's first decision",
            hint="arena agents check SPEC --game GAME tells why; or retire it: arena agents retire NAME",
        )

    def _seated(self, slots: Tensor) -> tuple[State, Tensor]:
        """The first states of new matches, with everybody seated; and the learner's seats (N,)."""
        numbers = torch.arange(self._begun, self._begun + len(slots))
        self._begun += len(slots)
        drawn, which = self.opponents.draw(len(slots))
        said = np.array([(draw, str(draw.opponent)) for draw in drawn], object)
        self._met[:, slots.numpy()] = said[which.numpy()].T
        seeds = bits(torch.tensor(self.seed), numbers)
        seat = self._seat_rule(numbers, bits(seeds, _SEAT))
        places = torch.tensor(self._loaded([draw.opponent for draw in drawn]))[which]
        self._actor[slots], self._member[slots], lucks = places.T
        self._private[slots] = bits(seeds[:, None], lucks[:, None], torch.arange(self.seats))
        for index in sorted(set(places[:, 0].tolist())):
            its = (places[:, 0] == index).nonzero().squeeze(1)
            self._let_begin(index, slots[its], seat[its])
        return self.game.reset(seeds), seat

    def _loaded(self, opponents: Sequence[Checkpoint | None]) -> list[tuple[int, int, int]]:
        """Actor, member and luck of each. Those who still play stay who they are, with all that they remember."""
        cast = self._cast = self._cast_with({who for who in opponents if who is not None})
        kept, self._actor = self._actor.unique(return_inverse=True)
        self._actors = [self._actors[index] for index in kept.tolist() if index < len(self._actors)]
        self._actors += [actor for actor in cast.actors if all(actor is not one for one in self._actors)]
        number = {id(actor): index for index, actor in enumerate(self._actors)}
        places = {who: (number[id(cast.actors[actor])], member, luck(who)) for who, (actor, member) in cast.places.items()}
        return [places[who] for who in opponents if who is not None]

    def _cast_with(self, wanted: Set[Checkpoint]) -> Cast:
        """The last cast where all of them are in it: two stacks of the same networks would be asked one after the other.

        Else one of both, unless most of that were people of the past.
        """
        if wanted <= self._cast.places.keys():
            return self._cast
        both = wanted | self._cast.places.keys()
        with torch_settings.ordinary():
            return self.roster.cast(both if len(both) <= 2 * len(wanted) else wanted)

    def _let_begin(self, index: int, slots: Tensor, seat: Tensor) -> None:
        """Tells an opponent which rows it plays from now on, one match after the other where it fails; those it cannot
        begin it forfeits when it is asked."""
        place, others = self._others(seat)
        slot = slots[place]
        try:
            rows, seeds = slot * self.seats + others, self._private[slot, others]
            with foreign(), torch_settings.kept(), torch_settings.ordinary():
                self._actors[index].reset(rows.clone(), seeds.clone())
        except Raised as raised:
            if len(slots) > 1:
                for one in range(len(slots)):
                    self._let_begin(index, slots[one : one + 1], seat[one : one + 1])
                return
            log.info("%s cannot begin: %s", self._met[1, int(slots)], raised)
            self._actor[slots] = len(self._actors)
            self._actors.append(Unable(self.game.spec, raised))

    def _others(self, seat: Tensor) -> tuple[Tensor, ...]:
        """All rows but the learner's, by match and seat."""
        return (torch.arange(self.seats) != seat.unsqueeze(1)).nonzero(as_tuple=True)

    def _played_on(self, state: State, slots: Tensor, seat: Tensor, rewards: Tensor) -> tuple[State, Tensor]:
        """Matches (N,), stepped where only others must act; and the rewards (N, P) with what was paid meanwhile."""
        while True:
            own = _own(state.to_act, seat)  # (N,): the learner must act
            if bool((ready := own | state.done).all()):
                return state, rewards
            if not bool(own.any()):  # all step: who is done stays as it is, and is paid nothing
                state = self._stepped(state, slots)
                rewards = rewards + state.rewards
            else:
                places = (~ready).nonzero().squeeze(1)
                after = self._stepped(state.take(places), slots[places])
                state, rewards = state.put(places, after), rewards.index_add(0, places, after.rewards)

    def _stepped(self, state: State, slots: Tensor) -> State:
        actions = torch.full_like(state.to_act, FORFEIT, dtype=torch.int64)
        return self.game.step(state, actions.masked_scatter_(state.to_act, self._answers(state, slots, state.to_act)))

    def _answers(self, state: State, slots: Tensor, asked: Tensor) -> Tensor:
        """The opponents' answers (R,) where they are asked, by match and seat: `asked` (N, P) bool."""
        place, seat = rows = asked.nonzero(as_tuple=True)  # (R,)
        if not place.numel():
            return place
        where, slot = state.take(place), slots.index_select(0, place)
        makers: dict[str, Callable[[], Tensor]] = {
            "features": lambda: observed(self.game, where, seat),
            "legal": lambda: state.legal[rows],
            "seat": seat.clone,
            "step": lambda: where.step,
            "seed": lambda: self._private[slot, seat],
            "row": lambda: slot * self.seats + seat,
            "member": lambda: self._member[slot],
        }
        seen = Shown.of(lambda name: makers[name]())
        if len(self._actors) == 1:
            return _answered(self._actors[0], seen, place.numel())
        actor, answers = self._actor[slot], torch.empty_like(place)
        for index in actor.unique().tolist():
            its = (actor == index).nonzero().squeeze(1)
            answers.index_copy_(0, its, _answered(self._actors[index], seen.take(its), its.numel()))
        return answers

    def _tell(self, returns: Tensor, slots: Tensor, seat: Tensor) -> None:
        """Tells the opponents' tally, and those who ask for it, what came of matches: returns (N, P)."""
        best = returns.scatter(1, seat.unsqueeze(1), -torch.inf).amax(1)  # (N,) of the others
        self.opponents.tell(self._met[0, slots.numpy()], (_own(returns, seat) - best).double().numpy())
        for index, actor in enumerate(self._actors):
            if type(actor).over is not Agent.over:
                its = (self._actor[slots] == index).nonzero().squeeze(1)
                self._tell_the_end(index, returns[its], slots[its], seat[its])

    def _tell_the_end(self, index: int, returns: Tensor, slots: Tensor, seat: Tensor) -> None:
        """Tells an opponent what came of its matches (N,), if there are any."""
        place, others = self._others(seat)
        rows, earned = slots[place] * self.seats + others, returns[place]
        if not len(rows):
            return
        try:
            with foreign(), torch_settings.kept(), torch_settings.ordinary():
                self._actors[index].over(rows.clone(), earned.clone())
        except Raised as raised:
            log.warning("an opponent could not be told how its matches ended: %s", raised)

    def _seen(self, state: State, seat: Tensor) -> Seen:
        return Seen(self.game.observe(state, seat), state.legal[torch.arange(seat.numel()), seat], seat.clone())


def _own(values: Tensor, seat: Tensor) -> Tensor:
    """What the seats (N,) have of values (N, P)."""
    return values.gather(1, seat.unsqueeze(1)).squeeze(1)


def _answered(agent: Agent, seen: Shown, count: int) -> Tensor:
    """An opponent's actions (R,) for so many rows; where a batch fails each row is asked alone, and a row that fails
    forfeits."""
    device = torch.device("cpu")
    try:
        return asked(agent, seen, count, device)
    except Faults as some:  # it knows which of its rows it lost
        return read_actions(some.answer, torch.Size((count,)), device)
    except (Raised, Invalid) as fault:
        if count > 1:
            return torch.cat([_answered(agent, seen.take(slice(row, row + 1)), 1) for row in range(count)])
        log.info("an opponent forfeits: %s", fault)
        return torch.full((1,), FORFEIT)


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
