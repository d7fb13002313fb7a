"""Cross-play: the diagonal against the rest."""

from __future__ import annotations

import pytest

from arena.analysis.payoff import PayoffTable
from arena.answers.crossplay import CrossPlay
from tests.arena.ratings.cast import cast, payoffs, result

A, B = cast(2)


def told(*matches: tuple[list, float]) -> CrossPlay:
    results = [result(i, lineup, [earned, earned]) for i, (lineup, earned) in enumerate(matches)]
    return CrossPlay(PayoffTable(payoffs(results, flavour="cooperative"), by="mean"))


def test_conventions_are_lost_among_strangers() -> None:
    found = told(([A, A], 8.0), ([B, B], 6.0), ([A, B], 1.0), ([B, A], 3.0))
    assert {who: means for who, *means in found.means} == {A: [8.0, 2.0], B: [6.0, 2.0]}
    assert (found.alone, found.mixed) == (7.0, 2.0)
    assert str(found) == "self-play 7.00, cross-play 2.00: 5.00 is lost among strangers"
    assert found.as_json()["checkpoints"][0] == {"checkpoint": str(A), "self_play": 8.0, "cross_play": 2.0}


def test_strangers_may_do_better() -> None:
    assert "strangers lose nothing" in str(told(([A, A], 1.0), ([A, B], 2.0)))


@pytest.mark.parametrize("matches", [(), (([A, B], 1.0),), (([A, A], 1.0),)], ids=["none", "strangers only", "twins only"])
def test_without_both_kinds_nothing_is_claimed(matches) -> None:
    assert str(told(*matches)).startswith("not everybody has played")
