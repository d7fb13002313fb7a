"""check_game catches what it promises to catch: one small, deliberately broken game for each rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from torch import Tensor

from games.chance import bits
from games.checks import _same, check_game
from games.core import Game, GameSpec, State
from games.errors import ArenaError, CheckFailed, MissingExtra
from games.tic_tac_toe import TicTacToe

SPEC = GameSpec(
    name="race",
    version=1,
    flavour="competitive",
    seats=2,
    actions=3,
    observation=(3,),
    max_steps=8,
    return_range=(-1.0, 1.0),
)


@dataclass(frozen=True, kw_only=True)
class RaceState(State):
    places: Tensor  # (B, P) int64


class Race(Game):
    """In turn, go 0, 1 or (from even places only) 2 places on, and one more by luck; the first beyond place 6 wins."""

    spec = SPEC

    def initial(self, seeds: Tensor) -> RaceState:
        return RaceState(places=seeds.new_zeros(len(seeds), 2), **self.opening(seeds))

    def transition(self, state: RaceState, actions: Tensor) -> RaceState:
        went = (actions + self.dice(state)[:, None]) * state.to_act
        places, to_act = state.places + went, ~state.to_act
        won = (places > 6).any(1)
        odd = (places % 2 == 1) & to_act
        legal = to_act[:, :, None].repeat(1, 1, 3)
        legal[:, :, 2] &= ~odd
        return replace(
            state, places=places, to_act=to_act, legal=legal, rewards=won[:, None] * (1.0 - 2.0 * to_act), done=won
        )

    def dice(self, state: RaceState) -> Tensor:
        return bits(state.seed, state.step, 0) % 2

    def observe(self, state: RaceState, seat: Tensor) -> Tensor:
        return torch.cat([state.places, seat[:, None]], dim=1).float()

    def render(self, state: RaceState, board: int = 0) -> str:
        return f"places {state.places[board].tolist()}"


def changed(**spec: Any) -> type[Race]:
    """The race with another spec."""
    return type("Changed", (Race,), {"spec": replace(SPEC, **spec)})


class NoSpec(Race):
    spec = None  # type: ignore[assignment]


class TakesTurns(Race):
    spec = replace(SPEC, simultaneous=True)

    def opening(self, seeds: Tensor) -> dict[str, Tensor]:
        opening = super().opening(seeds)
        opening["to_act"][:, 1] = False
        opening["legal"][:, 1] = False
        return opening


class StrangeDtype(Race):
    def transition(self, state: RaceState, actions: Tensor) -> RaceState:
        after = super().transition(state, actions)
        return replace(after, rewards=after.rewards.double())


class StrangeShape(Race):
    def initial(self, seeds: Tensor) -> RaceState:
        state = super().initial(seeds)
        return replace(state, legal=state.legal[:, :, :2])


class OneBoardForAll(Race):
    def initial(self, seeds: Tensor) -> RaceState:
        return replace(super().initial(seeds), places=seeds.new_zeros(1, 2))


class Reseeds(Race):
    def transition(self, state: RaceState, actions: Tensor) -> RaceState:
        return replace(super().transition(state, actions), seed=state.seed + 1)


class StartsPaid(Race):
    def initial(self, seeds: Tensor) -> RaceState:
        state = super().initial(seeds)
        return replace(state, returns=state.returns + 0.5)


class RollsElsewhere(Race):
    """Dice of a generator that lives outside the state."""

    def __init__(self) -> None:
        self.generator = torch.Generator().manual_seed(1)

    def dice(self, state: RaceState) -> Tensor:
        return torch.randint(2, (len(state),), generator=self.generator)


class OpensAtRandom(RollsElsewhere):
    def initial(self, seeds: Tensor) -> RaceState:
        state = super().initial(seeds)
        return replace(state, places=torch.randint(2, state.places.shape, generator=self.generator))


class RollsForTheBatch(Race):
    """The same dice for all boards, by the first one's seed."""

    def dice(self, state: RaceState) -> Tensor:
        return super().dice(state)[:1].expand(len(state))


class CountsItself(Race):
    """Keeps count in the game instead of the state: a board that is taken up in mid-play is lost."""

    def __init__(self) -> None:
        self.count = 0

    def reset(self, seeds: Tensor) -> State:
        self.count = 0
        return super().reset(seeds)

    def dice(self, state: RaceState) -> Tensor:
        self.count += 1
        return torch.full_like(state.seed, self.count > 5)


class LegalWhileWaiting(Race):  # at first; from then on `step` sees to it
    def initial(self, seeds: Tensor) -> RaceState:
        first = super().initial(seeds)
        return replace(first, legal=torch.ones_like(first.legal))


class NothingLegal(Race):
    def transition(self, state: RaceState, actions: Tensor) -> RaceState:
        after = super().transition(state, actions)
        return replace(after, legal=after.legal & (after.places[:, :1, None] < 3))


class NobodysTurn(Race):
    def transition(self, state: RaceState, actions: Tensor) -> RaceState:
        after = super().transition(state, actions)
        stuck = after.places[:, :1] == 3
        return replace(after, to_act=after.to_act & ~stuck, legal=after.legal & ~stuck[:, :, None])


class MovesAfterTheEnd(Race):
    def step(self, state: Any, actions: Tensor) -> State:
        after = super().step(state, actions)
        return replace(after, places=after.places + after.done[:, None])  # type: ignore[arg-type]


class PaysAfterTheEnd(Race):
    def step(self, state: Any, actions: Tensor) -> State:
        after = super().step(state, actions)
        return replace(after, rewards=after.rewards + state.done[:, None])


class TurnsBackTheClock(Race):
    def step(self, state: Any, actions: Tensor) -> State:
        return replace(super().step(state, actions), step=state.step)


class GoesOn(Race):
    """Never ends: neither does anybody win nor does the clock run out."""

    def step(self, state: Any, actions: Tensor) -> State:
        after = self.transition(state, actions.clamp(0, 2))
        return replace(after, step=state.step + 1, done=state.done, rewards=state.rewards, places=after.places % 7)


class WritesOnTheState(Race):
    def transition(self, state: RaceState, actions: Tensor) -> RaceState:
        state.places[:, 0] += 1
        return super().transition(state, actions)


class WritesWhileLooking(Race):
    def observe(self, state: RaceState, seat: Tensor) -> Tensor:
        state.places.add_(1)
        return super().observe(state, seat)


class ForgivesFaults(Race):
    def step(self, state: Any, actions: Tensor) -> State:
        return super().step(state, torch.where(actions == -1, 0, actions))


class ForgivesIllegalMoves(Race):
    def step(self, state: Any, actions: Tensor) -> State:
        allowed = state.legal.gather(2, actions.clamp(0, 2).unsqueeze(2)).squeeze(2) | (actions < 0) | (actions > 2)
        return super().step(state, torch.where(allowed, actions, 0))


class BlamesEverybody(Race):
    def step(self, state: Any, actions: Tensor) -> State:
        after = super().step(state, actions)
        return replace(after, forfeits=after.forfeits.any(1, keepdim=True).expand(-1, 2))


class FaultsSpread(Race):
    def step(self, state: Any, actions: Tensor) -> State:
        after = super().step(state, actions)
        return replace(after, places=after.places + after.forfeits.any().long())  # type: ignore[arg-type]


class FinesTooMuch(Race):
    def forfeit_returns(self, state: Any, offenders: Tensor) -> Tensor:
        return super().forfeit_returns(state, offenders) * 5


class PaysTooMuch(Race):
    def transition(self, state: RaceState, actions: Tensor) -> RaceState:
        after = super().transition(state, actions)
        return replace(after, rewards=after.rewards * 3)


class PaysNothingFinite(Race):
    def transition(self, state: RaceState, actions: Tensor) -> RaceState:
        after = super().transition(state, actions)
        return replace(after, rewards=after.rewards / 0.0)


class PaysBoth(Race):
    def transition(self, state: RaceState, actions: Tensor) -> RaceState:
        after = super().transition(state, actions)
        return replace(after, rewards=after.rewards.abs())


class ForgetsReturns(Race):
    def step(self, state: Any, actions: Tensor) -> State:
        after = super().step(state, actions)
        return replace(after, returns=after.returns * 0)


class LooksAtNothing(Race):
    def observe(self, state: RaceState, seat: Tensor) -> Tensor:
        return super().observe(state, seat).log() * 0


class LooksElsewhere(Race):
    def observe(self, state: RaceState, seat: Tensor) -> Tensor:
        return super().observe(state, seat)[:, :2]


class LooksAtNeighbours(Race):
    def observe(self, state: RaceState, seat: Tensor) -> Tensor:
        return super().observe(state, seat) + len(state)


class TellsNothingGlobal(Race):
    def global_state(self, state: Any) -> Tensor:
        return state.places  # type: ignore[no-any-return]


class HasNoPicture(Race):
    def render(self, state: RaceState, board: int = 0) -> str:
        raise NotImplementedError


class HasAnEmptyPicture(Race):
    def render(self, state: RaceState, board: int = 0) -> str:
        return ""


class HasBrokenXml(Race):
    def render_svg(self, state: RaceState, board: int = 0) -> str:
        return "<svg><rect></svg>"


class HandsOutItsOwn(Race):
    spec = replace(SPEC, observation=(2,))

    def observe(self, state: RaceState, seat: Tensor) -> Tensor:
        return state.returns


class DrawsAnotherThing(Race):
    def render_svg(self, state: RaceState, board: int = 0) -> str:
        return "<html/>"


class WritesAllMovesAlike(Race):
    def notation(self, action: int) -> str:
        return "on"


PLANTED = [
    (NoSpec, "expected a GameSpec"),
    (changed(version=0), "spec.version must be at least 1"),
    (changed(seats=1), "spec.seats must be at least 2, got 1"),
    (changed(flavour="friendly"), "spec.flavour must be one of"),
    (changed(observation=()), "spec.observation must be a shape"),
    (changed(return_range=(1.0, -1.0)), "spec.return_range must be finite, the lowest first"),
    (changed(return_range=(-1.0, float("inf"))), "spec.return_range must be finite"),
    (changed(teams=(0,)), "spec.teams must name a team for each of 2 seats"),
    (changed(teams=(0, 0)), "a competitive game needs two teams"),
    (TakesTurns, "every seat must act"),
    (StrangeDtype, "state.rewards must be .* torch.float32"),
    (StrangeShape, "state.legal must be"),
    (OneBoardForAll, "state.places must have 12 boards in front"),
    (Reseeds, "state.seed must stay"),
    (StartsPaid, "state.returns must be all zero"),
    (OpensAtRandom, "two resets with the same seeds differ in `places`"),
    (RollsElsewhere, "`places` of a board depends on the batch around it, or on something that is not in the state"),
    (RollsForTheBatch, "`places` of a board depends on the batch around it"),
    (CountsItself, "something that is not in the state"),
    (LegalWhileWaiting, "must be false for seats that do not act"),
    (NothingLegal, "a seat must act and has no legal action"),
    (NobodysTurn, "an unfinished board has nobody to act"),
    (MovesAfterTheEnd, "`places` of a finished board changed"),
    (PaysAfterTheEnd, "a finished board was paid|returns must be the sum"),
    (TurnsBackTheClock, "state.step must count|go on after max_steps"),
    (GoesOn, "boards go on after max_steps=8"),
    (WritesOnTheState, "step changed `places` of the state it was given"),
    (WritesWhileLooking, "observe changed `places`|depends on other boards"),
    (ForgivesFaults, "action -1 of seat 0 must end its board"),
    (ForgivesIllegalMoves, "an illegal action of seat . must end its board"),
    (BlamesEverybody, "must be marked in `forfeits`, and nobody else's"),
    (FaultsSpread, "changed `places` of another board"),
    (FinesTooMuch, "returns after a forfeit of seat 0 must lie in"),
    (PaysTooMuch, "returns at the end must lie in"),
    (PaysNothingFinite, "rewards must be finite"),
    (PaysBoth, "must sum to zero"),
    (ForgetsReturns, "returns must be the sum of the rewards"),
    (LooksAtNothing, "the observation of seat 0 must be finite"),
    (LooksElsewhere, r"the observation of seat 0 must be \(12, 3\) float32, got \(12, 2\)"),
    (LooksAtNeighbours, "the observation of seat 0 depends on other boards"),
    (HandsOutItsOwn, "the observation of seat 0 is part of the state"),
    (TellsNothingGlobal, "the global state must be"),
    (HasNoPicture, "raises NotImplementedError"),
    (HasAnEmptyPicture, "render must give text"),
    (HasBrokenXml, "well-formed XML"),
    (DrawsAnotherThing, "must give an svg element"),
    (WritesAllMovesAlike, "notation must tell all actions apart"),
]


def test_a_game_that_keeps_the_contract_passes():
    check_game(Race())
    check_game(TicTacToe(), seeds=[2**62, 5], device="cpu")


def test_whoever_watches_is_told_what_comes_next():
    told: list[tuple[int, int, str]] = []
    check_game(Race(), notify=lambda *said: told.append(said))
    parts = told[0][1]
    assert told[0] == (0, parts, "plays at random: step 0 of at most 8")
    assert [done for done, _, _ in told] == list(range(parts))
    assert (6, parts, "finished boards are frozen") in told


def test_numbers_are_compared_whatever_their_kind():
    for dtype in (torch.bool, torch.int32, torch.bfloat16, torch.float64):
        one, other = torch.tensor([0, 1]).to(dtype), torch.tensor([1, 1]).to(dtype)
        assert _same(one, one.clone())
        assert not _same(one, other)
    assert _same(torch.tensor([float("nan"), 0.0]), torch.tensor([float("nan"), -0.0]))
    assert not _same(torch.tensor([float("nan")]), torch.tensor([0.0]))


@pytest.mark.parametrize(("broken", "message"), PLANTED, ids=[f"{game.__name__}-{said[:30]}" for game, said in PLANTED])
def test_a_planted_fault_is_caught_and_named(broken: Any, message: str):
    with pytest.raises(CheckFailed, match=message) as raised:
        check_game(broken())
    assert raised.value.cause.startswith(("race: ", "NoSpec: "))


def test_the_cause_of_a_raising_game_is_kept():
    class Raises(Race):
        def observe(self, state: RaceState, seat: Tensor) -> Tensor:
            raise ZeroDivisionError("planted")

    with pytest.raises(CheckFailed, match="race: raises ZeroDivisionError: planted") as raised:
        check_game(Raises())
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


def test_a_users_own_mistake_is_not_taken_for_the_games():
    class Needs(Race):
        def observe(self, state: RaceState, seat: Tensor) -> Tensor:
            raise MissingExtra("needs dice", hint="pip install dice")

    with pytest.raises(ArenaError, match="needs dice") as raised:
        check_game(Needs())
    assert isinstance(raised.value, MissingExtra)
