"""`check_game(game)`: the contract of a game, as a test that its author can run.

    from games.checks import check_game

    def test_my_game_keeps_its_promises():
        check_game(Hex(size=5))

It plays random games and raises `CheckFailed`, with the step and what was expected, at the first promise that is broken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, get_args
from xml.etree import ElementTree

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from games.chance import bits, uniform
from games.core import FORFEIT, Flavour, Game, GameSpec, State, Wrapper
from games.errors import ArenaError, CheckFailed
from games.foreign import Raised, foreign
from games.progress import Notify, unheard

ROUNDING = 1e-5  # relative: what adding up float32 rewards may lose


@dataclass(frozen=True)
class Playout:
    """Random games from the first state to the last: `actions[t]` (B, P) leads from `states[t]` to `states[t + 1]`."""

    states: list[State]
    actions: list[Tensor]

    @property
    def moments(self) -> list[int]:
        """Steps worth a closer look: the first, one in the middle and the last before everything is over."""
        return sorted({0, len(self.actions) // 2, len(self.actions) - 1})


def check_game(
    game: Game,
    *,
    seeds: Sequence[int] = tuple(range(12)),
    device: torch.device | str = "cpu",
    notify: Notify = unheard,
) -> None:
    """Plays `game` at random on one board for each seed, and holds it to every promise of `games.core`.

    Raises `CheckFailed` at the first broken one, also where the game's own code raises.
    """
    parts = len(RULES) + 1
    name = getattr(getattr(game, "spec", None), "name", type(game).__name__)
    try:
        with foreign(ArenaError):
            _spec_is_sane(game)
            playout = _play(
                game,
                torch.tensor(list(seeds), dtype=torch.int64, device=device),
                lambda step: notify(0, parts, f"plays at random: step {step:,} of at most {game.spec.max_steps:,}"),
            )
            for done, rule in enumerate(RULES, start=1):
                notify(done, parts, rule.__name__.strip("_").replace("_", " "))
                rule(game, playout)
    except CheckFailed as broken:
        raise CheckFailed(f"{name}: {broken.cause}", hint=broken.hint) from None
    except Raised as raised:
        raise CheckFailed(f"{name}: raises {raised}", hint="see the traceback of its cause") from raised.__cause__


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _expect(promise: bool | Tensor, broken: str, *, hint: str | None = None) -> None:
    if not bool(promise):
        raise CheckFailed(broken, hint=hint)


def _spec_is_sane(game: Game) -> None:
    spec = getattr(game, "spec", None)
    if not isinstance(spec, GameSpec):
        raise CheckFailed(f"expected a GameSpec as `spec`, got {spec!r}")
    for field, least in {"version": 1, "seats": 2, "actions": 1, "max_steps": 1}.items():
        _expect(getattr(spec, field) >= least, f"spec.{field} must be at least {least}, got {getattr(spec, field)!r}")
    _expect(spec.flavour in get_args(Flavour), f"spec.flavour must be one of {get_args(Flavour)}, got {spec.flavour!r}")
    sizes = spec.observation
    _expect(len(sizes) > 0 and min(sizes) >= 1, f"spec.observation must be a shape of positive sizes, got {sizes!r}")
    low, high = spec.return_range
    ordered = math.isfinite(low) and math.isfinite(high) and low <= high
    _expect(ordered, f"spec.return_range must be finite, the lowest first, got {spec.return_range!r}")
    _expect(
        len(spec.team_of) == spec.seats, f"spec.teams must name a team for each of {spec.seats} seats, got {spec.teams!r}"
    )
    rivals = spec.flavour != "competitive" or len(set(spec.team_of)) > 1
    _expect(rivals, f"a competitive game needs two teams, got {spec.team_of!r}")


def _play(game: Game, seeds: Tensor, tell: Callable[[int], None]) -> Playout:
    """One random game for each seed; what is needed to go on is checked on the way, and every hundredth step told."""
    states, actions = [game.reset(seeds)], list[Tensor]()
    _is_well_formed(game.spec, states[0], seeds, step=0)
    for step in range(game.spec.max_steps):
        if states[-1].done.all():
            break
        if step % 100 == 0:
            tell(step)
        actions.append(_at_random(states[-1]))
        before = states[-1].map(torch.clone)
        states.append(game.step(states[-1], actions[-1]))
        changed = _difference(before, states[-2])
        _expect(changed is None, f"step {step}: step changed `{changed}` of the state it was given; make a new one")
        _is_well_formed(game.spec, states[-1], seeds, step=step + 1)
    _expect(states[-1].done.all(), f"boards go on after max_steps={game.spec.max_steps}")
    return Playout(states, actions)


def _at_random(state: State) -> Tensor:
    """A legal action for each seat that acts, -1 (which must be ignored) for the others. Depends on each board alone."""
    seats = torch.arange(state.legal.shape[1], device=state.seed.device)
    luck = uniform(bits(state.seed, 1)[:, None], state.step[:, None], seats)  # (B, P)
    rank = state.legal.cumsum(2, dtype=torch.int32)  # (B, P, A): which of the legal actions it is, from 1
    legal = rank[:, :, -1]
    drawn = torch.minimum((luck * legal).int() + 1, legal)  # the luckiest draw may round up
    return torch.where(state.to_act, (rank == drawn[:, :, None]).int().argmax(2), FORFEIT)


def _is_well_formed(spec: GameSpec, state: State, seeds: Tensor, *, step: int) -> None:
    boards, seats = len(seeds), spec.seats
    expected = {
        "seed": ((boards,), torch.int64),
        "step": ((boards,), torch.int64),
        "to_act": ((boards, seats), torch.bool),
        "legal": ((boards, seats, spec.actions), torch.bool),
        "rewards": ((boards, seats), torch.float32),
        "returns": ((boards, seats), torch.float32),
        "done": ((boards,), torch.bool),
        "forfeits": ((boards, seats), torch.bool),
    }
    for field in fields(state):
        value: Any = getattr(state, field.name)
        _expect(isinstance(value, Tensor), f"step {step}: state.{field.name} must be a tensor, got {type(value).__name__}")
        got = tuple(value.shape)
        if field.name in expected:
            shape, dtype = expected[field.name]
            right = got == shape and value.dtype == dtype
            _expect(right, f"step {step}: state.{field.name} must be {shape} {dtype}, got {got} {value.dtype}")
        _expect(got[:1] == (boards,), f"step {step}: state.{field.name} must have {boards} boards in front, got {got}")
        _expect(
            value.device == seeds.device, f"step {step}: state.{field.name} must be on {seeds.device}, got {value.device}"
        )
    _expect(torch.equal(state.seed, seeds), f"step {step}: state.seed must stay what reset was given")


def _opening_is_clean(game: Game, playout: Playout) -> None:
    first = playout.states[0]
    for field in ("step", "rewards", "returns", "done", "forfeits"):
        _expect(not getattr(first, field).any(), f"step 0: state.{field} must be all zero")
    again = game.reset(first.seed)
    changed = _difference(first, again)
    _expect(
        changed is None, f"step 0: two resets with the same seeds differ in `{changed}`; all chance must come from the seed"
    )


def _turns_are_right(game: Game, playout: Playout) -> None:
    for step, state in enumerate(playout.states):
        able = state.legal.any(2)  # (B, P)
        _expect(not (able & ~state.to_act).any(), f"step {step}: `legal` must be false for seats that do not act")
        _expect(not (state.to_act & ~able).any(), f"step {step}: a seat must act and has no legal action")
        _expect(not state.to_act[state.done].any(), f"step {step}: nobody may act on a finished board")
        _expect(state.to_act[~state.done].any(1).all(), f"step {step}: an unfinished board has nobody to act")
        if game.spec.simultaneous:
            _expect(state.to_act[~state.done].all(), f"step {step}: every seat must act where spec.simultaneous is set")


def _pay_is_right(game: Game, playout: Playout) -> None:
    for step, (state, after) in enumerate(pairwise(playout.states), start=1):
        _expect(after.rewards.isfinite().all(), f"step {step}: rewards must be finite")
        added = torch.isclose(state.returns + after.rewards, after.returns, rtol=ROUNDING, atol=ROUNDING)
        _expect(added.all(), f"step {step}: returns must be the sum of the rewards")
    _in_range(game.spec, playout.states[-1].returns, "at the end")
    if game.spec.zero_sum:
        total = playout.states[-1].returns.sum(1).abs().max().item()
        slack = ROUNDING * max(map(abs, game.spec.return_range))
        _expect(total <= slack, f"returns of a zero-sum game must sum to zero at the end, off by {total:g}")


def _in_range(spec: GameSpec, returns: Tensor, when: str) -> None:
    low, high = spec.return_range
    slack = ROUNDING * max(1.0, abs(low), abs(high))
    worst = returns.min().item() if returns.min() < low - slack else returns.max().item()
    within = bool(returns.isfinite().all()) and low - slack <= worst <= high + slack
    _expect(within, f"returns {when} must lie in spec.return_range {spec.return_range}, got {worst:g}")


def _finished_boards_are_frozen(game: Game, playout: Playout) -> None:
    for step, (state, after) in enumerate(pairwise([*playout.states, game.step(playout.states[-1], playout.actions[0])])):
        over = state.done
        still = state.take(over)
        changed = _difference(still, after.take(over), but=("rewards",))
        _expect(changed is None, f"step {step}: `{changed}` of a finished board changed")
        _expect(not after.rewards[over].any(), f"step {step}: a finished board was paid")


def _steps_are_counted(game: Game, playout: Playout) -> None:
    for step, (state, after) in enumerate(pairwise(playout.states)):
        counted = torch.equal(after.step, state.step + (~state.done).long())
        _expect(counted, f"step {step}: state.step must count the steps of unfinished boards")


def _faults_forfeit_one_board(game: Game, playout: Playout) -> None:
    for step in playout.moments:
        state, honest = playout.states[step], playout.states[step + 1]
        for seat in range(game.spec.seats):
            for fault in (FORFEIT, game.spec.actions, "illegal"):
                _fault_forfeits(game, state, playout.actions[step], honest, seat=seat, fault=fault, step=step)


def _fault_forfeits(
    game: Game, state: State, actions: Tensor, honest: State, *, seat: int, fault: int | str, step: int
) -> None:
    """Seat `seat` answers wrongly on every second board; its neighbours must play on as if nothing had happened."""
    wrong = (
        (~state.legal[:, seat]).long().argmax(1) if fault == "illegal" else torch.full_like(state.seed, int(fault))
    )  # (B,)
    guilty = state.to_act[:, seat] & (torch.arange(len(state), device=wrong.device) % 2 == 0)
    if fault == "illegal":
        guilty = guilty & ~state.legal[:, seat].all(1)
    actions = actions.clone()
    actions[guilty, seat] = wrong[guilty]
    after = game.step(state, actions)
    said = (
        f"step {step}: action {fault} of seat {seat}"
        if fault != "illegal"
        else f"step {step}: an illegal action of seat {seat}"
    )
    _expect(after.done[guilty].all(), f"{said} must end its board")
    marked = after.forfeits[guilty].sum(1) == 1
    _expect((marked & after.forfeits[guilty, seat]).all(), f"{said} must be marked in `forfeits`, and nobody else's")
    changed = _difference(honest.take(~guilty), after.take(~guilty))
    _expect(changed is None, f"{said} changed `{changed}` of another board")
    if guilty.any():
        _in_range(game.spec, after.returns[guilty], f"after a forfeit of seat {seat}")


def _boards_are_independent(game: Game, playout: Playout) -> None:
    """A board alone, and a batch in another order or cut in mid-play, go the same way as in the first batch.

    What is cut goes on where a fresh batch will stop. It comes first, while the game last played other boards: what it
    kept of those outside of its states would show.
    """
    boards = len(playout.states[0])
    groups = [[board] for board in range(min(3, boards))] + [list(range(boards))[::-1], list(range(0, boards, 2))]
    for group in groups:
        chosen = torch.tensor(group, device=playout.states[0].seed.device)
        middle, end = len(playout.actions) // 2, len(playout.actions)
        _goes_the_same_way(game, playout, playout.states[middle].take(chosen), chosen, range(middle, end + 1))
        _goes_the_same_way(game, playout, game.reset(playout.states[0].seed[chosen]), chosen, range(middle + 1))


def _goes_the_same_way(game: Game, playout: Playout, state: State, boards: Tensor, steps: range) -> None:
    for step in steps:
        expected = playout.states[step].take(boards)
        changed = _difference(expected, state)
        _expect(
            changed is None,
            f"step {step}: `{changed}` of a board depends on the batch around it, or on something that is not in the state",
            hint="all chance must come from the board's own seed and step: see games.chance",
        )
        if step + 1 < steps.stop:
            waits = ~state.to_act
            state = game.step(state, torch.where(waits, game.spec.actions, playout.actions[step][boards]))


def _views_are_right(game: Game, playout: Playout) -> None:
    spec = game.spec
    for step, state in enumerate(playout.states):
        before = state.map(torch.clone)
        for seat in range(spec.seats):
            view = game.observe(state, torch.full_like(state.seed, seat))
            _is_features(view, (len(state), *spec.observation), f"step {step}: the observation of seat {seat}")
            again = game.observe(state.take(slice(0, 1)), torch.full_like(state.seed[:1], seat))
            _expect(torch.equal(view[:1], again), f"step {step}: the observation of seat {seat} depends on other boards")
            own = all(_memory(view) != _memory(getattr(state, field.name)) for field in fields(state))
            _expect(
                own,
                f"step {step}: the observation of seat {seat} is part of the state",
                hint="give a copy: agents may write on it",
            )
        everything = game.global_state(state)
        _is_features(everything, (len(state), *everything.shape[1:2]), f"step {step}: the global state")
        changed = _difference(before, state)
        _expect(changed is None, f"step {step}: observe changed `{changed}` of the state")


def _is_features(view: Tensor, shape: tuple[int, ...], what: str) -> None:
    right = tuple(view.shape) == shape and view.dtype == torch.float32
    _expect(right, f"{what} must be {shape} float32, got {tuple(view.shape)} {view.dtype}")
    _expect(view.isfinite().all(), f"{what} must be finite")


def _wrapper_is_transparent(game: Game, playout: Playout) -> None:
    wrapped = Wrapper(game)
    inside = wrapped.reset(playout.states[0].seed)
    for step, bare in enumerate(playout.states):
        changed = _difference(bare, inside)
        _expect(changed is None, f"step {step}: `{changed}` differs inside a Wrapper, or from one play to the next")
        if step < len(playout.actions):
            inside = wrapped.step(inside, playout.actions[step])


def _pictures_are_text(game: Game, playout: Playout) -> None:
    for step in (*playout.moments, len(playout.states) - 1):
        state, board = playout.states[step], len(playout.states[step]) - 1
        for name, picture in (("render", game.render(state, board)), ("render_svg", game.render_svg(state, board))):
            _expect(isinstance(picture, str) and picture != "", f"step {step}: {name} must give text, got {picture!r}")
        try:
            root = ElementTree.fromstring(game.render_svg(state, board))
        except ElementTree.ParseError as error:
            raise CheckFailed(f"step {step}: render_svg must give well-formed XML: {error}") from None
        _expect(root.tag.endswith("svg"), f"step {step}: render_svg must give an svg element, got {root.tag!r}")
    names = [game.notation(action) for action in range(game.spec.actions)]
    _expect(all(isinstance(name, str) and name for name in names), f"notation must give text, got {names!r}")
    _expect(len(set(names)) == len(names), f"notation must tell all actions apart, got {names!r}")


def _difference(one: State, other: State, *, but: tuple[str, ...] = ()) -> str | None:
    """The first field in which two states differ."""
    if type(one) is not type(other):
        return type(one).__name__
    names = (field.name for field in fields(one) if field.name not in but)
    return next((name for name in names if not _same(getattr(one, name), getattr(other, name))), None)


def _same(one: Tensor, other: Tensor) -> bool:
    """Number for number; nan is nan."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return np.array_equal(_plain(one), _plain(other), equal_nan=True)


def _plain(tensor: Tensor) -> NDArray[Any]:
    """For NumPy, which compares several times as fast as torch; its floats are wide enough for all that torch knows."""
    near = tensor.detach().cpu()
    return (near.double() if near.is_floating_point() else near).numpy()


RULES = (
    _opening_is_clean,
    _turns_are_right,
    _views_are_right,
    _steps_are_counted,
    _pay_is_right,
    _finished_boards_are_frozen,
    _boards_are_independent,
    _faults_forfeit_one_board,
    _wrapper_is_transparent,
    _pictures_are_text,
)
