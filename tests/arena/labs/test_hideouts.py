"""What is counted in hide and seek, on boards that can be read, and by bots that are known."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from arena.labs.hideouts import CHASES, CLOSED, HIDERS_LOCK, MEASURES, MOVED, SEEKERS_LOCK, UNSEEN, chased, closed, measured
from arena.match import Checkpoint, Match
from arena.roster import Roster
from arena.runner import play
from games.chance import derive
from games.hide_and_seek import HideAndSeek, HideAndSeekState

GAME = HideAndSeek(6, hiders=1, seekers=1, boxes=2, steps=20)
EAST_1_SOUTH_1 = 3 + 1  # the layout with doors in row 1 and in column 1
MARKS = {"o": 0, "H": 1, "S": 2}


def board(*rows: str) -> HideAndSeekState:
    """One board, drawn as the game draws it, with the doors at (1, 3) and (3, 1)."""
    cells = "".join(rows).replace(" ", "")
    assert len(cells) == 36
    boxes = [place for place, mark in enumerate(cells) if mark in MARKS]
    state = GAME.reset(torch.tensor([0]))
    assert isinstance(state, HideAndSeekState)
    return replace(
        state,
        players=torch.tensor([[cells.index("h"), cells.index("s")]]),
        boxes=torch.tensor([boxes]),
        locks=torch.tensor([[MARKS[cells[place]] for place in boxes]]),
        layout=torch.tensor([EAST_1_SOUTH_1]),
    )


def room(east: str, south: str, *, inside: str = "h", outside: str = "s") -> HideAndSeekState:
    return board(
        ". . . # . .",
        f". {inside} . {east} . .",
        ". . . # . .",
        f"# {south} # # . .",
        f". . . . . {outside}",
        ". . . . . .",
    )


def test_the_picture_is_what_the_game_draws() -> None:
    state = room("H", "o")
    drawn = GAME.render(state).splitlines()[:6]
    assert drawn == [". . . # . .", ". h . H . .", ". . . # . .", "# o # # . .", ". . . . . s", ". . . . . ."]


@pytest.mark.parametrize(
    ("east", "south", "shut"),
    [("H", "H", True), ("H", "o", False), ("H", "S", False), ("o", "o", False)],  # a free box can be pushed away
)
def test_a_hideout_is_closed_by_boxes_that_hiders_locked(east: str, south: str, shut: bool) -> None:
    assert closed(GAME, room(east, south)).tolist() == [shut]


def test_a_seeker_in_the_hideout_is_no_stranger_to_it() -> None:
    state = room("H", "H")
    beside = replace(state, players=torch.tensor([[7, 8]]))
    assert closed(GAME, beside).tolist() == [False]
    assert closed(GAME, replace(state, players=torch.tensor([[35, 34]]))).tolist() == [False]  # both outside
    assert closed(GAME, replace(state, players=torch.tensor([[35, 7]]))).tolist() == [True]  # the seeker is shut in


@pytest.mark.parametrize(
    ("seeker", "after", "near", "far"),
    [
        (11, 10, 1, 1),  # along the row of the eastern door
        (11, 11, 0, 1),
        (11, 5, 0, 1),
        (8, 8, 0, 0),  # beside the hider there is nowhere to go
        (29, 28, 0, 0),  # it sees nobody
    ],
)
def test_a_chase_is_a_step_nearer_to_a_hider_in_sight(seeker: int, after: int, near: int, far: int) -> None:
    state = board(". . . # . .", ". h . . . s", ". . . # . .", "# . # # . .", ". . . . o .", ". . . . . o")
    before, then = (replace(state, players=torch.tensor([[7, place]])) for place in (seeker, after))
    assert [count.tolist() for count in chased(GAME, before, then)] == [[near], [far]]


def test_who_is_seen_but_out_of_reach_is_not_chased() -> None:
    """Past corners one sees, but does not walk."""
    state = board(". . . # . .", ". . H . . .", ". H h # . .", "# . # # . .", "s . . . . .", ". . . . . .")
    assert GAME.found(state).tolist() == [True]
    assert [count.tolist() for count in chased(GAME, state, state)] == [[0], [0]]


def counted(hiders: str, seekers: str, *, boards: int = 128) -> dict[str, float]:
    cast = [Checkpoint.make(name, 1, spec=spec) for name, spec in (("hiders", hiders), ("seekers", seekers))]
    lineup = tuple(cast[team] for team in GAME.spec.team_of)
    roster = Roster(GAME.spec, lambda _: b"")
    results = play(
        GAME, [Match(place, derive(1, place), lineup) for place in range(boards)], roster.cast(set(cast))
    ).results
    roster.close()
    told = measured(GAME, results)
    assert tuple(told) == MEASURES
    assert told[UNSEEN].tolist() == pytest.approx([(1 + result.returns[0]) / 2 for result in results], abs=1e-5)
    return {name: float(values.nanmean()) for name, values in told.items()}


def test_who_does_nothing_shows_nothing() -> None:
    told = counted("fixed(0)", "fixed(0)")
    assert [told[name] for name in (MOVED, HIDERS_LOCK, SEEKERS_LOCK, CLOSED, CHASES)] == [0] * 5


def test_bots_show_what_they_were_made_for() -> None:
    barricader, hideout = counted("barricader", "chaser"), counted("hideout", "uniform")
    assert barricader[CHASES] > 0.8  # the rest is for hiders that step into the way
    assert hideout[CHASES] < 0.4
    assert barricader[CLOSED] > 0.1 > hideout[CLOSED] == hideout[HIDERS_LOCK] == 0
    assert barricader[MOVED] > 0.2
    assert barricader[SEEKERS_LOCK] == 0 < hideout[SEEKERS_LOCK]
