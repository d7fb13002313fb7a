"""What talk is worth at three levers, in little."""

from __future__ import annotations

from statistics import fmean

from arena.labs.lab import Run, conduct


def test_who_talks_sorts_itself_onto_the_levers():
    finding = conduct("levers", Run(seeds=1, quick=True))
    scores = finding.numbers["scores"]
    assert fmean(scores["CommNet"]) > 0.85  # chance: 0.70; the best of silent plans: 0.75
    assert max(scores["no communication"]) < 0.79
    assert finding.headers == ["team", "score"]  # the published figures are of another game
    assert "published" not in finding.sentence


def test_an_argument_counts_in_little_as_well():
    assert conduct("levers(lessons=2)", Run(seeds=1, quick=True)).numbers["lessons"] == 2
