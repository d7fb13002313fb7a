"""The log's own clock, and skills that drift by it."""

from __future__ import annotations

from math import sqrt

import pytest

from arena.match import Checkpoint, Comparison
from arena.ratings.clock import Clock
from arena.ratings.model import Standings
from arena.ratings.trueskill import TrueSkill
from tests.arena.ratings.cast import cast

A, B, C, D = cast(4)


def won(one: Checkpoint, other: Checkpoint) -> Comparison:
    return Comparison(((one,), (other,)), (0, 1))


def test_it_moves_by_one_while_everybody_plays_once() -> None:
    clock = Clock({})
    assert clock.tick(["a", "b"]) == [0, 0]
    assert clock.tick(["c", "d"]) == [0, 0]
    assert clock.tick(["a", "b"]) == [1, 1]  # two matches of four players
    assert clock.tick(["a", "c"]) == [0.5, 1]


def test_it_goes_on_where_it_was() -> None:
    whole, parted = Clock({}), Clock({})
    for ids in (["a", "b"], ["b", "c"], ["a", "d"]):
        whole.tick(ids)
        parted.tick(ids)
        parted = Clock(parted.counters() | {"seen z": 0.0}) if ids == ["a", "d"] else parted
    assert whole.tick(["a", "b"]) == parted.tick(["a", "b"])


def test_who_rests_is_less_known_when_it_comes_back() -> None:
    model = TrueSkill(drift=2.0, draw=0.1)
    before = model.fold(Standings(), [won(A, B), won(C, D)])
    rested = model.fold(before, [won(C, D)] * 6 + [won(A, B)])
    aged = {who: one.sigma for who, one in before.ratings.items()}
    plain = TrueSkill(draw=0.1)
    ratings = {
        who: type(one)(one.mu, sqrt(aged[who] ** 2 + 4 * 4.0)) for who, one in before.ratings.items()
    }  # 8 times 2 by 4
    expected = plain.fold(Standings(ratings, before.compared), [won(A, B)])
    assert rested.ratings[A].sigma == pytest.approx(expected.ratings[A].sigma)
    assert rested.ratings[A].mu == pytest.approx(expected.ratings[A].mu)


def test_a_skill_that_drifts_is_followed() -> None:
    """The weaker one becomes the stronger: who believes in drift turns round, who does not still remembers."""
    played = [won(A, B)] * 100 + [won(B, A)] * 3
    living, frozen = (TrueSkill(drift=drift).fold(Standings(), played).ratings for drift in (1.0, 0.0))
    assert living[B].mu > living[A].mu
    assert frozen[B].mu < frozen[A].mu
