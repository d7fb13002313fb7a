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

import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.errors import Faults
from arena import torch_settings
from arena.errors import BadConfig
from arena.match import Checkpoint
from arena.opponents import Opponents
from arena.pool import Draw
from arena.replies import Invalid, read_actions
from arena.roster import Roster, Unable
from arena.runner import Cast, luck
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
    """What the learner sees of N matches."""

    features: Tensor  # (N, *observation) float32
    legal: Tensor  # (N, A) bool
    seat: Tensor  # (N,) int64: which seat it holds

    def take(self, matches: Tensor | slice) -> Seen:
        """Of some of the matches only."""
        return Seen(self.features[matches], self.legal[matches], self.seat[matches])

    def put(self, matches: Tensor, fresh: Seen) -> Seen:
        """The same with others in the places `matches` (N,) of some."""
        pairs = zip(vars(self).values(), vars(fresh).values(), strict=True)
        return Seen(*(mine.clone().index_copy_(0, matches, theirs) for mine, theirs in pairs))


@dataclass(frozen=True)
class Stepped:
    """What a step brought. Where a board was over, `seen` is of the next match, and `last` of the one that ended."""

    seen: Seen
    reward: Tensor  # (B,) float32: what the seat was paid since its last decision; before its first, with that one
    done: Tensor  # (B,) bool
    over: Tensor  # (N,) int64: the boards that were over
    last: Seen  # of those


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
        self._met = [Draw(None, "", 0.0)] * slots
        self._seat, self._actor, self._member = torch.zeros(3, slots, dtype=torch.int64)
        self._private = torch.zeros(slots, self.seats, dtype=torch.int64)  # each seat's own chance
        self._owed = torch.zeros(slots)  # what the learner was paid before its first decision
        self.slot = torch.arange(self.count)  # (B,)
        self.state, seen = self._fresh(self.slot)
        self._stocked = torch.arange(self.count, slots)  # (B,): the slots of matches in stock
        (self._stock, self._shown), self._used, self._free = self._fresh(self._stocked), 0, self._stocked[:0]
        return seen

    def go_on(self) -> Seen:
        """Fresh matches on all boards, by a seed that follows from the last one."""
        return self.begin(derive(self.seed, _NEXT))

    def met(self, boards: Tensor) -> list[Draw]:
        """Whom the learner meets on boards (N,) int64, and why."""
        return [self._met[slot] for slot in self.slot[boards].tolist()]

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
        seat = self._seat[self.slot][:, None]
        answers = torch.where(self.state.to_act, actions[:, None], FORFEIT)
        if self.game.spec.simultaneous:
            others = self.state.to_act.scatter(1, seat, torch.zeros_like(self.state.to_act[:, :1]))
            self._answer(self.state, self.slot, others, answers)
        state = self.game.step(self.state, answers)
        paid = state.rewards.gather(1, seat).squeeze(1) + self._owed[self.slot]
        self._owed[self.slot] = 0.0
        self.state, reward = self._played_on(state, self.slot, paid)
        seen, done = self._seen(self.state, self.slot), self.state.done.clone()  # the state's own is not given away
        over = done.nonzero().squeeze(1)
        last = seen.take(over)
        if len(over):
            self._tell(self.state.returns[over], self.slot[over])
            seen = seen.put(over, self._begin_anew(over))
        return Stepped(seen, reward, done, over, last)

    def _begin_anew(self, over: Tensor) -> Seen:
        """Matches from the stock on boards (N,) that are over."""
        if self._used + len(over) > self.count:
            places, (fresh, shown) = torch.arange(self._used), self._fresh(self._free)
            self._stock = self._stock.put(places, fresh)
            self._shown = self._shown.put(places, shown)
            self._stocked = torch.cat([self._free, self._stocked[self._used :]])
            self._used, self._free = 0, self._free[:0]
        taken = slice(self._used, self._used + len(over))
        self._used += len(over)
        self._free = torch.cat([self._free, self.slot[over]])
        self.state = self.state.put(over, self._stock.take(taken))
        self.slot = self.slot.index_copy(0, over, self._stocked[taken])
        return self._shown.take(taken)

    def _fresh(self, slots: Tensor) -> tuple[State, Seen]:
        """New matches in these slots (N,), played on until the learner must decide; one that is over before is nobody's
        doing. Raises `CheckFailed` for an opponent that never comes so far.
        """
        state, again, owed = self._seated(slots), torch.arange(len(slots)), torch.zeros(len(slots))
        for _ in range(_TRIES):
            state, owed = self._played_on(state, slots, owed)
            again = state.done.nonzero().squeeze(1)
            if not len(again):
                self._owed[slots] = owed
                return state, self._seen(state, slots)
            self._tell(state.returns[again], slots[again])
            state, owed[again] = state.put(again, self._seated(slots[again])), 0.0
        raise CheckFailed(
            f"{self._met[int(slots[again[0]])].opponent} loses every match before the learner's first decision",
            hint="arena agents check SPEC --game GAME tells why; or retire it: arena agents retire NAME",
        )

    def _seated(self, slots: Tensor) -> State:
        """The first states of new matches, with everybody seated."""
        numbers = torch.arange(self._begun, self._begun + len(slots))
        self._begun += len(slots)
        matches = self.opponents.draw(len(slots))
        places = self._loaded([match.opponent for match in matches])
        seeds = bits(torch.tensor(self.seed), numbers)
        self._seat[slots] = self._seat_rule(numbers, bits(seeds, _SEAT))
        self._actor[slots], self._member[slots], lucks = torch.tensor(places).T
        self._private[slots] = bits(seeds[:, None], lucks[:, None], torch.arange(self.seats))
        for slot, match in zip(slots.tolist(), matches, strict=True):
            self._met[slot] = match
        for index in {actor for actor, *_ in places}:
            self._let_begin(index, slots[self._actor[slots] == index])
        return self.game.reset(seeds)

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

    def _let_begin(self, index: int, slots: Tensor) -> None:
        """Tells an opponent which rows it plays from now on, one match after the other where it fails; those it cannot
        begin it forfeits when it is asked."""
        place, seat = (torch.arange(self.seats) != self._seat[slots, None]).nonzero(as_tuple=True)
        slot = slots[place]
        try:
            rows, seeds = slot * self.seats + seat, self._private[slot, seat]
            with foreign(), torch_settings.kept(), torch_settings.ordinary():
                self._actors[index].reset(rows.clone(), seeds.clone())
        except Raised as raised:
            if len(slots) > 1:
                for one in slots:
                    self._let_begin(index, one.view(1))
                return
            log.info("%s cannot begin: %s", self._met[int(slot[0])].opponent, raised)
            self._actor[slots] = len(self._actors)
            self._actors.append(Unable(self.game.spec, raised))

    def _played_on(self, state: State, slots: Tensor, reward: Tensor) -> tuple[State, Tensor]:
        """Matches (N,), stepped where only others must act; and the rewards (N,) with what was paid meanwhile."""
        seat = self._seat[slots][:, None]
        while True:
            own = state.to_act.gather(1, seat).squeeze(1)  # (N,): the learner must act
            if bool((ready := own | state.done).all()):
                return state, reward
            if not bool(own.any()):  # all step: who is done stays as it is, and is paid nothing
                state = self._stepped(state, slots)
                reward = reward + state.rewards.gather(1, seat).squeeze(1)
            else:
                places = (~ready).nonzero().squeeze(1)
                after = self._stepped(state.take(places), slots[places])
                state = state.put(places, after)
                reward = reward.index_add(0, places, after.rewards.gather(1, seat[places]).squeeze(1))

    def _stepped(self, state: State, slots: Tensor) -> State:
        answers = torch.full_like(state.to_act, FORFEIT, dtype=torch.int64)
        self._answer(state, slots, state.to_act, answers)
        return self.game.step(state, answers)

    def _answer(self, state: State, slots: Tensor, asked: Tensor, answers: Tensor) -> None:
        """Writes the opponents' answers (N, P) where they are `asked`."""
        place, seat = asked.nonzero(as_tuple=True)  # (R,)
        if not len(place):
            return
        whole = len(place) == len(slots) and not self.game.spec.simultaneous
        where, slot = (state, slots) if whole else (state.take(place), slots[place])
        seen = Observation(
            features=self.game.observe(where, seat),
            legal=state.legal[place, seat],
            seat=seat,
            step=state.step[place],
            seed=self._private[slot, seat],
            row=slot * self.seats + seat,
            member=self._member[slot],
        )
        if len(self._actors) == 1:
            answers[place, seat] = _asked(self._actors[0], seen)
            return
        actor = self._actor[slot]
        for index in actor.unique().tolist():
            rows = (actor == index).nonzero().squeeze(1)
            answers[place[rows], seat[rows]] = _asked(self._actors[index], seen.take(rows))

    def _tell(self, returns: Tensor, slots: Tensor) -> None:
        """Tells the opponents' tally, and those who ask for it, what came of matches: returns (N, P)."""
        seat = self._seat[slots][:, None]
        best = returns.scatter(1, seat, -torch.inf).amax(1)  # (N,) of the others
        margins = (returns.gather(1, seat).squeeze(1) - best).tolist()
        for slot, margin in zip(slots.tolist(), margins, strict=True):
            self.opponents.tell(self._met[slot], margin if margin == margin else None)
        for index, actor in enumerate(self._actors):
            if type(actor).over is not Agent.over:
                self._tell_the_end(index, returns, slots)

    def _tell_the_end(self, index: int, returns: Tensor, slots: Tensor) -> None:
        """Tells an opponent what came of those of the matches (N,) that were its own, if there are any."""
        its = (self._actor[slots] == index).nonzero().squeeze(1)
        place, seat = (torch.arange(self.seats) != self._seat[slots[its], None]).nonzero(as_tuple=True)
        rows, earned = slots[its[place]] * self.seats + seat, returns[its[place]]
        if not len(rows):
            return
        try:
            with foreign(), torch_settings.kept(), torch_settings.ordinary():
                self._actors[index].over(rows.clone(), earned.clone())
        except Raised as raised:
            log.warning("an opponent could not be told how its matches ended: %s", raised)

    def _seen(self, state: State, slots: Tensor) -> Seen:
        seat = self._seat[slots]
        return Seen(self.game.observe(state, seat), state.legal[torch.arange(len(seat)), seat], seat)


def _asked(agent: Agent, seen: Observation) -> Tensor:
    """An opponent's actions (R,); where a batch fails each row is asked alone, and a row that fails forfeits."""
    try:
        with foreign(Invalid, Faults), torch_settings.kept():
            if agent.reads_only:
                return read_actions(agent.act(seen), seen.row.shape, seen.row.device)
            with torch_settings.ordinary():
                return read_actions(agent.act(seen.clone()), seen.row.shape, seen.row.device)
    except Faults as some:  # it knows which of its rows it lost
        return read_actions(some.answer, seen.row.shape, seen.row.device)
    except (Raised, Invalid) as fault:
        if len(seen) > 1:
            return torch.cat([_asked(agent, seen.take(slice(row, row + 1))) for row in range(len(seen))])
        log.info("an opponent forfeits: %s", fault)
        return torch.full_like(seen.row, FORFEIT)


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
