"""A round's course: what it has come to, however it was followed, and whom more matches would make no surer."""

from __future__ import annotations

import random

import pytest

from arena.course import PATIENCE, Course
from arena.match import Match, Result
from arena.ratings.fold import fold_round
from arena.ratings.model import Standings
from arena.ratings.trueskill import TrueSkill
from arena.series import Results
from games.spec import Flavour, GameSpec
from tests.arena.ratings.cast import cast

ONE, OTHER = cast(2)


def rules(flavour: Flavour = "competitive") -> GameSpec:
    return GameSpec("made_up", 1, flavour, 2, 2, (1,), 1, (-1.0, 1.0))


def course(flavour: Flavour = "competitive", before: Standings | None = None) -> Course:
    return Course(before or Standings(), rules(flavour), TrueSkill())


def mirrored(count: int, *, wins: float, seed: int = 1) -> Results:
    """Matches in pairs on one deal; `ONE` wins such a share of them."""
    chance, made = random.Random(seed), []
    for ordinal in range(count):
        lineup = (ONE, OTHER) if ordinal % 2 == 0 else (OTHER, ONE)
        first = (chance.random() < wins) == (lineup[0] is ONE)
        made.append(Result(Match(ordinal, ordinal // 2, lineup), (1.0, -1.0) if first else (-1.0, 1.0), 9, b""))
    return Results.of(made)


@pytest.mark.parametrize("flavour", ["competitive", "mixed", "cooperative"])
def test_it_is_the_same_stage_by_stage_and_after_a_break(flavour: Flavour) -> None:
    past, steady, resumed = mirrored(150, wins=0.7), course(flavour), course(flavour)
    for end in (16, 32, 40, 96, 150):
        steady.follow(past[:end])
    resumed.follow(past)
    assert steady.now == resumed.now
    assert steady.half == resumed.half
    assert steady.now == fold_round(Standings(), past, rules(flavour), TrueSkill())


def test_one_side_that_wins_all_leaves_both_unsure() -> None:
    round = course()
    round.follow(mirrored(PATIENCE, wins=1.0))
    assert not round.hopeless(ONE), "too early to say"
    round.follow(mirrored(2 * PATIENCE, wins=1.0))
    assert round.hopeless(ONE)
    assert round.hopeless(OTHER)


@pytest.mark.parametrize("wins", [0.5, 0.7, 0.9])
@pytest.mark.parametrize("count", [400, 1000, 5000])
def test_those_who_sometimes_lose_are_waited_for(wins: float, count: int) -> None:
    round = course()
    round.follow(mirrored(count, wins=wins))
    assert not round.hopeless(ONE)
    assert not round.hopeless(OTHER)


def test_what_they_played_before_the_round_counts() -> None:
    """So that a sigma which is small already is not called slow."""
    long = fold_round(Standings(), mirrored(20_000, wins=0.6), rules(), TrueSkill())
    round = course(before=long)
    round.follow(mirrored(2 * PATIENCE, wins=0.6, seed=2))
    assert not round.hopeless(ONE)


def test_a_stranger_to_the_round_is_not_given_up() -> None:
    round = course()
    round.follow(mirrored(2 * PATIENCE, wins=1.0))
    assert not round.hopeless(cast(3)[2])
