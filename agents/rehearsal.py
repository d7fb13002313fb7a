"""A rehearsal: a few matches against random opponents, without a league. A first try-out of an agent, and what checks are
made of.

Dimensions: B boards, P seats, R rows of one call of `act`, A actions.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from agents.core import Agent, Learner, Observation
from agents.errors import Faults, MachineFault, NotItsFault
from agents.scripted.uniform import Uniform
from agents.trajectory import Trajectory
from games.chance import bits
from games.core import FORFEIT, Game, State
from games.errors import CheckFailed
from games.foreign import Raised, foreign
from games.kept import kept

_PRIVATE = 0x5EA7  # parts a row's seed from its board's


@dataclass(frozen=True)
class Turn:
    """One call of `act`: what was seen, and the answer."""

    seen: Observation
    answer: Tensor  # (R,) int64


@dataclass(frozen=True)
class Rehearsal:
    """What an agent was shown and did, from its first row to its last."""

    teams: tuple[int, ...]  # of each seat
    rows: Tensor  # all the rows it was seated at
    seeds: Tensor  # their private seeds
    turns: tuple[Turn, ...]
    trajectory: Trajectory

    def board(self, rows: Tensor) -> Tensor:
        """(R,): the board of each row."""
        return rows // self.trajectory.returns.shape[1]


def rehearse(game: Game, agent: Agent, *, boards: int, seed: int = 0, everywhere: bool = False) -> Rehearsal:
    """Plays B matches to their ends. The agent holds another seat on each next board, or, `everywhere`, all seats; where
    teams compete, the seat's whole team.

    Raises `CheckFailed` where the agent answers with anything but legal actions, or was never asked.
    """
    state = game.reset(bits(torch.arange(boards), seed))
    seats = torch.arange(game.spec.seats)
    private = bits(state.seed[:, None], _PRIVATE, seats)  # (B, P)
    teams = torch.tensor(game.spec.team_of) if game.spec.flavour == "competitive" else seats
    held = (teams == teams[torch.arange(boards) % len(seats)][:, None]) | everywhere  # (B, P)
    rows = held.flatten().nonzero().squeeze(1)  # row = board * P + seat
    seat(agent, rows, seeds=private.flatten()[rows])
    others, turns, earned, states = Uniform(game.spec), [], [], []
    while not state.done.all():
        seen = _observe(game, state, private)
        answer = others.act(seen)
        asked = held.flatten()[seen.row]
        if asked.any():
            turn = Turn(seen.take(asked), ask(agent, seen.take(asked)))
            answer[asked] = turn.answer
            turns.append(turn)
            earned.append(state.returns[turn.seen.row // len(seats)])
            if isinstance(agent, Learner) and agent.centralised:
                states.append(game.global_state(state.take(turn.seen.row // len(seats))))
        actions = torch.full_like(private, FORFEIT)
        actions.view(-1)[seen.row] = answer
        state = game.step(state, actions)
    if not turns:
        raise CheckFailed(f"in {boards} matches of {game.spec.name!r} the agent never had to act")
    return Rehearsal(
        game.spec.team_of, rows, private.flatten()[rows], tuple(turns), _trajectory(turns, earned, states, state)
    )


def seat(agent: Agent, rows: Tensor, *, seeds: Tensor) -> None:
    """Begins matches at `rows`. Raises `CheckFailed` where the agent raises."""
    try:
        with foreign(), kept():
            agent.reset(rows, seeds)
    except Raised as raised:
        raise CheckFailed(f"reset raised {raised} for rows {rows.tolist()}") from raised.__cause__


def ask(agent: Agent, seen: Observation) -> Tensor:
    """An agent's answer. Raises `CheckFailed` unless it is one legal action a row, and what was seen is left as it was."""
    shown = seen.take(torch.arange(len(seen)))
    try:
        with foreign(), kept(), torch.no_grad():
            answer = agent.act(shown)
    except Raised as raised:
        some = raised.__cause__
        for fault in some.blamed.values() if isinstance(some, Faults) else ():
            if isinstance(fault, MachineFault):
                raise NotItsFault(f"it is no fault of the agent: {fault.note}", hint="mend that, and check again") from some
        raise CheckFailed(
            f"act raised {raised} for {len(seen)} rows at seats {sorted(set(seen.seat.tolist()))}"
        ) from raised.__cause__
    _require_actions(answer, seen)
    for field in fields(seen):
        if not torch.equal(getattr(shown, field.name), getattr(seen, field.name)):
            raise CheckFailed(f"act changed the {field.name} that it was shown", hint="clone what you write on")
    return answer


def _require_actions(answer: object, seen: Observation) -> None:
    expected = f"expected ({len(seen)},) int64, one action a row"
    if not isinstance(answer, Tensor):
        raise CheckFailed(f"{expected}, got a {type(answer).__name__}", hint="return a torch tensor")
    if answer.shape != seen.row.shape or answer.dtype != torch.int64:
        raise CheckFailed(f"{expected}, got {tuple(answer.shape)} {str(answer.dtype).removeprefix('torch.')}")
    legal = torch.zeros_like(answer, dtype=torch.bool)
    inside = (answer >= 0) & (answer < seen.legal.shape[1])
    legal[inside] = seen.legal[inside, answer[inside]]
    if not legal.all():
        row = int((~legal).nonzero()[0])
        allowed = seen.legal[row].nonzero().squeeze(1).tolist()
        raise CheckFailed(
            f"action {int(answer[row])} is not legal at seat {int(seen.seat[row])}, step {int(seen.step[row])}:"
            f" expected one of {allowed}",
            hint="choose among the actions that `observation.legal` marks",
        )


def _observe(game: Game, state: State, private: Tensor) -> Observation:
    """What all seats see that must act now."""
    board, seat = state.to_act.nonzero(as_tuple=True)  # (R,)
    boards = state.take(board)
    return Observation(
        features=game.observe(boards, seat),
        legal=state.legal[board, seat],
        seat=seat,
        step=boards.step,
        seed=private[board, seat],
        row=board * game.spec.seats + seat,
        member=torch.zeros_like(seat),
    )


def _trajectory(turns: list[Turn], earned: list[Tensor], states: list[Tensor], end: State) -> Trajectory:
    seats = end.returns.shape[1]
    row, step = (torch.cat([getattr(turn.seen, name) for turn in turns]) for name in ("row", "step"))
    order = ((row // seats * (int(step.max()) + 1) + step) * seats + row % seats).argsort()
    return Trajectory(
        features=torch.cat([turn.seen.features for turn in turns])[order],
        legal=torch.cat([turn.seen.legal for turn in turns])[order],
        action=torch.cat([turn.answer for turn in turns])[order],
        match=(row // seats)[order],
        seat=(row % seats)[order],
        step=step[order],
        earned=torch.cat(earned)[order],
        returns=end.returns,
        state=torch.cat(states)[order] if states else None,
    )
