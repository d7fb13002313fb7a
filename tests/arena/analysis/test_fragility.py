"""How few results a lead rests on, against the trying of every subset of matches."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest

from arena.analysis.fragility import Kind, Swap, _Race, fewest, selections
from arena.match import Checkpoint, Comparison
from arena.ratings.batch import Fit
from arena.ratings.davidson import Davidson
from arena.ratings.meetings import bouts
from tests.arena.ratings.cast import cast
from tests.arena.ratings.test_davidson import duel, league, melees

A, B, C, D = cast(4)
MODEL = Davidson()


def kinds(played: Sequence[Comparison]) -> dict[Kind, int]:
    return dict(Counter((one,) for one in played))


def leaders(fit: Fit) -> tuple[Checkpoint, Checkpoint]:
    first, second, *_ = sorted(fit.meetings.cast, key=lambda who: -fit.rating(who).mu)
    return first, second


def swaps(played: Sequence[Comparison], taken: Sequence[int], ahead: Checkpoint, behind: Checkpoint) -> bool:
    """Whether a fit to all but these matches, from the beginning, has the other in front."""
    fit = MODEL.fit([one for place, one in enumerate(played) if place not in taken])
    return ahead in fit and behind in fit and fit.lead(ahead, behind).mu < -1e-3


def fewest_of_all(played: Sequence[Comparison], ahead: Checkpoint, behind: Checkpoint, *, most: int) -> int | None:
    """The oracle: every subset of matches, the smallest first."""
    for size in range(1, most + 1):
        if any(swaps(played, taken, ahead, behind) for taken in combinations(range(len(played)), size)):
            return size
    return None


def left(played: dict[Kind, int], swap: Swap) -> list[Comparison]:
    """What is left of the matches."""
    assert swap.taken is not None
    return [one for (kind, times), gone in zip(played.items(), swap.taken, strict=True) for one in kind * (times - gone)]


@pytest.mark.parametrize("seed", range(16))
def test_no_subset_of_matches_is_smaller(seed: int) -> None:
    played = league(10 if seed % 2 else 12, seed=seed, size=3, gap=0.3)
    if seed % 4 == 3:
        played = melees(9, seed=seed, size=4)
    ahead, behind = leaders(MODEL.fit(played))
    swap = fewest(MODEL, kinds(played), ahead, behind)
    oracle = fewest_of_all(played, ahead, behind, most=4)
    if oracle is None:
        assert swap.taken is None or swap.size > 4
    else:
        assert swap.size == oracle
        assert swap.fewest
        assert fewest(MODEL, kinds(played), ahead, behind, refits=0).size == oracle, "greedily as well"
        assert MODEL.fit(left(kinds(played), swap)).lead(ahead, behind).mu < 0


@pytest.mark.parametrize("seed", range(8))
def test_what_is_claimed_of_a_larger_league_is_shown_by_a_fit_from_the_beginning(seed: int) -> None:
    played = league(400, seed=seed, gap=0.2) + league(50, seed=seed, team=2) + melees(50, seed=seed)
    ahead, behind = leaders(MODEL.fit(played))
    swap = fewest(MODEL, kinds(played), ahead, behind, refits=0)
    assert MODEL.fit(left(kinds(played), swap)).lead(ahead, behind).mu < 0
    assert swap.fewest == (swap.size == 1), "nothing smaller than one need be tried, and nothing else could be"


@pytest.mark.parametrize("seed", [3, 36])
def test_of_what_was_found_nothing_can_be_put_back(seed: int) -> None:
    """Where records are nearly perfect influences change with every result that goes, so some go in vain."""
    played = kinds(league(40, seed=seed, gap=2.0, size=4))
    race = _Race(MODEL, played, *leaders(MODEL.fit([one for kind, times in played.items() for one in kind * times])))
    found = race.greedily()
    assert found is not None
    assert race.swapped(found)
    for kind in np.flatnonzero(found):
        assert not race.swapped(found - race._one(int(kind)))


def test_a_detour_finds_fewer() -> None:
    """The straight way takes 7 away, of which none can be put back."""
    played = league(40, seed=35, gap=2.0, size=4)
    swap = fewest(MODEL, kinds(played), *leaders(MODEL.fit(played)), refits=0)
    assert swap.size <= 6
    assert MODEL.fit(left(kinds(played), swap)).lead(*leaders(MODEL.fit(played))).mu < 0


def test_the_one_upset_that_decides_is_found() -> None:
    """A and B are level but for one win of A's over C; without it they are level, and without one loss B is ahead."""
    played = [duel(A, C), duel(B, C), duel(C, A), duel(C, B)] * 10 + [duel(A, C)] + [duel(C, D)] * 3
    assert leaders(MODEL.fit(played))[0] == A
    swap = fewest(MODEL, kinds(played), A, B)
    assert swap == Swap((0, 0, 0, 1, 0), fewest=True)


def test_a_level_pair_swaps_by_one_result() -> None:
    swap = fewest(MODEL, kinds([duel(A, B), duel(B, A), duel(A, C), duel(B, C)]), A, B)
    assert swap.size == 1
    assert swap.fewest


def test_who_won_all_stays_ahead_of_whom_it_beat() -> None:
    assert fewest(MODEL, kinds([duel(A, B)] * 3), A, B) == Swap(None, fewest=True)


def test_each_of_the_two_keeps_a_result() -> None:
    """Without its one win A would be nowhere, and B above nobody."""
    played = [duel(A, C), duel(B, C), duel(C, B)]
    swap = fewest(MODEL, kinds(played), A, B)
    taken = swap.taken or (0, 0, 0)
    assert taken[0] == 0
    assert swap.fewest
    assert (swap.taken is None) == (fewest_of_all(played, A, B, most=3) is None)


def test_nothing_is_said_to_be_the_fewest_that_was_not_tried() -> None:
    played = league(200, seed=11, gap=0.5)
    ahead, behind = leaders(MODEL.fit(played))
    unproved = fewest(MODEL, kinds(played), ahead, behind, refits=10)
    assert unproved.size > 1
    assert not unproved.fewest


@pytest.mark.parametrize(
    "played", [league(80, seed=1), league(80, seed=2, team=2), melees(60, seed=3)], ids=["duels", "teams", "rankings"]
)
def test_influence_is_the_slope_of_the_lead(played: list[Comparison]) -> None:
    ahead, behind = leaders(MODEL.fit(played))
    race = _Race(MODEL, kinds(played), ahead, behind)
    nothing, bit = np.zeros_like(race.times), 1e-4
    at = race.at(nothing)
    influence = race.influence(at, nothing)
    assert len(influence) > 5
    for kind, told in enumerate(influence):
        slope = (race.lead(at) - race.lead(race.at(nothing + bit * race._one(kind)))) / bit
        assert told == pytest.approx(slope, rel=1e-2, abs=1e-2)


def test_selections_are_all_there_are() -> None:
    times = np.array([2.0, 1.0, 3.0])
    every = [tuple(map(int, taken)) for taken in selections(times, 3)]
    assert len(set(every)) == len(every)
    assert set(every) == {(a, b, c) for a in range(3) for b in range(2) for c in range(4) if a + b + c == 3}


def test_a_proof_may_go_through_many_kinds() -> None:
    """More than calls can be nested: 40 players, nearly every match one of a kind."""
    played = [duel(one, other) for one, other in combinations(cast(40), 2)]
    strong, weak, *_ = cast(40)
    level = [duel(strong, weak), duel(weak, strong)] * 2
    kind = kinds([*played, *(one._replace(sided=True) for one in played), *level, duel(strong, cast(40)[2])])
    assert len(kind) > 1500
    assert fewest(MODEL, kind, strong, weak).fewest


def test_results_as_bouts_are_as_likely_as_results_that_are_counted() -> None:
    rng = random.Random(1)
    played = league(60, seed=4) + league(30, seed=5, team=2) + melees(30, seed=6)
    pairs: Counter[Kind] = Counter(tuple(rng.sample(played, 2)) for _ in range(80))  # matches that prove two things each
    apart = [one for kind, times in pairs.items() for one in kind * times]
    assert MODEL.fit(bouts(pairs)).at == pytest.approx(MODEL.fit(apart).at, abs=1e-8)
