"""Dyna-Q on the lake, in little."""

from __future__ import annotations

from statistics import fmean

from arena.labs.dyna import LONGEST, crossed
from arena.labs.lab import Run, conduct


def test_planning_shortens_the_way_from_the_first_success_to_the_solution():
    finding = conduct("dyna-planning", Run(seeds=3, quick=True))
    assert [row[0] for row in finding.rows] == [0, 5, 50]
    between = {
        steps: fmean(one["solved"] - one["first"] for one in runs) for steps, runs in finding.numbers["runs"].items()
    }
    assert between["0"] > 4 * between["5"] > 4 * between["50"] - 1
    assert f"{between['0']:.1f} episodes with 0 planning steps" in finding.sentence


def test_a_lake_that_was_crossed_was_solved_and_again_the_same_way():
    once = crossed(5, seed=4)
    assert once["first"] <= once["solved"] < LONGEST
    assert once == crossed(5, seed=4)
