"""The official board: what it says beside an order, and where it says that it does not know."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

import pytest

from arena.analysis.payoff import PayoffTable
from arena.answers.official import OfficialBoard
from arena.figures import png
from arena.match import Checkpoint, Entrant, Result
from arena.ratings.comparisons import comparisons
from arena.ratings.davidson import Davidson
from tests.arena.ratings.cast import checkpoint, payoffs, result

A, B, C, D = (checkpoint(name) for name in "abcd")


def board(played: Sequence[Result], *, every: bool = False, forfeits: int = 0, retired: str = "") -> OfficialBoard:
    names = dict.fromkeys(who.agent for one in played for who in one.match.lineup)
    return OfficialBoard.of(
        "g",
        Davidson().fit(comparisons(played, "competitive")),
        model="davidson",
        entrants=[Entrant(name, "uniform", "g", retired=name == retired) for name in names],
        payoffs=PayoffTable(payoffs(played)),
        faults={A: forfeits},
        every=every,
    )


def matches(one: Checkpoint, other: Checkpoint, won: int, lost: int, drawn: int = 0) -> list[Result]:
    """So many matches, half of them from each seat."""
    earned = [1.0] * won + [-1.0] * lost + [0.0] * drawn
    return [
        result(place, [one, other] if place % 2 else [other, one], [paid, -paid] if place % 2 else [-paid, paid])
        for place, paid in enumerate(earned)
    ]


def order(of: OfficialBoard) -> list[str]:
    return [place.agent for place in of.places]


def test_places_are_ordered_and_their_ranks_are_as_wide_as_luck() -> None:
    made = board([*matches(A, B, 80, 20), *matches(B, C, 52, 48), *matches(A, C, 80, 20)])
    assert order(made) == ["a", "b", "c"]
    first, second, third = made.places
    assert (first.best_rank, first.worst_rank, first.separate) == (1, 1, True)
    assert (second.best_rank, second.worst_rank, second.separate) == (2, 3, False)
    assert (third.best_rank, third.worst_rank) == (2, 3)
    assert first.above_next is not None
    assert second.above_next is not None
    assert first.above_next > 0.99 > second.above_next > 0.5
    assert third.above_next is None
    assert first.low < first.rating < first.high
    assert "shown rank 2 not separate from next at 95 %" in str(made)


def test_the_record_the_opponents_and_the_forfeits_are_told() -> None:
    made = board([*matches(A, B, 9, 1), *matches(A, C, 3, 3, 4), *matches(B, C, 5, 5)], forfeits=2)
    first = made.places[0]
    assert (first.matches, first.wins, first.draws, first.losses, first.forfeits) == (20, 12, 4, 4, 2)
    assert (first.opponents, first.worst) == (2, "c@1")
    assert first.diversity == pytest.approx(2)
    assert "12/4/4 (2 forfeits)" in str(made)


def test_many_matches_against_one_are_not_diverse() -> None:
    made = board([*matches(A, B, 97, 97), *matches(A, C, 1, 1), *matches(A, D, 1, 1)])
    (a,) = (place for place in made.places if place.agent == "a")
    assert a.opponents == 3
    assert 1 < a.diversity < 1.2


def test_a_perfect_record_is_marked_with_what_it_does_not_say() -> None:
    made = board([*matches(A, B, 8, 0), *matches(A, C, 8, 0), *matches(B, C, 5, 5)])
    assert made.places[0].record == "won all"
    assert {place.record for place in made.places[1:]} == {None}
    assert "only the model's prior says by how much: a@1 won all" in str(made)


def test_groups_that_never_met_are_named() -> None:
    made = board([*matches(A, B, 6, 4), *matches(C, D, 9, 1)])
    assert made.groups == (("a@1", "b@1"), ("c@1", "d@1"))
    assert {place.agent: place.group for place in made.places} == {"a": 1, "b": 1, "c": 2, "d": 2}
    assert "2 groups that never met, whose order among each other is a guess: a@1, b@1 | c@1, d@1" in str(made)
    _, rows = made.rows()
    assert {row[1].partition("@")[0]: "[group 2]" in row[1] for row in rows} == {"a": 0, "b": 0, "c": 1, "d": 1}
    assert "[group 1]" not in str(made), "a mark on every row tells nothing"
    assert all(place.best_rank == 1 or place.worst_rank == 4 for place in made.places)


def test_what_a_seat_is_worth_is_said_where_matches_tell() -> None:
    rng = random.Random(1)
    played = [result(i, rng.sample([A, B, C], 2), [1, -1] if rng.random() < 0.7 else [-1, 1]) for i in range(400)]
    made = board(played)
    assert made.side is not None
    assert made.side_error is not None
    assert made.side - 3 * made.side_error > 0
    assert "the first seat is worth +" in str(made)
    neutral = board([one._replace(neutral=True) for one in played])
    assert neutral.side is None
    assert "seat" not in str(neutral)


def test_each_agent_stands_by_its_newest_checkpoint_or_by_all() -> None:
    old, new = checkpoint("learner", 1), checkpoint("learner", 10)
    played = [*matches(old, A, 9, 1), *matches(new, A, 1, 9)]
    assert [place.checkpoint for place in board(played).places] == ["a@1", "learner@10"]
    assert [place.checkpoint for place in board(played, every=True).places] == ["learner@1", "a@1", "learner@10"]


def test_json_is_finite_and_a_board_draws_itself() -> None:
    made = board(matches(A, B, 3, 0), retired="b")
    said = json.loads(json.dumps(made.as_json(), allow_nan=False))
    assert said["schema"] == 1
    assert [place["retired"] for place in said["places"]] == [False, True]
    assert "(retired)" in str(made)
    assert png(made.draw).startswith(b"\x89PNG")
    assert len(made.best(1).places) == 1


def test_nobody_rated_is_a_sentence() -> None:
    assert str(board([])) == "nobody is rated at g yet"
    assert board([]).as_json()["places"] == []
