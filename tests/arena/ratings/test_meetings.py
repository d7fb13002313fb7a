"""Who met whom how often: the same however it was written down, and from results as from comparisons."""

from __future__ import annotations

import random

import numpy as np
import pytest

from arena.match import Comparison, Result
from arena.ratings.comparisons import comparisons
from arena.ratings.meetings import ALONE, Meeting, Meetings, Tally, arranged, gather
from games.spec import Flavour, GameSpec
from tests.arena.ratings.cast import cast, result

CAST = cast(5)
A, B, C, D, E = CAST


def same(one: Meetings, other: Meetings) -> bool:
    columns = ("first", "second", "sided", "counts", "bout", "repeats")
    return (one.cast, one.teams) == (other.cast, other.teams) and all(
        np.array_equal(getattr(one, column), getattr(other, column)) for column in columns
    )


def test_a_pair_on_neutral_ground_is_one_row_whoever_is_written_first() -> None:
    (one, other) = sorted((A, B), key=lambda who: who.id)
    met = arranged([Meeting((one,), (other,), False, 3, 2, 1), Meeting((other,), (one,), False, 1, 2, 3)])
    assert met.counts.tolist() == [[6, 4, 2]]
    assert (met.total, met.bout.tolist()) == (12, [ALONE])


def test_a_pair_with_seats_is_two_rows() -> None:
    met = gather([Comparison(((A,), (B,)), (0, 1), True), Comparison(((B,), (A,)), (0, 1), True)] * 3)
    assert met.counts.tolist() == [[3, 0, 0], [3, 0, 0]]


def test_rankings_of_several_keep_their_rows_apart() -> None:
    """Also those of one pair: in one it won, in the other it lost."""
    met = gather([Comparison(((A,), (B,), (C,)), (0, 1, 2)), Comparison(((A,), (B,), (C,)), (2, 1, 0))] * 2)
    assert (len(met.bout), met.repeats.tolist()) == (6, [2, 2])
    assert met.counts.sum(axis=1).tolist() == [2] * 6


def test_nothing_met_is_a_fit_of_nobody() -> None:
    assert (gather([]).total, gather([]).cast, gather([]).counts.shape) == (0, (), (0, 3))


@pytest.mark.parametrize(
    ("flavour", "seats", "teams"),
    [
        ("competitive", 2, (0, 1)),
        ("competitive", 3, (0, 1, 2)),
        ("competitive", 4, (0, 1, 0, 1)),
        ("mixed", 2, (0, 1)),
        ("cooperative", 2, (0, 0)),
    ],
)
def test_results_are_counted_as_their_comparisons_would_be(flavour: Flavour, seats: int, teams: tuple[int, ...]) -> None:
    """Forfeits, voids, neutral ground and twins among them, in any order."""
    chance, played = random.Random(seats), list[Result]()
    for ordinal in range(600):
        lineup, returns = chance.choices(CAST, k=seats), [float(chance.randrange(3)) for _ in range(seats)]
        one = result(ordinal, lineup, returns, seed=ordinal % 40)
        if ordinal % 11 == 0:
            one = one._replace(faults=("crash", *[None] * (seats - 1)))
        elif ordinal % 13 == 0:
            one = one._replace(void="broken", returns=())
        played.append(one._replace(neutral=ordinal % 3 == 0))
    game = GameSpec("made_up", 1, flavour, seats, 2, (1,), 1, (0.0, 2.0), teams=teams)
    seen, told = Tally(), gather(comparisons(played, flavour, game.team_of))
    chance.shuffle(played)
    seen.see(played, game)
    assert same(seen.meetings(), told)
