"""Series: columns that read like a list of the facts they are made of."""

from __future__ import annotations

import pickle

import pytest

from arena.match import Checkpoint, Match, Result
from arena.series import Matches, Results

ALICE, BOB = (Checkpoint.make(name, 1, spec="uniform") for name in ("alice", "bob"))
LINEUPS = (ALICE, BOB), (BOB, ALICE)
FACTS = [
    Result(Match(4, 9, LINEUPS[0]), (1.0, -1.0), 7, b"\3\3"),
    Result(Match(5, 9, LINEUPS[1]), (-1.0, 1.0), 2, b"\3", faults=("crash", None)),
    Result(Match(6, 8, LINEUPS[0]), (), 0, b"", void="rules: IndexError"),
    Result(Match(7, 8, LINEUPS[1]), (0.0, 0.0), 0, b"", neutral=True),
]


def test_a_series_reads_like_its_facts() -> None:
    results = Results.of(FACTS)
    assert (len(results), list(results), results[-1], results[1:3]) == (4, FACTS, FACTS[-1], FACTS[1:3])
    assert results == FACTS
    assert results != FACTS[:3]
    with pytest.raises(IndexError):
        results[4]


def test_columns_stay_what_they_are_and_nothing_is_a_series_too() -> None:
    results = Results.of(FACTS)
    assert Results.of(results) is results
    assert (list(Results.of([])), list(Matches.of([])), len(Results.joined([]))) == ([], [], 0)


def test_parts_are_joined_in_their_order() -> None:
    parts = [Results.of(FACTS[:1]), Results.of([]), Results.of(FACTS[1:])]
    assert Results.joined(parts) == FACTS
    assert Results.joined(parts).matches.ordinals == range(4, 8)


def test_ordinals_are_a_range_only_where_none_is_missing() -> None:
    assert Matches.of(one.match for one in FACTS).ordinals == range(4, 8)
    assert list(Matches.of(FACTS[place].match for place in (2, 0)).ordinals) == [6, 4]


def test_few_lineups_make_many_matches() -> None:
    matches = Matches(range(1000), [*range(1000)], LINEUPS * 500)
    assert (list(matches.casts), matches.cast) == ([*LINEUPS], {ALICE, BOB})
    sent = pickle.dumps(matches)
    assert len(sent) < 10_000
    assert pickle.loads(sent) == matches


def test_what_is_spoiled_is_counted_and_tapes_can_be_left_out() -> None:
    results = Results.of(FACTS)
    assert results.spoiled == 2
    assert results.bare() == [one._replace(tape=b"") for one in FACTS]
