"""A tape played again: states, frames and the proof that a recorded result is what the rules give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import torch

from arena.match import Result
from arena.tables import plural
from arena.tape import TapePlayer
from games.core import FORFEIT, Game, State
from games.errors import CheckFailed
from games.foreign import Raised, foreign


@dataclass(frozen=True)
class Frame:
    """One moment of a match: how many steps were taken, by what move it was reached, and how it looks."""

    step: int
    moves: tuple[str | None, ...]  # what each seat played to get here, in the game's notation; None where it did not act
    returns: tuple[float, ...]
    text: str


@dataclass(frozen=True)
class Replay:
    """One recorded match, as it happened."""

    game: Game
    result: Result

    @cached_property
    def _course(self) -> list[tuple[State, tuple[int | None, ...]]]:
        """Every state with the actions that led to it."""
        if self.result.void is not None:
            raise CheckFailed(f"a void match has no tape to replay; this one was void for: {self.result.void}")
        player = TapePlayer(self.game.spec, [self.result.tape])
        state = self.game.reset(torch.tensor([self.result.match.seed]))
        course: list[tuple[State, tuple[int | None, ...]]] = [(state, (None,) * self.game.spec.seats)]
        while not bool(state.done.all()):
            actions = player.next(state.to_act)
            acted = zip(actions[0].tolist(), state.to_act[0].tolist(), strict=True)
            played = tuple(action if acts else None for action, acts in acted)
            state = self.game.step(state, actions)
            course.append((state, played))
        return course

    def states(self) -> list[State]:
        """Every state from the first to the last, one board each."""
        return [state for state, _ in self._course]

    def frames(self) -> Iterator[Frame]:
        """Every state as text, with the moves that led to it."""
        befores = (self._course[0][0], *self.states())
        for before, (state, played) in zip(befores, self._course, strict=False):
            moves = tuple(
                None if action is None else self._said(before, seat, action) for seat, action in enumerate(played)
            )
            yield Frame(int(state.step[0]), moves, tuple(state.returns[0].tolist()), self.game.render(state, 0))

    def pgn(self) -> tuple[Mapping[str, str], Sequence[str]]:
        """The tags of its own and the moves that portable game notation has of it; see `Game.pgn`."""
        course = self._course
        moves = [self._said(before, seat, action) for before, seat, action in self._actions()]
        return self.game.pgn(course[0][0], moves)

    def svg(self, step: int) -> str:
        """The picture after `step` steps."""
        return self.game.render_svg(self._course[step][0], 0)

    def verify(self) -> str | None:
        """None where the rules give the recorded result, or what differs."""
        return verify(self.game, [self.result])[0]

    def _actions(self) -> Iterator[tuple[State, int, int]]:
        """Every action: the state before it, the seat, and what it did."""
        for (before, _), (_, played) in pairwise(self._course):
            yield from ((before, seat, action) for seat, action in enumerate(played) if action is not None)

    def _said(self, state: State, seat: int, action: int) -> str:
        return "forfeit" if action < 0 else self.game.say(state, 0, seat, action)


def verify(game: Game, results: Sequence[Result]) -> list[str | None]:
    """Plays a batch of tapes again; for each None where it agrees with its record, or what differs. Void matches agree."""
    sound = [result for result in results if result.void is None]
    verdicts = iter(_verdicts(game, sound))
    return [next(verdicts) if result.void is None else None for result in results]


def _verdicts(game: Game, results: Sequence[Result]) -> list[str | None]:
    if not results:
        return []
    try:
        with foreign():
            return _compared(game, results)
    except Raised as raised:  # rules that raise where they did not when the match was played
        if len(results) == 1:
            return [f"the rules raise {raised}"]
        half = len(results) // 2
        return _verdicts(game, results[:half]) + _verdicts(game, results[half:])


def _compared(game: Game, results: Sequence[Result]) -> list[str | None]:
    player = TapePlayer(game.spec, [result.tape for result in results])
    state = game.reset(torch.tensor([result.match.seed for result in results]))
    given_up = torch.zeros_like(state.forfeits)  # (B, P): by an action of -1, the one way to write it
    while not bool(state.done.all()):
        actions = player.next(state.to_act)
        given_up |= state.to_act & (actions == FORFEIT)
        state = game.step(state, actions)
    exact = player.exact() & (given_up == state.forfeits).all(1)
    rows = zip(results, state.returns.tolist(), state.step.tolist(), state.forfeits.tolist(), exact.tolist(), strict=True)
    return [_difference(result, tuple(returns), *rest) for result, returns, *rest in rows]


def _difference(result: Result, returns: tuple[float, ...], steps: int, forfeits: list[bool], exact: bool) -> str | None:
    faulted = [bool(fault) for fault in result.faults] or [False] * len(forfeits)
    if not exact:
        return "the tape is not one of this match: too short, too long, or with an illegal action"
    if steps != result.steps:
        return f"recorded {plural(result.steps, 'step')}, replayed {steps}"
    if returns != result.returns:
        return f"recorded returns {result.returns}, replayed {returns}"
    if faulted != forfeits:
        return f"recorded forfeits {faulted}, replayed {forfeits}"
    return None
