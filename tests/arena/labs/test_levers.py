"""What talk is worth at three levers, in little."""

from __future__ import annotations

from statistics import fmean

from arena.labs.lab import Run, conduct


def test_who_talks_sorts_itself_onto_the_levers():
    scores = conduct("levers", Run(seeds=1, quick=True)).numbers["scores"]
    assert fmean(scores["CommNet"]) > 0.85  # chance: 0.70; the best of silent plans: 0.75
    assert max(scores["no communication"]) < 0.79
