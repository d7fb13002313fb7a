"""Plays matches: many lineups in one batch, on one game. The only file that knows both games and agents.

Dimensions: M matches of a chunk, B boards still alive, P seats, R rows (seats that must act now), A actions.

Each tick the rows are sorted by actor, observed once, and each actor answers its slice; finished boards leave the batch.
A chunk's outcome depends on nothing but the chunk: not on workers, not on what was played before.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.errors import Reason
from agents.trajectory import Trajectory
from arena import torch_settings
from arena.match import Checkpoint, Match, Result
from arena.tape import TapeRecorder
from games.chance import bits, derive
from games.core import FORFEIT, Game, GameSpec, State
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
        unseen = _Recording(game.spec).trajectory(torch.zeros(1, game.spec.seats, device=device)) if watch else None
        return Played([void], unseen, {(0, 0): f"the rules raised {fault}"})


@dataclass
class _Recording:
    """The watched checkpoint's decisions, a tick at a time."""

    game: GameSpec
    ticks: list[tuple[Tensor, ...]] = field(default_factory=list)

    def add(self, seen: Observation, action: Tensor, match: Tensor, earned: Tensor) -> None:
        self.ticks.append((seen.features, seen.legal, action, match, seen.seat, seen.step, earned))

    def trajectory(self, returns: Tensor) -> Trajectory:
        """Everything but forfeits and void matches, from which nothing is to be learned."""
        nothing = torch.zeros(0, dtype=torch.int64, device=returns.device)
        features = nothing.new_zeros((0, *self.game.observation), dtype=torch.float32)
        legal = nothing.new_zeros((0, self.game.actions), dtype=torch.bool)
        ticks = [(features, legal, nothing, nothing, nothing, nothing, returns[:0]), *self.ticks]
        features, legal, action, match, seat, step, earned = map(torch.cat, zip(*ticks, strict=True))
        sound = returns.isfinite().all(1)  # (M,)
        order = ((match * (self.game.max_steps + 1) + step) * self.game.seats + seat).argsort()
        order = order[(action != FORFEIT)[order] & sound[match[order]]]
        return Trajectory(
            features=features[order],
            legal=legal[order],
            action=action[order],
            match=match[order],
            seat=seat[order],
            step=step[order],
            earned=earned[order],
            returns=returns.where(sound[:, None], 0.0),
        )


class _Chunk:
    """One chunk while it is played. Tensors (M, P) say who sits where; `live` maps boards to matches."""

    def __init__(self, game: Game, matches: Sequence[Match], cast: Cast, watch: Checkpoint | None, device: str) -> None:
        self.game, self.matches, self.cast, self.device = game, matches, cast, torch.device(device)
        places = torch.tensor([[cast.places[seat] for seat in match.lineup] for match in matches], device=self.device)
        self.actor_of, self.member_of = places.unbind(2)  # (M, P) each
        self.seeds = torch.tensor([match.seed for match in matches], device=self.device)  # (M,)
        self.private = self._private_seeds()  # (M, P)
        self.tape = TapeRecorder(game.spec, len(matches))
        watched = [[seat == watch for seat in match.lineup] for match in matches]
        self.watched = torch.tensor(watched, device=self.device) if watch else None  # (M, P)
        self.recording = _Recording(game.spec)
        self.unready: dict[int, Raised] = {}  # row -> why its agent could not begin
        self.faults: dict[tuple[int, int], Reason] = {}  # (match, seat) -> why it forfeited
        self.notes: dict[tuple[int, int], str] = {}
        self.returns = torch.zeros(len(matches), game.spec.seats, device=self.device)
        self.steps = torch.zeros_like(self.seeds)

    def play(self) -> Played:
        with _rules():
            state = self.game.reset(self.seeds)
        live = torch.arange(len(self.matches), device=self.device)  # (B,): the match on each board
        self._seat_agents()
        while len(live):
            actions = self._actions(state, live)
            with _rules():
                state = self.game.step(state, actions)
            state, live = self._let_finished_leave(state, live)
        trajectory = None if self.watched is None else self.recording.trajectory(self.returns)
        return Played(self._results(), trajectory, self.notes)

    def _private_seeds(self) -> Tensor:
        """Each seat's own randomness (M, P). It depends on who sits there: two agents who meet the same opponent on the
        same seed share the opponent's luck, as a comparison of them wants it, but not each other's."""
        known = {who: luck(who) for who in self.cast.places}
        lucks = torch.tensor([[known[who] for who in match.lineup] for match in self.matches], device=self.device)
        return bits(self.seeds[:, None], lucks, torch.arange(self.game.spec.seats, device=self.device))

    def _seat_agents(self) -> None:
        rows = torch.arange(self.actor_of.numel(), device=self.device)
        for index, agent in enumerate(self.cast.actors):
            mine = rows[self.actor_of.flatten() == index]
            if len(mine):
                self._seat(agent, mine)

    def _seat(self, agent: Agent, rows: Tensor) -> None:
        """Tells an agent which rows it plays, one by one where it fails; those it cannot begin are lost in due course."""
        try:
            with foreign(), torch_settings.kept():
                agent.reset(rows.clone(), self.private.flatten()[rows])
        except Raised as raised:
            if len(rows) > 1:
                for row in rows:
                    self._seat(agent, row.view(1))
            else:
                self.unready[int(rows)] = raised

    def _actions(self, state: State, live: Tensor) -> Tensor:
        """Everybody's actions (B, P); -1 where an agent failed."""
        board, seat = state.to_act.nonzero(as_tuple=True)  # (R,)
        order = self.actor_of[live[board], seat].argsort(stable=True)
        match, mover = live[board[order]], seat[order]
        observation = self._observe(state.take(board[order]), match, mover)
        counts = torch.bincount(self.actor_of[match, mover], minlength=len(self.cast.actors)).tolist()
        answers, start = [seat[:0]], 0  # there may be nobody to ask
        for agent, count in zip(self.cast.actors, counts, strict=True):
            if count:
                rows = slice(start, start + count)
                answers.append(self._ask(agent, observation.take(rows), match[rows]))
                start += count
        played = torch.cat(answers)
        if self.watched is not None:
            mine = self.watched[match, mover]  # (R,)
            self.recording.add(observation.take(mine), played[mine], match[mine], state.returns[board[order[mine]]])
        answer = torch.empty_like(seat)
        answer[order] = played
        self.tape.add(live[board], answer)
        actions = torch.full(state.to_act.shape, FORFEIT, device=self.device)
        actions[board, seat] = answer
        return actions

    def _observe(self, state: State, match: Tensor, seat: Tensor) -> Observation:
        """What the rows see; `state` holds one board for each row."""
        legal = state.legal[torch.arange(len(seat), device=self.device), seat]  # (R, A)
        with _rules():
            features = self.game.observe(state, seat)
            if not bool(legal.any(1).all()):
                raise NoLegalAction("a seat must act and has no legal action")
        return Observation(
            features=features,
            legal=legal,
            seat=seat,
            step=state.step,
            seed=self.private[match, seat],
            row=match * self.game.spec.seats + seat,
            member=self.member_of[match, seat],
        )

    def _ask(self, agent: Agent, observation: Observation, match: Tensor) -> Tensor:
        """An agent's actions (R,). Where the batch as a whole fails, each row is asked alone, so that one bad row is one
        lost match."""
        try:
            answer = self._answer(agent, observation)
        except (Raised, _Invalid) as fault:
            if len(observation) > 1:
                alone = [slice(row, row + 1) for row in range(len(observation))]
                return torch.cat([self._ask(agent, observation.take(row), match[row]) for row in alone])
            self._blame(match, observation.seat, "invalid" if isinstance(fault, _Invalid) else "crash", str(fault))
            return torch.full_like(match, FORFEIT)
        legal = (answer >= 0) & (answer < self.game.spec.actions)
        legal &= observation.legal.gather(1, answer.clamp(0, self.game.spec.actions - 1).unsqueeze(1)).squeeze(1)
        if bool(legal.all()):
            return answer
        self._blame(match[~legal], observation.seat[~legal], "illegal", f"action {int(answer[~legal][0])} is not legal")
        return answer.where(legal, FORFEIT)

    def _answer(self, agent: Agent, observation: Observation) -> Tensor:
        for row in observation.row.tolist() if self.unready else ():
            if row in self.unready:
                raise self.unready[row]
        shown = Observation(**{name: tensor.clone() for name, tensor in vars(observation).items()})  # it may scribble on it
        with foreign(_Invalid), torch_settings.kept():
            return _read(agent.act(shown), observation)

    def _blame(self, match: Tensor, seat: Tensor, reason: Reason, note: str) -> None:
        for place in zip(match.tolist(), seat.tolist(), strict=True):
            self.faults[place], self.notes[place] = reason, note
            log.info("match %d, seat %d: %s: %s", self.matches[place[0]].ordinal, place[1], reason, note)

    def _let_finished_leave(self, state: State, live: Tensor) -> tuple[State, Tensor]:
        if not bool(state.done.any()):
            return state, live
        over = live[state.done]
        self.returns[over], self.steps[over] = state.returns[state.done], state.step[state.done]
        return state.take(~state.done), live[~state.done]

    def _results(self) -> list[Result]:
        finite = self.returns.isfinite().all(1).tolist()
        rows = zip(self.matches, self.returns.tolist(), self.steps.tolist(), self.tape.tapes(), finite, strict=True)
        results = []
        for index, (match, returns, steps, tape, sound) in enumerate(rows):
            if not sound:
                results.append(Result(match, (), 0, b"", void="rules: returns are not finite"))
                continue
            faults = tuple(self.faults.get((index, seat)) for seat in range(self.game.spec.seats))
            results.append(Result(match, tuple(returns), steps, tape, faults if any(faults) else ()))
        return results


class _Invalid(Exception):
    """An answer that is not one integer for each row."""


def _read(answer: object, observation: Observation) -> Tensor:
    """An answer as (R,) int64. Tensors, arrays and lists of integers will do; a kind of tensor of its own is a list."""
    try:
        if isinstance(answer, Tensor) and (type(answer) is not Tensor or answer.layout != torch.strided):
            answer = answer.tolist()
        actions = torch.as_tensor(answer, device=observation.row.device)
    except (TypeError, ValueError, RuntimeError) as error:
        raise _Invalid(f"expected integers, got {type(answer).__name__}") from error
    if actions.dtype.is_floating_point or actions.dtype.is_complex or actions.dtype == torch.bool:
        raise _Invalid(f"expected integers, got {actions.dtype}")
    if actions.shape != observation.row.shape:
        raise _Invalid(f"expected shape {tuple(observation.row.shape)}, got {tuple(actions.shape)}")
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
    columns = (torch.cat([getattr(one, name), column]) for name, column in vars(two).items())
    return Played(results, Trajectory(*columns), notes)
