"""Axelrod's first tournament, in little; and scores that can be counted by hand."""

from __future__ import annotations

import pytest

from arena.labs.axelrod import NICE, PUBLISHED, tournament
from arena.labs.lab import Run, conduct


def test_a_round_robin_of_two_counts_twins_and_both_seats():
    """Defectors earn 1 a turn among themselves and 5 from a cooperator, who earns 3 from its twin and nothing there."""
    scores = tournament(("cooperator", "defector"), turns=10, matches=2, seed=1)
    assert scores == {"cooperator": pytest.approx((30 + 0) / 2), "defector": pytest.approx((10 + 50) / 2)}


def test_nice_rules_come_first_in_little():
    finding = conduct("axelrod-first", Run(seeds=1, quick=True))
    names = [name.split()[0] for name, *_ in finding.rows]
    assert sorted(names) == sorted(PUBLISHED)
    assert set(names[:NICE]) == set(list(PUBLISHED)[:NICE])
    assert "8 of the 8 nice rules took the first 8 places" in finding.sentence
    assert finding.numbers["rank_correlation"] > 0.75
    assert [place for _, place, *_ in finding.rows] == list(range(1, 16))
    assert finding.headers[-1] == "published"


def test_published_scores_stand_beside_matches_as_long_as_theirs_only():
    assert conduct("axelrod-first(turns=5)", Run(seeds=1, quick=True)).headers[-1] == "published place"
