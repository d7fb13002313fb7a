"""The same story told again: what an agent did once, it must do again, whoever else is in the batch.

An agent is shown real matches. Then they are told to it again, from the beginning: with other neighbours, in another order,
from other places. Each row must get the same answers, so that no match depends on what else is played. The rows of one
board stay together, as they do in a league: those of one team may talk to each other.

Dimensions: R rows of one call of `act`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.rehearsal import Rehearsal, Turn, ask, rehearse, seat
from games.core import Game
from games.errors import CheckFailed

BOARDS = 24  # matches that an agent is shown

Maker = Callable[[], Agent]
Choice = Callable[[int, Observation], Tensor]  # a turn's number and what was seen -> the rows that are told again


def check_acting(make: Maker, game: Game, *, everywhere: bool = False, rounding: float = 0.0) -> bool:
    """Raises `CheckFailed`, saying which rule is broken, unless what `make` makes acts as agents should.

    `rounding` is the share of actions that may depend on the batch, as networks' sums do. With `everywhere` the agent holds
    all seats of each board, as a team that learns together does. False where an agent does not repeat itself that need not
    (`Agent.must_repeat`): its answers are compared with nothing then, but every one of them must still be legal.
    """
    with _global_chance_untouched():
        agent = make()
        story = rehearse(game, agent, boards=BOARDS, everywhere=everywhere)
    repeats = True
    for rule in RULES:
        changed = rule.retell(make, story)
        if changed > (0 if rule.same_batch else rounding):
            if agent.must_repeat:
                raise CheckFailed(f"{rule.broken}: {changed:.1%} of the actions are others", hint=rule.cure)
            repeats = False  # the other rules are told all the same: there it may crash, or move illegally
    return repeats


@dataclass(frozen=True)
class Rule:
    """A way to tell a story again that must not change an answer."""

    broken: str
    cure: str
    retell: Callable[[Maker, Rehearsal], float]  # answers the share of actions that changed
    same_batch: bool = False  # not even rounding can be an excuse


def _again(make: Maker, story: Rehearsal) -> float:
    return _retold(_seated(make(), story), story, _everyone)


def _second_match(make: Maker, story: Rehearsal) -> float:
    agent = _seated(make(), story)
    _retold(agent, story, _everyone)
    return _retold(_seated(agent, story), story, _everyone)


def _other_places(make: Maker, story: Rehearsal) -> float:
    """Every board is another one, and every seat stays."""
    seats = len(story.teams)
    moved = _moved(story, lambda rows: rows + seats * (story.board(rows) + 1))
    return _retold(_seated(make(), moved), moved, _everyone)


def _against_itself(make: Maker, story: Rehearsal) -> float:
    """Matches that it was in with different teams are told as if it had been one board, where it sits on all sides. Those
    of one team stay apart, since team-mates may share what they know."""
    seats = len(story.teams)
    board, which = story.board(story.rows).unique(return_inverse=True)  # type: ignore[no-untyped-call]
    team = torch.empty_like(board)  # all rows of a board have one, also where it holds all seats: there is but one then
    team[which] = torch.tensor(story.teams)[story.rows % seats]
    place = torch.zeros(int(board.max()) + 1, dtype=torch.int64)
    for one in set(story.teams):
        its = board[team == one]
        place[its] = torch.arange(len(its))
    together = _moved(story, lambda rows: place[story.board(rows)] * seats + rows % seats)
    return _retold(_seated(make(), together), together, _everyone)


def _backwards(make: Maker, story: Rehearsal) -> float:
    return _retold(_seated(make(), story), story, lambda number, seen: _everyone(number, seen).flip(0))


def _fewer_neighbours(make: Maker, story: Rehearsal) -> float:
    half, _ = _halves(story)
    return _retold(_seated(make(), story, only=half), story, lambda _, seen: _those(seen, half))


def _rows_leave(make: Maker, story: Rehearsal) -> float:
    """One board after the other, the first ones first, so that those who stay move up."""
    boards = story.board(story.rows)  # (R,)
    last = int(boards[-1])

    def still_here(number: int, seen: Observation) -> Tensor:
        return _those(seen, story.rows[boards >= (last + 1) * number // len(story.turns)])

    return _retold(_seated(make(), story), story, still_here)


def _rows_join(make: Maker, story: Rehearsal) -> float:
    """While half of the rows are in the middle of their matches, others begin, again and again."""
    half, others = _halves(story)
    agent = _seated(make(), story, only=half)

    def half_of_them(_: int, seen: Observation) -> Tensor:
        seat(agent, others, seeds=story.seeds[len(half) :])
        return _those(seen, half)

    return _retold(agent, story, half_of_them)


def _asked_twice(make: Maker, story: Rehearsal) -> float:
    """As where another row has failed, and all of its batch are asked again."""
    agent = _seated(make(), story)

    def once_before(number: int, seen: Observation) -> Tensor:
        ask(agent, seen)
        return _everyone(number, seen)

    return _retold(agent, story, once_before)


RULES = (
    Rule(
        "the same agent with the same seeds acts differently",
        "take all chance from `observation.seed` and `observation.step`, as games.chance does",
        _again,
        same_batch=True,
    ),
    Rule("a match depends on the one before", "forget in `reset` what the row remembers", _second_match, same_batch=True),
    Rule(
        "a match depends on the number of its row",
        "use `observation.row` only to find a row's memory",
        _other_places,
        same_batch=True,
    ),
    Rule(
        "a match depends on the agent's other seats at its board, where it meets itself",
        "keep memory by `observation.row`, not by board; a program: by board and seat",
        _against_itself,
    ),
    Rule("an action depends on the order of the rows", "keep memory by `observation.row`, not by position", _backwards),
    Rule(
        "an action depends on the other rows",
        "compute each row by itself, with no statistics of the batch",
        _fewer_neighbours,
    ),
    Rule("memory is lost when other rows leave", "keep memory by `observation.row`, not by position", _rows_leave),
    Rule("memory is lost when other rows begin", "let `reset` change only the rows that it names", _rows_join),
    Rule(
        "a row that is asked again at the same step answers otherwise, or remembers twice",
        "keep memory by `observation.step` too (a program by `step`), so that telling it twice changes nothing",
        _asked_twice,
    ),
)


def _retold(agent: Agent, story: Rehearsal, choose: Choice) -> float:
    """The share of actions that changed when some rows of each turn are told again."""
    changed = told = 0
    for number, turn in enumerate(story.turns):
        rows = choose(number, turn.seen)
        if len(rows):
            changed += int((ask(agent, turn.seen.take(rows)) != turn.answer[rows]).sum())
            told += len(rows)
    return changed / max(told, 1)


def _seated(agent: Agent, story: Rehearsal, *, only: Tensor | None = None) -> Agent:
    chosen = torch.isin(story.rows, story.rows if only is None else only)
    seat(agent, story.rows[chosen], seeds=story.seeds[chosen])
    return agent


def _moved(story: Rehearsal, to: Callable[[Tensor], Tensor]) -> Rehearsal:
    """The same story in other rows."""
    turns = tuple(Turn(replace(turn.seen, row=to(turn.seen.row)), turn.answer) for turn in story.turns)
    return replace(story, rows=to(story.rows), turns=turns)


def _halves(story: Rehearsal) -> tuple[Tensor, Tensor]:
    """The rows of the first half of the boards, and the others."""
    first = story.board(story.rows) < BOARDS // 2
    return story.rows[first], story.rows[~first]


def _everyone(_: int, seen: Observation) -> Tensor:
    return torch.arange(len(seen))


def _those(seen: Observation, rows: Tensor) -> Tensor:
    return torch.isin(seen.row, rows).nonzero().squeeze(1)


@contextmanager
def _global_chance_untouched() -> Iterator[None]:
    before = random.getstate(), torch.get_rng_state()
    yield
    if random.getstate() != before[0] or not torch.equal(torch.get_rng_state(), before[1]):
        raise CheckFailed(
            "the agent uses the global random state of `random` or torch, which depends on all that ran before",
            hint="take chance from `observation.seed` and `observation.step`, as games.chance does",
        )
