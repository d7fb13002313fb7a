"""Players of hide and seek, judged on floors drawn as pictures, and in whole matches against each other."""

from __future__ import annotations

from collections import deque
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.registry import make_agent
from agents.scripted.grid import distances
from agents.scripted.pushing import NEVER, pushing
from games.chance import bits, uniform
from games.core import Game
from games.errors import BadSpec
from games.hide_and_seek import EAST, LOCK, NORTH, SOUTH, STAY, HideAndSeek
from games.registry import GAMES
from tests.agents.loop import play
from tests.games.test_hide_and_seek import position

BOARDS = 150


def view(game: Game, state: Any, seat: int, *, rows: int = 1) -> Observation:
    """What a seat sees, shown to rows of different seeds."""
    seen = state.take(torch.zeros(rows, dtype=torch.int64))
    place = torch.arange(rows)
    return Observation(
        features=game.observe(seen, torch.full_like(place, seat)),
        legal=seen.legal[:, seat],
        seat=torch.full_like(place, seat),
        step=seen.step,
        seed=place,
        row=place,
        member=torch.zeros_like(place),
    )


def choices(spec: str, picture: str, seat: int, **settings: Any) -> set[int]:
    """All that an agent does at a seat of a picture, over 50 seeds."""
    game, state = position(picture, **settings)
    return set(make_agent(spec, game.spec).act(view(game, state, seat, rows=50)).tolist())


def told(agents: dict[int, str], picture: str, *, steps: int) -> tuple[HideAndSeek, Any]:
    """A picture after some steps in which `agents` act at their seats and all others stay."""
    game, state = position(picture, steps=steps + 1)
    players: dict[int, Agent] = {seat: make_agent(spec, game.spec) for seat, spec in agents.items()}
    for _ in range(steps):
        actions = torch.full((1, game.spec.seats), STAY)
        for seat, player in players.items():
            actions[0, seat] = player.act(view(game, state, seat))[0]
        state = game.step(state, actions)
    return game, state


@cache
def hiders_return(seekers: str, hiders: str) -> Tensor:
    """What the hiders earn in each of `BOARDS` matches, on the same seeds whoever plays."""
    game = GAMES.make("hide_and_seek")
    agents = [make_agent(hiders, game.spec), make_agent(hiders, game.spec)]
    agents += [make_agent(seekers, game.spec), make_agent(seekers, game.spec)]
    returns, _ = play(game, agents, boards=BOARDS, seed=1)
    return returns[:, 0]


TWO_IN_SIGHT = """
    . . . # . . .
    . . . . . . .
    . . . # . . .
    # . # # . . .
    . h . . . . .
    . . . . . . .
    . . . s . . h
"""


def test_a_chaser_walks_to_the_nearest_hider_in_sight():
    assert choices("chaser", TWO_IN_SIGHT, 2) == {EAST}


def test_a_chaser_goes_around_a_wall_through_the_door():
    seen_through_the_door = """
        . . h # . . .
        . . . . . . .
        . . . # s . .
        # . # # . . .
        . . . . . . .
        . . . . . . .
        . . . . . . .
    """
    assert choices("chaser", seen_through_the_door, 1) == {NORTH}


def test_a_chaser_that_sees_nobody_looks_about():
    nobody = TWO_IN_SIGHT.replace("h", ".").replace(". . . # . . .", "h . . # . . .", 1)
    assert len(choices("chaser", nobody, 1)) >= 3


@pytest.mark.parametrize("spec", ["chaser", "hideout", "barricader"])
def test_a_seeker_waits_while_hiders_prepare(spec: str):
    assert choices(spec, TWO_IN_SIGHT, 2, preparation=0.5) == {STAY}


def test_a_hideout_steps_out_of_sight_and_stays_there():
    picture = """
        . . . # . . .
        . h . . . . s
        . . . # . . .
        # . # # . . .
        . . . . . . .
        . . . . . . .
        . . . . . . .
    """
    assert choices("hideout", picture, 0) <= {NORTH, SOUTH}
    game, state = told({0: "hideout"}, picture, steps=1)
    assert not game.found(state).item()
    game, later = told({0: "hideout"}, picture, steps=6)
    assert later.players[0, 0] == state.players[0, 0]


def test_a_barricader_pushes_the_box_into_the_door_and_locks_it():
    picture = """
        h . . # . . .
        . . o . . . .
        . . . # . . .
        # . # # . . .
        . . . . . . .
        . . . . . . .
        . . . . . . s
    """
    assert choices("barricader", picture, 0) <= {SOUTH, EAST}  # to the west of the box, by one way or the other
    game, state = told({0: "barricader"}, picture, steps=4)
    assert game.render(state).splitlines()[1] == ". . h H . . ."


def test_two_barricaders_take_different_doors_and_are_never_found():
    picture = """
        . h . . # . . . .
        . . . o . . . . .
        h . o . # . . . .
        . . . . # . . . .
        # # . # # . . . .
        . . . . . . . . .
        . . . . . . . . .
        . . . . . . . . .
        . . . . . . . . s
    """
    game, state = told({0: "barricader", 1: "barricader", 2: "chaser"}, picture, steps=60)
    assert (state.locks == 1).all()
    assert sorted(state.boxes[0].tolist()) == [1 * 9 + 4, 4 * 9 + 2]
    assert not game.found(state).item()


def test_barricaders_with_one_box_each_think_of_the_door_of_their_seat():
    one_box = """
        h . . # . . .
        . o . . . . .
        . . h # . . .
        # . # # . . .
        . . . . . . .
        . . . . . . .
        . . . . . . s
    """
    assert choices("barricader", one_box, 0) == {SOUTH}  # to the west of the box, for the eastern door
    assert choices("barricader", one_box, 1) == {NORTH}  # to the north of it, for the southern door


def test_a_barricader_without_a_box_hides_as_a_hideout_does():
    bare = """
        . . . # . . .
        . h . . . . s
        . . . # . . .
        # . # # . . .
        . . . . . . .
        . . . . . . .
        . . . . . . .
    """
    assert choices("barricader", bare, 0) == choices("hideout", bare, 0)


def test_chasers_find_more_than_random_seekers_do():
    for hiders in ("fixed(0)", "uniform"):
        assert (hiders_return("uniform", hiders) - hiders_return("chaser", hiders)).mean() > 0.3


def test_hideouts_and_barricaders_are_found_less_than_those_who_stand_or_run_about():
    still, running, hideout, barricader = (
        hiders_return("chaser", hiders).mean() for hiders in ("fixed(0)", "uniform", "hideout", "barricader")
    )
    assert still + 0.2 < hideout
    assert running + 0.5 < barricader
    assert hideout < barricader


def test_distances_are_those_of_a_walk_from_cell_to_cell():
    size, grids = 7, 20
    luck = uniform(torch.arange(grids)[:, None], torch.arange(size**2))
    open_, goals = luck > 0.35, luck > 0.97
    found = distances(goals & open_, open_, size)
    for ways, free, ends in zip(found.tolist(), open_.tolist(), goals.tolist(), strict=True):
        assert [way if way < NEVER else None for way in ways] == walked(free, ends, size)


def walked(free: list[bool], ends: list[bool], size: int) -> list[int | None]:
    steps: list[int | None] = [0 if end else None for end in ends]
    queue = deque(cell for cell, end in enumerate(ends) if end)
    while queue:
        cell = queue.popleft()
        row, column = divmod(cell, size)
        for r, c in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            near = r * size + c
            if 0 <= r < size and 0 <= c < size and free[near] and steps[near] is None:
                steps[near] = (steps[cell] or 0) + 1
                queue.append(near)
    return steps


def test_a_plan_of_pushes_keeps_its_word():
    """From any place of a player and a box, the steps of a plan lead to the door in the number that it says."""
    game = HideAndSeek(size=7, hiders=1, seekers=1, boxes=1, steps=100, preparation=0.0)
    plan, layout, boards = pushing(7), 5, 3**4
    inside = torch.tensor([row * 7 + column for row in range(3) for column in range(3)])
    me, boxes = inside[torch.arange(boards) // 9], inside[torch.arange(boards) % 9]
    me, boxes = me[me != boxes], boxes[me != boxes]
    state: Any = game.reset(bits(torch.arange(len(me)), 1))
    state = state.map(torch.clone)
    state.players[:, 0], state.players[:, 1], state.boxes[:, 0] = me, 48, boxes
    state.layout[:] = layout
    table = plan.steps[2 * layout + 1].view(plan.cells, plan.cells)  # to the southern door

    def cells() -> tuple[Tensor, Tensor]:
        mine, box = state.players[:, 0], state.boxes[:, 0]
        return mine // 7 * 4 + mine % 7, box // 7 * 4 + box % 7

    left = table[cells()]
    assert (left == NEVER).any()  # a box along the outer wall cannot be pushed away from it
    assert (left < NEVER).any()
    for _ in range(int(left[left < NEVER].max())):
        mine, box = cells()
        ahead = plan.after[:, mine, box]
        best = 1 + table.flatten()[ahead].argmin(0)
        going = (left > 0) & (left < NEVER)
        state = game.step(state, torch.stack([best.where(going, STAY), torch.zeros_like(best)], dim=1))
        expected = torch.where(going, left - 1, left)
        left = table[cells()]
        assert torch.equal(left, expected)
    done = left == 0
    door = int(plan.doors[layout, 1])
    assert (cells()[1][done] == door).all()


@pytest.mark.parametrize("spec", ["chaser", "hideout", "barricader"])
def test_other_games_are_refused(spec: str):
    with pytest.raises(BadSpec, match=f"{spec} needs 'hide_and_seek'.*got 'tic_tac_toe'"):
        make_agent(spec, GAMES.make("tic_tac_toe").spec)


def test_a_box_that_is_in_the_door_needs_only_a_lock():
    assert choices("barricader", SHUT, 0) == {LOCK}


SHUT = """
    . . . # . . .
    . . h o . . .
    . . . # . . .
    # . # # . . .
    . . . . . . .
    . . . . . . .
    . . . . . . s
"""
