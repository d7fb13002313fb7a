"""Hide and seek, told in pictures: # wall, h hider, s seeker, o free box, H and S boxes locked by hiders and by seekers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from games.checks import check_game
from games.errors import BadSpec
from games.hide_and_seek import (
    EAST,
    FREE_BOX,
    LOCK,
    ME,
    NORTH,
    OUR_BOX,
    PREPARATION,
    SEEKER,
    SOUTH,
    STAY,
    TEAM,
    THEIR_BOX,
    THEM,
    TIME,
    UNLOCK,
    WALLS,
    WEST,
    HideAndSeek,
)
from tests.games.playing import at_random

OPEN = {"steps": 10, "preparation": 0.0}


def position(picture: str, **settings: Any) -> tuple[HideAndSeek, Any]:
    """The game and the state that a picture shows; players of a side come in reading order."""
    marks = [line.split() for line in picture.strip().splitlines()]
    flat = "".join(mark for line in marks for mark in line)

    def cells(letters: str) -> list[int]:
        return [cell for cell, mark in enumerate(flat) if mark in letters]

    game = HideAndSeek(len(marks), len(cells("h")), len(cells("s")), len(cells("oHS")), **{**OPEN, **settings})
    room = game.room
    east, south = (
        [line != "#" for line in wall].index(True) for wall in ([row[room] for row in marks[:room]], marks[room])
    )
    state = replace(
        game.reset(torch.tensor([0])),
        players=torch.tensor([cells("h") + cells("s")]),
        boxes=torch.tensor([cells("oHS")], dtype=torch.int64),
        locks=torch.tensor([["oHS".index(flat[cell]) for cell in cells("oHS")]], dtype=torch.int64),
        layout=torch.tensor([east * room + south]),
    )
    assert game.render(state).splitlines()[:-1] == [" ".join(line) for line in marks]
    return game, state


def floor(game: HideAndSeek, state: Any) -> str:
    return "\n".join(game.render(state).splitlines()[:-1])


def after(picture: str, *actions: int) -> str:
    game, state = position(picture)
    return floor(game, game.step(state, torch.tensor([actions])))


def drawn(picture: str) -> str:
    return "\n".join(line.strip() for line in picture.strip().splitlines())


def seen(game: HideAndSeek, state: Any, seat: int) -> Tensor:
    return game.observe(state, torch.tensor([seat]))[0]


def played(game: HideAndSeek, *, boards: int) -> list[Any]:
    """All states of random games."""
    states = [game.reset(torch.arange(boards))]
    while not states[-1].done.all():
        states.append(game.step(states[-1], at_random(states[-1])))
    return states


CORNER = """
    h . . # . . .
    . . o . . . .
    . . . # . . .
    # . # # . . .
    . . . . . . .
    . . . . . . .
    . . . . . . s
"""


@pytest.mark.parametrize(
    "settings", [{}, {"size": 6, "hiders": 1, "seekers": 3, "boxes": 0}, {"size": 12, "preparation": 0.0, "steps": 7}]
)
def test_keeps_the_contract(settings: dict[str, Any]):
    check_game(HideAndSeek(**settings), seeds=range(6))


def test_a_step_into_a_free_box_pushes_it_on():
    picture = """
        . . . # . . .
        . h o . . . .
        . . . # . . .
        # . # # . . .
        . . . . . . .
        . . . . . . .
        . . . . . . s
    """
    assert after(picture, EAST, STAY).splitlines()[1] == ". . h o . . ."


@pytest.mark.parametrize(
    "row",
    ["h o o . . . .", "h H . . . . .", "h S . . . . .", ". . . h o s .", ". . . . . h o"],
    ids=["another box", "our lock", "their lock", "a player", "the edge"],
)
def test_a_box_that_is_locked_or_has_something_behind_it_stays_where_it_is(row: str):
    lines = [". . . # . . ."] + [row] + [". . . # . . .", "# . # # . . ."] + [". . . . . . ."] * 2 + [". . . . . . s"]
    picture = "\n".join(lines)
    assert after(picture, EAST, *[STAY] * (1 + row.count("s"))) == picture


def test_nobody_walks_through_walls_players_or_the_edge():
    picture = """
        . . h # . . .
        . . . . . . .
        . . . # . . .
        # . # # . . .
        . . . . . s h
        . . . . . . .
        . . . . . . .
    """
    assert after(picture, EAST, EAST, EAST) == drawn(picture)


def test_who_sits_first_goes_first():
    picture = """
        . . . # . . .
        . . . . . . .
        . . . # . . .
        # . # # . . .
        . . h . s . .
        . . . . . . .
        . . . . . . .
    """
    assert after(picture, EAST, WEST).splitlines()[4] == ". . . h s . ."


def test_a_lock_is_opened_only_by_the_team_that_closed_it():
    game, state = position(CORNER)
    state = replace(state, players=torch.tensor([[8, 16]]))  # the hider west of the box at 9, the seeker south of it

    def does(hider: int, seeker: int) -> int:
        nonlocal state
        state = game.step(state, torch.tensor([[hider, seeker]]))
        return int(state.locks)

    assert does(LOCK, LOCK) == 1  # the hider came first
    assert does(STAY, UNLOCK) == 1
    assert does(UNLOCK, LOCK) == 2
    assert does(UNLOCK, STAY) == 2
    assert does(LOCK, UNLOCK) == 0


def test_a_lock_reaches_no_farther_than_the_next_cell():
    game, state = position(CORNER)
    for cell in (0, 1, 3, 7, 15, 17):  # diagonal, or two away
        away = replace(state, players=torch.tensor([[cell, 48]]))
        assert not game.step(away, torch.tensor([[LOCK, STAY]])).locks.any()


def test_hiders_are_paid_while_none_is_seen_and_seekers_once_one_is():
    game, state = position("""
        . . . # . . .
        . . . . . . .
        . h h # . . .
        # . # # . . .
        . . . . . . .
        . s . . . . .
        . . . . . . s
    """)
    assert game.found(state).item()
    state = game.step(state, torch.tensor([[STAY, STAY, STAY, STAY]]))
    assert state.returns[0].tolist() == pytest.approx([-0.1, -0.1, 0.1, 0.1])
    state = game.step(state, torch.tensor([[WEST, STAY, STAY, STAY]]))
    assert not game.found(state).item()
    assert state.returns[0].tolist() == pytest.approx([0, 0, 0, 0], abs=1e-6)


def test_a_box_in_the_door_hides_who_is_behind_it():
    shut = """
        . . . # . . .
        . h . H . s .
        . . . # . . .
        # . # # . . .
        . . . . . . .
        . . . . . . .
        . . . . . . .
    """
    game, state = position(shut)
    assert not game.found(state).item()
    assert position(shut.replace("H", "."))[0].found(position(shut.replace("H", "."))[1]).item()


def test_a_lone_seeker_has_found_whom_it_sees_from_its_cell():
    game = HideAndSeek(7, hiders=2, seekers=1)
    for state in played(game, boards=32):
        seen = game.sees(state, state.players[:, 2], state.players[:, :2])  # (B, 2)
        assert torch.equal(seen.any(1), game.found(state))


def test_the_preparation_is_not_paid_and_seekers_neither_move_nor_see_in_it():
    game, state = position(
        """
        . . . # . . .
        . h . . . s .
        . . o # . . .
        # . # # . . .
        . . . . . . .
        . . . . . . .
        . . . . . . .
        """,
        preparation=0.2,
    )
    view = seen(game, state, 1)
    assert state.legal[0, 1].tolist() == [True] + [False] * 6
    assert not view[[THEM, FREE_BOX]].any()
    assert seen(game, state, 0)[THEM].any()
    assert [float(view[PREPARATION].mean()), float(view[TIME].mean())] == [1.0, 1.0]
    for _ in range(2):
        state = game.step(state, torch.zeros(1, 2, dtype=torch.int64))
        assert not state.returns.any()
    assert state.legal.all()
    assert seen(game, state, 1)[THEM].nonzero().tolist() == [[1, 1]]
    assert seen(game, state, 1)[PREPARATION].sum() == 0
    assert game.step(state, torch.zeros(1, 2, dtype=torch.int64)).returns[0].tolist() == [-0.125, 0.125]


def test_a_seat_sees_its_team_always_and_others_only_in_sight():
    game, state = position("""
        h . . # . . .
        . o . H . . s
        . h S # . . .
        # . # # . . .
        . . . . . . .
        . . . . . . .
        . s . . . . .
    """)
    hider, seeker = seen(game, state, 0), seen(game, state, 3)  # in the corner, and at the bottom
    assert [hider[plane].nonzero().tolist() for plane in (ME, TEAM, THEM)] == [[[0, 0]], [[2, 1]], []]
    assert [hider[plane].nonzero().tolist() for plane in (FREE_BOX, OUR_BOX, THEIR_BOX)] == [[[1, 1]], [[1, 3]], []]
    assert [seeker[plane].nonzero().tolist() for plane in (ME, TEAM, THEM)] == [[[6, 1]], [[1, 6]], [[2, 1]]]
    below = seen(game, state, 1)
    assert [below[plane].nonzero().tolist() for plane in (FREE_BOX, OUR_BOX, THEIR_BOX)] == [[[1, 1]], [], [[2, 2]]]
    outside = seen(game, state, 2)
    assert [outside[plane].nonzero().tolist() for plane in (FREE_BOX, OUR_BOX, THEIR_BOX)] == [[], [], [[1, 3]]]
    assert hider[WALLS].sum() == 5
    assert [float(view[SEEKER].mean()) for view in (hider, seeker)] == [0.0, 1.0]


def test_what_is_out_of_sight_leaves_no_trace_in_a_view():
    """Two boards that differ only in what the seat cannot see look the same to it."""
    game, state = position(CORNER)
    assert not game.found(state).item()
    elsewhere = replace(state, players=torch.tensor([[0, 47]]))
    assert not game.found(elsewhere).item()
    assert torch.equal(seen(game, state, 0), seen(game, elsewhere, 0))
    assert not torch.equal(game.global_state(state), game.global_state(elsewhere))


def test_no_two_things_share_a_cell_and_none_is_in_a_wall():
    game = HideAndSeek(size=7, hiders=3, seekers=3, boxes=4)
    for state in played(game, boards=200):
        things = torch.cat([state.players, state.boxes], dim=1)
        assert (things.sort(dim=1).values.diff(dim=1) > 0).all()
        walls = game.observe(state, torch.zeros_like(state.seed))[:, WALLS].flatten(1)
        assert not walls.gather(1, things).any()


def test_boxes_move_a_cell_at_a_time_and_locked_ones_not_at_all():
    game = HideAndSeek()
    states, moved = played(game, boards=200), 0
    for before, state in pairwise(states):
        step = (before.boxes - state.boxes).abs()
        assert torch.isin(step, torch.tensor([0, 1, game.size, 2, game.size + 1, game.size - 1, 2 * game.size])).all()
        stuck = (before.locks > 0) & (before.locks == state.locks)
        unopened = stuck & ((before.locks == 1) | (before.step < game.preparation)[:, None])
        moved += int((step > 0).sum())
        assert not step[unopened & _nobody_unlocks(before, state)].any()
    assert moved > 100


def _nobody_unlocks(before: Any, state: Any) -> Tensor:
    """Boxes that no one stood beside in that step, so that their lock stayed shut all through it."""
    near = (before.boxes[:, :, None] - before.players[:, None, :]).abs()
    return ~torch.isin(near, torch.tensor([1, 9])).any(2)


def test_returns_are_those_of_two_teams_against_each_other():
    game = HideAndSeek()
    returns = played(game, boards=100)[-1].returns
    assert torch.equal(returns[:, 0], returns[:, 1])
    assert torch.equal(returns[:, 0], -returns[:, 2])
    assert torch.equal(returns[:, 2], returns[:, 3])
    assert returns[:, 0].unique().numel() > 3


def test_games_begin_in_the_room_for_hiders_and_outside_it_for_seekers():
    game = HideAndSeek(size=9)
    state: Any = game.reset(torch.arange(500))
    rows, columns = state.players // 9, state.players % 9
    inside = (rows < 4) & (columns < 4)
    assert inside[:, :2].all()
    assert not inside[:, 2:].any()
    assert ((state.boxes // 9 > 0) & (state.boxes % 9 > 0)).all()
    assert len(state.layout.unique()) == 16


def test_a_seat_that_gives_up_loses_for_its_team():
    game = HideAndSeek()
    state = game.step(game.reset(torch.tensor([0])), torch.tensor([[STAY, -1, STAY, STAY]]))
    assert state.returns.tolist() == [[-1.0, -1.0, 1.0, 1.0]]


def test_a_room_too_small_is_refused():
    with pytest.raises(BadSpec, match="fit into the room of 9 cells"):
        HideAndSeek(size=6, hiders=6, boxes=4)


def test_the_picture_shows_who_is_seen():
    game, state = position("""
        . . . # . . .
        . h . . . s .
        . . o # . . .
        # . # # . . .
        . . . . . . .
        . . . . . . .
        . . . . . . .
    """)
    assert game.render(state).endswith("step 0 of 10, found")
    assert game.render_svg(state).count("<line") == 1
    hidden = game.step(state, torch.tensor([[STAY, SOUTH]]))
    assert game.render(hidden).endswith("step 1 of 10, hidden")
    assert "<line" not in game.render_svg(hidden)
    assert [game.notation(action) for action in (STAY, NORTH, UNLOCK)] == ["stay", "north", "unlock"]
