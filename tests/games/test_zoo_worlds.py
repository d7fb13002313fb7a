"""Moments of PettingZoo environments: each says the same for ever, though the environment itself goes on."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pettingzoo")

from games.outside import OutsideFault
from games.pettingzoo import PettingZoo, pettingzoo
from games.zoo_worlds import TurnWorld, UnisonWorld

TEAMS = {"cat": 0, "mouse_0": 1, "mouse_1": 1}


def auction() -> PettingZoo:
    return pettingzoo("tests.plugins.my_envs:Auction", flavour="mixed", return_range=(-3, 4))


def tag() -> PettingZoo:
    return pettingzoo("tests.plugins.my_envs:Tag", return_range=(-12, 12), teams=TEAMS)


def test_a_turn_is_one_entry_and_the_next_agents() -> None:
    game = auction()
    world: Any = game.begin(0)
    assert isinstance(world, TurnWorld)
    for bid, mover in ((2, 0), (3, 1), (1, 2)):
        assert (world.movers, world.over) == ((mover,), False)
        assert list(world.legal(mover)) == [0, 1, 2, 3]
        world = world.after([bid] * 3, 0)
    assert world.over
    assert world.movers == ()
    assert list(world.returns) == [-2.0, 4.0 - 3.0, -1.0]  # each pays the own bid, the highest wins


def test_what_is_paid_before_ones_turn_is_counted_once() -> None:
    game = auction()
    world: Any = game.begin(0)
    after: Any = world.after([3] * 3, 0)
    assert list(after.returns) == [-3.0, 0.0, 0.0]
    assert list(after.after([1] * 3, 0).returns) == [-3.0, -1.0, 0.0]


@pytest.mark.parametrize("make", [auction, tag])
def test_an_earlier_moment_goes_on_as_if_it_were_the_last(make: Any) -> None:
    game, acts = make(), [[1, 1, 1], [2, 2, 2], [0, 0, 0]]
    moments: list[Any] = [game.begin(5)]
    for one in acts:
        moments.append(moments[-1].after(one, 5))
    for place, one in enumerate(acts):  # the environment has left each of them long ago
        again = moments[place].after(one, 5)
        expected = moments[place + 1]
        assert (again.shown, again.movers, list(again.returns)) == (expected.shown, expected.movers, list(expected.returns))
        assert again.history == expected.history


def test_an_environment_with_chance_of_its_own_cannot_go_back() -> None:
    game = pettingzoo("tests.plugins.my_envs:Nim")
    world: Any = game.begin(1)
    world.after([0, 0], 1)
    world.shown ^= 1
    with pytest.raises(OutsideFault, match="cannot be copied"):
        world.after([1, 1], 1)


def test_all_act_at_once_and_who_is_out_passes() -> None:
    game = tag()
    world: Any = game.begin(0)
    assert isinstance(world, UnisonWorld)
    assert world.movers == (0, 1, 2)
    while len(world.movers) == 3 and not world.over:
        world = world.after([2, 1, 1], 0)  # the cat runs round the ring, and the mice sit still
    (out,) = {0, 1, 2} - set(world.movers)
    before = len(world.history)
    after = world.after([1, 1, 1], 0)
    assert after.history[before:][4 * out : 4 * out + 4] == bytes(4)  # whatever was said for it, it said 0
    assert not after.view(out).any()
