"""Plays matches: many lineups in one batch, on one game. The only file that knows both games and agents.

Dimensions: M matches of a chunk, B boards still alive, P seats, R rows (seats that must act now), A actions.

Each tick the rows are grouped by who answers them, observed once, and each actor answers its slice; finished boards leave
the batch. Boards of one lineup lie side by side, so that often the rows are in groups as they come and nothing is moved.
A chunk's outcome depends on nothing but the chunk: not on workers, not on what was played before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby

import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.errors import Faults
from agents.trajectory import Trajectory
from arena import torch_settings
from arena.match import Checkpoint, Match, Result
from arena.movers import Rows, Seating, movers, movers_unseen
from arena.recording import Recording
from arena.replies import Invalid, asked, read_actions
from arena.series import BySeat, Matches, Results
from arena.shown import RulesFault, Shown, observed, rules
from arena.tape import TapeRecorder
from arena.verdicts import Verdicts
from games.chance import bits, derive
from games.core import FORFEIT, Game, State, anywhere, is_far
from games.foreign import Raised, foreign
from games.kept import kept

log = logging.getLogger(__name__)
_PRIVATE = 0x5EA7  # parts an agent's private seed from the board's own
_UNSEEN = 8  # ticks between two looks at boards that another device holds


@dataclass(frozen=True)
class Cast:
    """The living agents of a chunk, and which of them (and which of its stacked members) plays each checkpoint."""

    actors: Sequence[Agent]
    places: Mapping[Checkpoint, tuple[int, int]]  # checkpoint -> (actor, member)


@dataclass(frozen=True)
class Played:
    """What came of a chunk: a result for each match in order, and what the watched actor lived through."""

    results: Results
    trajectory: Trajectory | None = None
    notes: Mapping[tuple[int, int], str] = field(default_factory=dict)  # (match, seat) -> what exactly went wrong


def luck(who: Checkpoint) -> int:
    """What parts a checkpoint's private seeds from everybody else's."""
    return derive(int.from_bytes(who.id.encode()), _PRIVATE)


class NoLegalAction(Exception):
    """The rules ask a seat that may do nothing."""


def play(
    game: Game, matches: Sequence[Match], cast: Cast, *, watch: Checkpoint | None = None, device: str = "cpu"
) -> Played:
    """Plays a chunk. `watch` names the checkpoint whose decisions come back as a trajectory.

    An agent that crashes, or answers illegally or invalidly, forfeits that match alone. Where the rules raise, the chunk
    is halved until the matches at fault stand alone, and those are void.
    """
    try:
        with torch_settings.playing(game):
            return _Chunk(game, matches, cast, watch, device).play()
    except RulesFault as fault:
        if len(matches) > 1:
            half = len(matches) // 2
            parts = [play(game, part, cast, watch=watch, device=device) for part in (matches[:half], matches[half:])]
            return _join(parts[0], parts[1])
        log.warning("match %s is void: %s", matches[0].ordinal, fault)
        void = Results.of([Result(matches[0], (), 0, b"", void=f"rules: {type(fault.__cause__).__name__}")])
        unseen = Recording(game.spec).trajectory(torch.zeros(1, game.spec.seats, device=device)) if watch else None
        return Played(void, unseen, {(0, 0): f"the rules raised {fault}"})


@dataclass(frozen=True)
class _Tick:
    """What happened in one tick."""

    rows: Rows
    state: State  # before
    seen: Shown
    answer: Tensor  # (R,): in order of board and seat
    after: State


class _Chunk:
    """One chunk while it is played. `live` maps boards to matches; what is known of (M, P) seats lies flat, (M * P,)."""

    def __init__(self, game: Game, matches: Sequence[Match], cast: Cast, watch: Checkpoint | None, device: str) -> None:
        self.game, self.matches, self.cast, self.device = game, Matches.of(matches), cast, torch.device(device)
        self.seats = game.spec.seats
        casts, kinds = self.matches.kinds
        self.ranks = sorted(set(chain.from_iterable(casts)), key=cast.places.__getitem__)  # those of one actor side by side
        rank = {who: place for place, who in enumerate(self.ranks)}
        ranks = self._tensor([[rank[who] for who in lineup] for lineup in casts])[self._tensor(kinds)]  # (M, P)
        self.seeds = self._tensor(self.matches.seeds)  # (M,)
        self.watched = rank.get(watch, -1) if watch else None
        self.seating = self._seating(ranks.flatten())
        self.unseen = is_far(self.device)
        self.idle = self._idle() if self.unseen else None
        self.tape = TapeRecorder(game.spec, len(matches))
        self.recording = Recording(game.spec)
        self.unready: dict[int, Raised] = {}  # row -> why its agent could not begin
        self.verdicts = Verdicts(self.matches, self.seats)
        self.returns = torch.zeros(len(matches), self.seats, device=self.device)
        self.steps = torch.zeros_like(self.seeds)
        self.rows: Rows | None = None  # of the last tick
        self.curious = [place for place, agent in enumerate(cast.actors) if type(agent).over is not Agent.over]

    def play(self) -> Played:
        live, played = self._laid_out(), 0  # (B,): the match on each board; ticks
        with rules():
            state = self.game.reset(self.seeds[live])
        self._seat_agents()
        while len(live):
            ticks = self._ticks(state, live, min(_UNSEEN, self.game.spec.max_steps - played) if self.unseen else 1)
            self._keep(ticks)
            state, live = self._let_finished_leave(ticks[-1].after, live)
            played += len(ticks)
        self.returns[list(self.verdicts.void)] = float("nan")  # nobody earned, and nobody learns from, what does not count
        trajectory = None if self.watched is None else self.recording.trajectory(self.returns)
        return Played(self._results(), trajectory, self.verdicts.notes)

    def _tensor(self, values: Sequence[int] | Sequence[list[int]]) -> Tensor:
        return torch.tensor(values, dtype=torch.int64, device=self.device)

    def _laid_out(self) -> Tensor:
        """The matches (M,), those of one lineup next to each other."""
        ranks = self.seating.rank.view(-1, self.seats)
        order = torch.arange(len(ranks), device=self.device)
        for seat in reversed(range(self.seats)):
            order = order[ranks[order, seat].argsort(stable=True)]
        return order

    def _seating(self, rank: Tensor) -> Seating:
        """Who holds the seats (M * P,), with each seat's own randomness. It depends on who sits there: two agents who meet
        the same opponent on the same seed share the opponent's luck, as a comparison of them wants it, but not each
        other's."""
        places = [self.cast.places[who] for who in self.ranks]
        lucks = self._tensor([luck(who) for who in self.ranks])[rank].view(-1, self.seats)
        private = bits(self.seeds[:, None], lucks, torch.arange(self.seats, device=self.device)).flatten()
        mixed = len({actor for actor, _ in places}) > 1 or (self.watched is not None and len(self.ranks) > 1)
        return Seating(self.seats, len(self.ranks), rank, self._tensor([who for _, who in places])[rank], private, mixed)

    def _idle(self) -> Observation:
        """What rows that are asked in vain are shown, by their seat (P,): a fresh match, and whoever begins there."""
        with rules():
            state = self.game.reset(self.seeds[:1].expand(self.seats).contiguous())
            first = state.to_act[0].int().argmax()  # of those who act; where all do, everybody is shown the own view
            seat = torch.arange(self.seats, device=self.device)
            seat = torch.where(state.to_act[0].all(), seat, first)
            features, legal = self.game.observe(state, seat), state.legal[seat.new_zeros(1), seat]
        return Observation(features, legal | ~legal.any(1, keepdim=True), seat, *[torch.zeros_like(seat)] * 4)

    def _seat_agents(self) -> None:
        for index, agent in enumerate(self.cast.actors):
            mine = self._rows_of(index)
            if self.unseen:
                mine = torch.cat([mine, mine + len(self.seating.rank)])  # where rows asked in vain leave their memory
            if len(mine):
                let_begin(agent)
                self._seat(agent, mine)

    def _rows_of(self, actor: int) -> Tensor:
        """The rows that an actor plays."""
        actors = self._tensor([self._actor(rank) for rank in range(len(self.ranks))])
        return (actors[self.seating.rank] == actor).nonzero().squeeze(1)

    def _actor(self, rank: int) -> int:
        return self.cast.places[self.ranks[rank]][0]

    def _seat(self, agent: Agent, rows: Tensor) -> None:
        """Tells an agent which rows it plays, one by one where it fails; those it cannot begin are lost in due course."""
        try:
            with foreign(), kept(), torch_settings.ordinary():
                agent.reset(rows.clone(), self.seating.private[rows % len(self.seating.private)])
        except Raised as raised:
            if len(rows) > 1:
                for row in rows:
                    self._seat(agent, row.view(1))
            else:
                self.unready[int(rows)] = raised

    def _ticks(self, state: State, live: Tensor, count: int) -> list[_Tick]:
        """So many ticks on end, without a look at who is done."""
        ticks: list[_Tick] = []
        for _ in range(count):
            ticks.append(self._tick(ticks[-1].after if ticks else state, live))
        return ticks

    def _tick(self, state: State, live: Tensor) -> _Tick:
        """Everybody who must act is asked, and every board makes its step."""
        rows = self._movers(state, live)
        answers, start = [rows.seat[:0]], 0  # there may be nobody to ask
        seen = self._observe(rows, state)
        for actor, own in groupby(rows.runs, key=lambda run: self._actor(run[0])):
            *_, (_, last) = own
            those = slice(start, last.stop)
            answers.append(self._ask(self.cast.actors[actor], seen.take(those), rows, state, those))
            start = last.stop
        answer = rows.in_order(torch.cat(answers))  # (R,), by board and seat
        with rules():
            return _Tick(rows, state, seen, answer, self.game.step(state, self._actions(state, rows, answer)))

    def _movers(self, state: State, live: Tensor) -> Rows:
        """The rows of a tick. Where everybody always acts, they last until a board leaves."""
        if self.unseen:
            return movers_unseen(self.seating, state.to_act, live, simultaneous=self.game.spec.simultaneous)
        if self.rows is None or self.rows.live is not live or not torch.equal(self.rows.to_act, state.to_act):
            self.rows = movers(self.seating, state.to_act, live)
        return self.rows

    def _observe(self, rows: Rows, state: State) -> Shown:
        """What the rows see. Agents that may scribble on it are given a clone."""
        boards = rows.boards(state)
        features = observed(self.game, boards, rows.seat)  # whether the rules fail must not hang on who looks
        makers: dict[str, Callable[[], Tensor]] = {
            "features": lambda: features,
            "legal": lambda: rows.legal(state),
            "seat": lambda: rows.seat,
            "step": lambda: boards.step,
            "seed": lambda: rows.private,
            "row": lambda: rows.place,
            "member": lambda: rows.member,
        }
        seen = Shown.of(lambda name: makers[name]())
        return seen if rows.acting is None else self._shown(seen, rows.acting)

    def _shown(self, seen: Shown, acting: Tensor) -> Shown:
        """What is seen, but for rows that are asked in vain."""
        assert self.idle is not None
        idle = self.idle.take(seen.seat)
        shown = {}
        for name in ("features", "legal", "seat", "step"):
            real, spare = getattr(seen, name), getattr(idle, name)
            shown[name] = torch.where(acting.view(-1, *[1] * (real.dim() - 1)), real, spare)
        return replace(seen, **shown)

    def _ask(self, agent: Agent, seen: Shown, rows: Rows, state: State, those: slice) -> Tensor:
        """An agent's actions for some of the rows. Where the batch as a whole fails, each row is asked alone, so that one
        bad row is one lost match."""
        first, count = those.start, those.stop - those.start
        try:
            return self._answer(agent, seen, count)
        except Faults as some:
            return self._partly(some, rows, first, count)
        except (Raised, Invalid) as fault:
            if count > 1:
                alone = [rows.take(row) for row in range(first, first + count)]
                return torch.cat([self._ask(agent, self._observe(row, state), row, state, slice(0, 1)) for row in alone])
            self.verdicts.blame(int(rows.place[first]), "invalid" if isinstance(fault, Invalid) else "crash", str(fault))
            return torch.full_like(rows.place[:1], FORFEIT)

    def _partly(self, some: Faults, rows: Rows, first: int, count: int) -> Tensor:
        """The answer of an agent that knows which of its rows it lost, and how."""
        self.verdicts.take({int(rows.place[first + place]): fault for place, fault in some.blamed.items()})
        return read_actions(some.answer, torch.Size((count,)), rows.place.device)

    def _answer(self, agent: Agent, seen: Shown, count: int) -> Tensor:
        for row in seen.row.tolist() if self.unready else ():
            if row in self.unready:
                raise self.unready[row]
        return asked(agent, seen, count, self.device)

    def _actions(self, state: State, rows: Rows, answer: Tensor) -> Tensor:
        """Answers (R,) as the actions (B, P) of a step."""
        if len(answer) == state.to_act.numel() and rows.acting is None:  # everybody acts
            return torch.stack([answer[seat :: self.seats] for seat in range(self.seats)]).T  # boards last in memory
        if rows.alone or rows.acting is not None:
            return torch.where(state.to_act, answer.view(len(state), -1), FORFEIT)
        return torch.full_like(state.to_act, FORFEIT, dtype=torch.int64).masked_scatter_(state.to_act, answer)

    def _keep(self, ticks: Sequence[_Tick]) -> None:
        """What ticks leave behind: blame, tapes, and what was watched."""
        if (found := ticks[-1].after.forfeits) is not ticks[0].state.forfeits and anywhere(found):
            for tick in ticks:
                self._find_illegal(tick)
        for tick in ticks:
            self.tape.add(tick.rows.match, tick.answer)
            self._record(tick)

    def _find_illegal(self, tick: _Tick) -> None:
        """Blames those whom the rules found guilty, and marks their answers as what they are worth."""
        places = tick.rows.in_order(tick.rows.place)
        for board, seat in (tick.after.forfeits & ~tick.state.forfeits).nonzero().tolist():
            with rules():
                if not bool(tick.state.legal[board, seat].any()):
                    raise NoLegalAction("a seat must act and has no legal action")
            match = int(tick.rows.live[board])
            if not self.verdicts.known(match, seat):
                place = match * self.seats + seat
                row = places == place
                self.verdicts.blame(place, "illegal", f"action {int(tick.answer[row])} is not legal")
                tick.answer[row] = FORFEIT

    def _record(self, tick: _Tick) -> None:
        """Keeps the watched checkpoint's decisions."""
        rows = tick.rows
        for rank, own in (run for run in rows.runs if run[0] == self.watched):
            action = tick.answer if rows.order is None else tick.answer.index_select(0, rows.order)
            boards = rows.boards(tick.state)
            known = None
            if getattr(self.cast.actors[self._actor(rank)], "centralised", False):
                with rules():
                    known = self.game.global_state(boards.take(own))
            self.recording.add(tick.seen.take(own), action[own], boards.returns[own], known)

    def _let_finished_leave(self, state: State, live: Tensor) -> tuple[State, Tensor]:
        if not anywhere(state.done):
            return state, live
        going = (~state.done).nonzero().squeeze(1)
        # Told of all, since what is told of a board that goes on is told again when it is done.
        self.returns.index_copy_(0, live, state.returns)
        self.steps.index_copy_(0, live, state.step)
        for index in self.curious:
            self._tell_the_end(index, live[state.done])
        return state.take(going), live.index_select(0, going)

    def _tell_the_end(self, actor: int, ended: Tensor) -> None:
        """Tells an actor what came of matches (N,) that it played in."""
        rows = self._rows_of(actor)
        rows = rows[torch.isin(rows // self.seats, ended)]
        try:
            with foreign(), kept(), torch_settings.ordinary():
                self.cast.actors[actor].over(rows.clone(), self.returns[rows // self.seats])
        except Raised as raised:
            log.warning("an agent could not be told how its matches ended: %s", raised)

    def _jails(self) -> list[BySeat]:
        """What keeps in the programs at each match's seats."""
        jails = {place: agent.jail for place, agent in enumerate(self.cast.actors) if agent.jail is not None}
        if not jails:
            return [()] * len(self.matches)
        kept = {id(lineup): tuple(jails.get(self.cast.places[who][0]) for who in lineup) for lineup in self.matches.casts}
        return [kept[id(lineup)] if any(kept[id(lineup)]) else () for lineup in self.matches.lineups]

    def _results(self) -> Results:
        returns, steps, tapes = list(zip(*self.returns.T.tolist(), strict=True)), self.steps.tolist(), self.tape.tapes()
        faults: list[BySeat] = [()] * len(steps)
        voids: list[str | None] = [None] * len(steps)
        jails = self._jails()
        for match, reasons in self.verdicts.by_seat().items():
            faults[match] = reasons
        for match in (~self.returns.isfinite().all(1)).nonzero().flatten().tolist():
            returns[match], steps[match], tapes[match], faults[match], jails[match] = (), 0, b"", (), ()
            voids[match] = self.verdicts.void.get(match, "rules: returns are not finite")
        return Results(self.matches, returns, steps, tapes, faults, voids, [False] * len(steps), jails)


def let_begin(agent: Agent) -> None:
    """Tells an agent that matches begin, whose outcome is not to depend on what was before."""
    try:
        with foreign(), kept(), torch_settings.ordinary():
            agent.begin_chunk()
    except Raised as raised:
        log.warning("an agent could not be told that matches begin: %s", raised)


def _join(first: Played, second: Played) -> Played:
    """Two halves of a chunk as one."""
    results, size = Results.joined([first.results, second.results]), len(first.results)
    notes = {**first.notes, **{(match + size, seat): note for (match, seat), note in second.notes.items()}}
    if first.trajectory is None or second.trajectory is None:
        return Played(results, None, notes)
    one, two = first.trajectory, second.trajectory
    two = replace(two, match=two.match + size)
    told = {name: [part for part in (getattr(one, name), getattr(two, name)) if part is not None] for name in vars(one)}
    columns = {name: torch.cat(parts) if parts else None for name, parts in told.items()}
    return Played(results, Trajectory(**columns), notes)  # type: ignore[arg-type]
