"""Plays matches: many lineups in one batch, on one game. The only file that knows both games and agents.

Dimensions: M matches of a chunk, B boards still alive, P seats, R rows (seats that must act now), A actions.

Each tick the rows are grouped by who answers them, observed once, and each actor answers its slice; finished boards leave
the batch. Boards of one lineup lie side by side, so that often the rows are in groups as they come and nothing is moved.
A chunk's outcome depends on nothing but the chunk: not on workers, not on what was played before.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from itertools import accumulate, groupby
from operator import or_

import torch
from torch import Tensor

from agents.core import Agent, Observation, stretches
from agents.errors import Reason
from agents.trajectory import Trajectory
from arena import torch_settings
from arena.match import Checkpoint, Match, Result
from arena.recording import Recording
from arena.tape import TapeRecorder
from games.chance import bits, derive
from games.core import FORFEIT, Game, State, take
from games.foreign import Raised, foreign

log = logging.getLogger(__name__)
_PRIVATE = 0x5EA7  # parts an agent's private seed from the board's own


@dataclass(frozen=True)
class Cast:
    """The living agents of a chunk, and which of them (and which of its stacked members) plays each checkpoint."""

    actors: Sequence[Agent]
    places: Mapping[Checkpoint, tuple[int, int]]  # checkpoint -> (actor, member)


@dataclass(frozen=True)
class Played:
    """What came of a chunk: a result for each match in order, and what the watched actor lived through."""

    results: list[Result]
    trajectory: Trajectory | None = None
    notes: Mapping[tuple[int, int], str] = field(default_factory=dict)  # (match, seat) -> what exactly went wrong


def luck(who: Checkpoint) -> int:
    """What parts a checkpoint's private seeds from everybody else's."""
    return derive(int.from_bytes(who.id.encode()), _PRIVATE)


class RulesFault(Exception):
    """The rules raised: whoever plays, such a match is void. The error itself is the `__cause__`."""


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
        with torch.no_grad():
            return _Chunk(game, matches, cast, watch, device).play()
    except RulesFault as fault:
        if len(matches) > 1:
            half = len(matches) // 2
            parts = [play(game, part, cast, watch=watch, device=device) for part in (matches[:half], matches[half:])]
            return _join(parts[0], parts[1])
        log.warning("match %s is void: %s", matches[0].ordinal, fault)
        void = Result(matches[0], (), 0, b"", void=f"rules: {type(fault.__cause__).__name__}")
        unseen = Recording(game.spec).trajectory(torch.zeros(1, game.spec.seats, device=device)) if watch else None
        return Played([void], unseen, {(0, 0): f"the rules raised {fault}"})


@dataclass(frozen=True)
class _Rows:
    """Who must act in a tick: R rows, those of one checkpoint side by side."""

    live: Tensor  # (B,): the matches that this is true of,
    to_act: Tensor  # (B, P): and when
    board: Tensor  # (R,)
    seat: Tensor  # (R,)
    place: Tensor  # (R,): match * P + seat, by which agents remember a row
    private: Tensor  # (R,): the row's own randomness
    member: Tensor  # (R,): who of a stacked actor is asked
    alone: bool  # each board has one row
    whole: bool  # and they come in the order of the boards
    order: Tensor | None  # (R,): where the rows stand in order of board and seat; None where they come in that order
    runs: Sequence[tuple[int, slice]]  # (rank, the rows of that checkpoint)

    def boards(self, state: State) -> State:
        """A board for each row."""
        return state if self.whole else state.take(self.board)

    def take(self, row: int) -> _Rows:
        """One of the rows by itself."""
        names = ("board", "seat", "place", "private", "member")
        return replace(self, **{name: getattr(self, name)[row : row + 1] for name in names}, whole=False)

    @cached_property
    def match(self) -> Tensor:
        """(R,): the match of each row, in order of board and seat."""
        return self.in_order(self.place) // self.to_act.shape[1]

    def legal(self, state: State) -> Tensor:
        """(R, A) bool."""
        boards, _, actions = state.legal.shape
        if self.alone:  # one seat acts, and nothing is legal for the others
            first, *others = state.legal.unbind(1)
            legal = reduce(or_, others, first.clone())
            return legal if self.whole else take(legal, self.board)
        first = self.seat * (actions * boards) + self.board  # (R,): where each row's first action lies
        where = torch.arange(actions, device=first.device)[:, None] * boards + first  # (A, R)
        flat = state.legal.movedim(0, -1).reshape(-1)
        return flat.index_select(0, where.view(-1)).view(actions, -1).T

    def in_order(self, values: Tensor) -> Tensor:
        """Values (R,) of the rows, in order of board and seat."""
        return values if self.order is None else torch.empty_like(values).index_copy_(0, self.order, values)


class _Chunk:
    """One chunk while it is played. `live` maps boards to matches; what is known of (M, P) seats lies flat, (M * P,)."""

    def __init__(self, game: Game, matches: Sequence[Match], cast: Cast, watch: Checkpoint | None, device: str) -> None:
        self.game, self.matches, self.cast, self.device = game, matches, cast, torch.device(device)
        self.seats = game.spec.seats
        lineups = [who for match in matches for who in match.lineup]
        objects = {id(who): who for who in lineups}  # few; to look them up by what they say takes long
        self.ranks = sorted(set(objects.values()), key=cast.places.__getitem__)  # those of one actor next to each other
        rank = {who: place for place, who in enumerate(self.ranks)}
        rank_by_id = {key: rank[who] for key, who in objects.items()}
        self.rank_of = self._tensor([rank_by_id[id(who)] for who in lineups])  # (M * P,)
        self.member_of = self._tensor([cast.places[who][1] for who in self.ranks])[self.rank_of]  # (M * P,)
        self.seeds = self._tensor([match.seed for match in matches])  # (M,)
        self.private = self._private_seeds()  # (M * P,)
        self.tape = TapeRecorder(game.spec, len(matches))
        self.watched = rank.get(watch, -1) if watch else None
        self.recording = Recording(game.spec)
        self.unready: dict[int, Raised] = {}  # row -> why its agent could not begin
        self.faults: dict[tuple[int, int], Reason] = {}  # (match, seat) -> why it forfeited
        self.notes: dict[tuple[int, int], str] = {}
        self.returns = torch.zeros(len(matches), self.seats, device=self.device)
        self.steps = torch.zeros_like(self.seeds)
        self.rows: _Rows | None = None  # of the last tick

    def play(self) -> Played:
        live = self._laid_out()  # (B,): the match on each board
        with _rules():
            state = self.game.reset(self.seeds[live])
        self._seat_agents()
        while len(live):
            state, live = self._let_finished_leave(self._tick(state, live), live)
        trajectory = None if self.watched is None else self.recording.trajectory(self.returns)
        return Played(self._results(), trajectory, self.notes)

    def _tensor(self, values: Sequence[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.int64, device=self.device)

    def _laid_out(self) -> Tensor:
        """The matches (M,), those of one lineup next to each other."""
        ranks = self.rank_of.view(-1, self.seats)
        order = torch.arange(len(ranks), device=self.device)
        for seat in reversed(range(self.seats)):
            order = order[ranks[order, seat].argsort(stable=True)]
        return order

    def _private_seeds(self) -> Tensor:
        """Each seat's own randomness. It depends on who sits there: two agents who meet the same opponent on the same seed
        share the opponent's luck, as a comparison of them wants it, but not each other's."""
        lucks = self._tensor([luck(who) for who in self.ranks])[self.rank_of].view(-1, self.seats)
        return bits(self.seeds[:, None], lucks, torch.arange(self.seats, device=self.device)).flatten()

    def _seat_agents(self) -> None:
        actor_of = self._tensor([self._actor(rank) for rank in range(len(self.ranks))])[self.rank_of]
        for index, agent in enumerate(self.cast.actors):
            mine = (actor_of == index).nonzero().squeeze(1)
            if len(mine):
                self._seat(agent, mine)

    def _actor(self, rank: int) -> int:
        return self.cast.places[self.ranks[rank]][0]

    def _seat(self, agent: Agent, rows: Tensor) -> None:
        """Tells an agent which rows it plays, one by one where it fails; those it cannot begin are lost in due course."""
        try:
            with foreign(), torch_settings.kept():
                agent.reset(rows.clone(), self.private[rows])
        except Raised as raised:
            if len(rows) > 1:
                for row in rows:
                    self._seat(agent, row.view(1))
            else:
                self.unready[int(rows)] = raised

    def _tick(self, state: State, live: Tensor) -> State:
        """Everybody who must act is asked, and every board makes its step."""
        if self.rows is None or self.rows.live is not live or not torch.equal(self.rows.to_act, state.to_act):
            self.rows = self._movers(state.to_act, live)  # where everybody always acts, the rows last until a board leaves
        rows = self.rows
        seen = self._observe(rows, state)
        answers, start = [rows.seat[:0]], 0  # there may be nobody to ask
        for actor, own in groupby(rows.runs, key=lambda run: self._actor(run[0])):
            *_, (_, last) = own
            answers.append(self._ask(self.cast.actors[actor], seen.take(slice(start, last.stop)), rows, state, start))
            start = last.stop
        answer = rows.in_order(torch.cat(answers))  # (R,), by board and seat
        with _rules():
            after = self.game.step(state, self._actions(state, rows, answer))
        if bool(after.forfeits.any()):
            self._find_illegal(state, after, live, rows, answer)
        self.tape.add(rows.match, answer)
        self._record(rows, state, seen, answer)
        return after

    def _movers(self, to_act: Tensor, live: Tensor) -> _Rows:
        """The rows of a tick."""
        board, seat = to_act.nonzero(as_tuple=True)
        alone = len(board) == len(live) and torch.equal(board, torch.arange(len(board), device=board.device))
        place = live.index_select(0, board) * self.seats + seat
        rank, order = self.rank_of.index_select(0, place), None
        if int((rank[1:] != rank[:-1]).sum()) >= len(self.ranks) or _scattered(stretches(rank)):
            order = rank.argsort(stable=True)
            board, seat, place, rank = (each.index_select(0, order) for each in (board, seat, place, rank))
        found = stretches(rank)
        ends = list(accumulate(count for _, count in found))
        runs = [(who, slice(end - count, end)) for (who, count), end in zip(found, ends, strict=True)]
        private, member = (known.index_select(0, place) for known in (self.private, self.member_of))
        return _Rows(live, to_act, board, seat, place, private, member, alone, alone and order is None, order, runs)

    def _observe(self, rows: _Rows, state: State) -> Observation:
        """What the rows see, in tensors that nobody else holds: their agents may scribble on them."""
        boards = rows.boards(state)
        with _rules():
            features = self.game.observe(boards, rows.seat)
        return Observation(
            features=features,
            legal=rows.legal(state),
            seat=rows.seat.clone(),
            step=boards.step.clone(),
            seed=rows.private.clone(),
            row=rows.place.clone(),
            member=rows.member.clone(),
        )

    def _ask(self, agent: Agent, seen: Observation, rows: _Rows, state: State, first: int) -> Tensor:
        """An agent's actions for rows from the `first` on. Where the batch as a whole fails, each row is asked alone, so
        that one bad row is one lost match."""
        count = len(seen)
        try:
            return self._answer(agent, seen)
        except (Raised, _Invalid) as fault:
            if count > 1:
                alone = [rows.take(row) for row in range(first, first + count)]
                return torch.cat([self._ask(agent, self._observe(row, state), row, state, 0) for row in alone])
            self._blame(int(rows.place[first]), "invalid" if isinstance(fault, _Invalid) else "crash", str(fault))
            return torch.full_like(rows.place[:1], FORFEIT)

    def _answer(self, agent: Agent, seen: Observation) -> Tensor:
        for row in seen.row.tolist() if self.unready else ():
            if row in self.unready:
                raise self.unready[row]
        shown = seen if self.watched is None else Observation(**{name: one.clone() for name, one in vars(seen).items()})
        size, device = seen.row.shape, seen.row.device
        with foreign(_Invalid), torch_settings.kept():
            return _read(agent.act(shown), size, device)

    def _actions(self, state: State, rows: _Rows, answer: Tensor) -> Tensor:
        """Answers (R,) as the actions (B, P) of a step."""
        if rows.alone:
            return torch.where(state.to_act, answer[:, None], FORFEIT)
        return torch.full_like(state.to_act, FORFEIT, dtype=torch.int64).masked_scatter_(state.to_act, answer)

    def _find_illegal(self, state: State, after: State, live: Tensor, rows: _Rows, answer: Tensor) -> None:
        """Blames those whom the rules found guilty, and marks their answers as what they are worth."""
        places = rows.in_order(rows.place)
        for board, seat in after.forfeits.nonzero().tolist():
            with _rules():
                if not bool(state.legal[board, seat].any()):
                    raise NoLegalAction("a seat must act and has no legal action")
            match = int(live[board])
            if (match, seat) not in self.faults:
                place = match * self.seats + seat
                row = places == place
                self._blame(place, "illegal", f"action {int(answer[row])} is not legal")
                answer[row] = FORFEIT

    def _blame(self, place: int, reason: Reason, note: str) -> None:
        match, seat = divmod(place, self.seats)
        self.faults[match, seat], self.notes[match, seat] = reason, note
        log.info("match %d, seat %d: %s: %s", self.matches[match].ordinal, seat, reason, note)

    def _record(self, rows: _Rows, state: State, seen: Observation, answer: Tensor) -> None:
        """Keeps the watched checkpoint's decisions."""
        for rank, own in (run for run in rows.runs if run[0] == self.watched):
            action = answer if rows.order is None else answer.index_select(0, rows.order)
            boards = rows.boards(state)
            known = None
            if getattr(self.cast.actors[self._actor(rank)], "centralised", False):
                with _rules():
                    known = self.game.global_state(boards.take(own))
            self.recording.add(seen.take(own), action[own], boards.returns[own], known)

    def _let_finished_leave(self, state: State, live: Tensor) -> tuple[State, Tensor]:
        if not bool(state.done.any()):
            return state, live
        over, going = (mask.nonzero().squeeze(1) for mask in (state.done, ~state.done))
        match = live.index_select(0, over)
        self.returns[match], self.steps[match] = state.returns.index_select(0, over), state.step.index_select(0, over)
        return state.take(going), live.index_select(0, going)

    def _results(self) -> list[Result]:
        returns = map(tuple, self.returns.tolist())
        results = list(map(Result, self.matches, returns, self.steps.tolist(), self.tape.tapes()))
        for index in {match for match, _ in self.faults}:
            faults = tuple(self.faults.get((index, seat)) for seat in range(self.seats))
            results[index] = results[index]._replace(faults=faults)
        for index in (~self.returns.isfinite().all(1)).nonzero().flatten().tolist():
            results[index] = Result(self.matches[index], (), 0, b"", void="rules: returns are not finite")
        return results


def _scattered(runs: Sequence[tuple[int, int]]) -> bool:
    """Whether somebody's rows stand in more than one place."""
    return len({who for who, _ in runs}) < len(runs)


class _Invalid(Exception):
    """An answer that is not one integer for each row."""


def _read(answer: object, shape: torch.Size, device: torch.device) -> Tensor:
    """An answer as (R,) int64. Tensors, arrays and lists of integers will do; a kind of tensor of its own is a list."""
    try:
        if isinstance(answer, Tensor) and (type(answer) is not Tensor or answer.layout != torch.strided):
            answer = answer.tolist()
        actions = torch.as_tensor(answer, device=device)
    except (TypeError, ValueError, RuntimeError) as error:
        raise _Invalid(f"expected integers, got {type(answer).__name__}") from error
    if actions.dtype.is_floating_point or actions.dtype.is_complex or actions.dtype == torch.bool:
        raise _Invalid(f"expected integers, got {actions.dtype}")
    if actions.shape != shape:
        raise _Invalid(f"expected shape {tuple(shape)}, got {tuple(actions.shape)}")
    return actions.to(torch.int64)


@contextmanager
def _rules() -> Iterator[None]:
    try:
        with foreign(), torch_settings.kept():
            yield
    except Raised as raised:
        raise RulesFault(str(raised)) from raised.__cause__


def _join(first: Played, second: Played) -> Played:
    """Two halves of a chunk as one."""
    results, size = first.results + second.results, len(first.results)
    notes = {**first.notes, **{(match + size, seat): note for (match, seat), note in second.notes.items()}}
    if first.trajectory is None or second.trajectory is None:
        return Played(results, None, notes)
    one, two = first.trajectory, second.trajectory
    two = replace(two, match=two.match + size)
    columns = {}
    for name in vars(one):
        told = [column for column in (getattr(one, name), getattr(two, name)) if column is not None]
        columns[name] = torch.cat(told) if told else None
    return Played(results, Trajectory(**columns), notes)  # type: ignore[arg-type]
