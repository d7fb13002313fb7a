"""Who sits opposite a learner from elsewhere: checkpoints of the league, in one batch, seated again and again.

A match has a slot, its place in the memory of those who play it.

Dimensions: P seats, N matches, S slots, R rows (seats that must act now), A actions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence, Set

import torch
from torch import Tensor

from agents.core import Agent
from agents.errors import Faults
from arena import torch_settings
from arena.match import Checkpoint
from arena.opponents import Opponents
from arena.replies import Invalid, asked, read_actions
from arena.roster import Roster, Unable
from arena.runner import Cast, let_begin, luck
from arena.shown import RulesFault, Shown, observed
from games.chance import bits
from games.core import FORFEIT, Game, State
from games.foreign import Raised, foreign
from games.kept import kept

log = logging.getLogger(__name__)


class Opposition:
    """Those who hold all seats but the learner's, in S slots, from now on: what was before is forgotten."""

    def __init__(self, game: Game, opponents: Opponents, roster: Roster, slots: int) -> None:
        self.game, self.opponents, self.roster, self.seats = game, opponents, roster, game.spec.seats
        self._cast, self._actors = Cast([], {}), list[Agent]()  # whom the last draws brought; who plays
        self._number = torch.zeros(slots, dtype=torch.int64)  # of `opponents.drawn`: whom the learner meets there
        self._actor, self._member = torch.zeros(2, slots, dtype=torch.int64)
        self._private = torch.zeros(slots, self.seats, dtype=torch.int64)  # each seat's own chance

    def met(self, slots: Tensor) -> Tensor:
        """Whom the learner meets in slots (N,): numbers of `opponents.drawn` (N,)."""
        return self._number.index_select(0, slots)

    def sit_down(self, slots: Tensor, seat: Tensor, seeds: Tensor, lots: Tensor) -> None:
        """Draws by lots (N,) who plays new matches (N,) of these seeds, and seats them; the learner has `seat` (N,)."""
        self._number[slots] = numbers = self.opponents.draw(lots)
        distinct = sorted(set(numbers.tolist()))
        places = torch.zeros(len(self.opponents.drawn), 3, dtype=torch.int64)
        places[distinct] = torch.tensor(self._loaded([self.opponents.drawn[number].opponent for number in distinct]))
        actor, self._member[slots], lucks = places[numbers].T
        self._private[slots] = bits(seeds[:, None], lucks[:, None], torch.arange(self.seats))
        self._actor[slots] = actor
        for index in sorted(set(actor.tolist())):
            its = (actor == index).nonzero().squeeze(1)
            self._let_begin(index, slots[its], seat[its])

    def answers(self, state: State, slots: Tensor, movers: Tensor) -> Tensor:
        """The opponents' answers (R,) where they are asked, by match and seat: `movers` (N, P) bool."""
        place, seat = rows = movers.nonzero(as_tuple=True)  # (R,)
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

    def count(self, returns: Tensor, slots: Tensor, seat: Tensor) -> None:
        """Tells the tally what came of matches that the learner played: returns (N, P)."""
        self.opponents.tell(self.met(slots), seat, returns)

    def end(self, returns: Tensor, slots: Tensor, seat: Tensor) -> None:
        """Tells opponents who ask for it what came of their matches: returns (N, P)."""
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
            with foreign(), kept(), torch_settings.ordinary():
                self._actors[index].over(rows.clone(), earned.clone())
        except Raised as raised:
            log.warning("an opponent could not be told how its matches ended: %s", raised)

    def _loaded(self, opponents: Sequence[Checkpoint | None]) -> list[tuple[int, int, int]]:
        """Actor, member and luck of each. Those who still play stay who they are, with all that they remember."""
        cast = self._cast = self._cast_with({who for who in opponents if who is not None})
        kept, self._actor = self._actor.unique(return_inverse=True)
        self._actors = [self._actors[index] for index in kept.tolist() if index < len(self._actors)]
        for actor in cast.actors:
            if all(actor is not one for one in self._actors):
                let_begin(actor)
                self._actors.append(actor)
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
            with foreign(), kept(), torch_settings.ordinary():
                self._actors[index].reset(rows.clone(), seeds.clone())
        except Raised as raised:
            if len(slots) > 1:
                for one in range(len(slots)):
                    self._let_begin(index, slots[one : one + 1], seat[one : one + 1])
                return
            log.info("%s cannot begin: %s", self.opponents.names[int(self.met(slots))], raised)
            self._actor[slots] = len(self._actors)
            self._actors.append(Unable(self.game.spec, raised))

    def _others(self, seat: Tensor) -> tuple[Tensor, ...]:
        """All rows but the learner's, by match and seat."""
        return (torch.arange(self.seats) != seat.unsqueeze(1)).nonzero(as_tuple=True)


def _answered(agent: Agent, seen: Shown, count: int) -> Tensor:
    """An opponent's actions (R,) for so many rows; where a batch fails each row is asked alone, and a row that fails
    forfeits."""
    device = torch.device("cpu")
    try:
        return asked(agent, seen, count, device)
    except RulesFault as fault:  # comes out as it does where the learner looks, or a step goes wrong
        raise fault.__cause__ or fault from None
    except Faults as some:  # it knows which of its rows it lost
        return read_actions(some.answer, torch.Size((count,)), device)
    except (Raised, Invalid) as fault:
        if count > 1:
            return torch.cat([_answered(agent, seen.take(slice(row, row + 1)), 1) for row in range(count)])
        log.info("an opponent forfeits: %s", fault)
        return torch.full((1,), FORFEIT)
