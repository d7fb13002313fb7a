"""What a learner met in training: counted batch by batch, and told with the chance that it had to happen."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from arena.encounters import Encounters, tally_rows
from arena.match import LIVING, Checkpoint
from arena.pool import Candidate, Draw
from arena.tally import Tally

ME = Checkpoint("alice", LIVING, "", None, "living")
EASY, HARD = (Checkpoint.make(name, 1, spec="uniform") for name in ("easy", "hard"))
FIELD = [Candidate(EASY, 0.8), Candidate(HARD, 0.2)]
MOSTLY_HARD = [Draw(EASY, "pfsp", 0.25), Draw(HARD, "pfsp", 0.75)]


def count(
    met: Encounters, choices: list[Draw], which: list[int], margins: list[float], field: list[Candidate] = FIELD
) -> None:
    """Counts a batch, each match by the number of its choice."""
    met.remember(choices, choices, which=np.array(which), margins=np.array(margins), candidates=field)


def after(*batches: tuple[list[Draw], list[float]]) -> Encounters:
    """What is known after batches, each of whom was drawn and what came of it, when the hard one was the likelier."""
    met = Encounters(ME, Tally())
    for draws, margins in batches:
        which = [MOSTLY_HARD.index(one) for one in draws]
        count(met, MOSTLY_HARD, which, margins, met.candidates(FIELD))
    return met


def test_a_row_says_whom_and_what_came_of_it() -> None:
    easy, hard = MOSTLY_HARD
    met = after(([hard, hard, easy, hard], [-1.0, 0.0, 2.0, nan]), ([hard], [1.0]))
    rows = {row.opponent: (row.branch, row.drawn, row.games, row.wins, row.draws) for row in met.met}
    assert rows == {EASY: ("pfsp", 1, 1, 1, 0), HARD: ("pfsp", 4, 3, 1, 1)}  # what tells nothing was met, and is no game


def test_a_probability_is_the_mean_over_the_batches() -> None:
    met = Encounters(ME, Tally())
    for easy, hard in ((0.25, 0.75), (0.75, 0.25), (0.5, 0.5)):
        choices = [Draw(EASY, "pfsp", easy), Draw(HARD, "pfsp", hard)]
        count(met, choices, [0], [1.0])
    (row,) = met.met
    assert (row.opponent, row.probability) == (EASY, pytest.approx(0.5))


def test_one_opponent_for_two_reasons_is_two_rows_and_one_count() -> None:
    choices = [Draw(EASY, "latest", 0.5), Draw(EASY, "uniform", 0.5)]
    met = Encounters(ME, Tally())
    count(met, choices, [0, 1], [1.0, -1.0])
    assert [(row.branch, row.games, row.wins) for row in met.met] == [("latest", 1, 1), ("uniform", 1, 0)]
    assert met.tally.counts[EASY].games == pytest.approx(2, abs=0.02)


def test_the_living_self_is_called_by_its_name_and_not_counted() -> None:
    met = Encounters(ME, Tally())
    choices = [Draw(None, "latest", 1.0)]
    count(met, choices, [0], [1.0])
    (row,) = met.met
    assert (row.opponent, row.drawn, row.games) == (ME, 1, 0)
    assert not met.tally.counts
    assert tally_rows(met.tally, met.met) == []


def test_what_is_known_replaces_what_was_believed() -> None:
    easy, hard = MOSTLY_HARD
    met = after(([hard] * 200, [1.0] * 200), ([easy] * 200, [-1.0] * 200))
    known = {one.checkpoint: one.win_rate for one in met.candidates(FIELD)}
    assert known[HARD] > 0.85
    assert known[EASY] < 0.15


def test_a_win_costs_an_opponent_quality_and_a_loss_does_not() -> None:
    easy, hard = MOSTLY_HARD
    met = after(([hard, easy], [-1.0, 1.0]))
    qualities = {one.checkpoint: one.quality for one in met.candidates(FIELD)}
    assert qualities[EASY] < qualities[HARD] == 0.0


def test_rows_of_the_tally_are_of_those_who_were_met_now() -> None:
    _, hard = MOSTLY_HARD
    before = Tally().record(EASY, [1.0])
    met = Encounters(ME, before)
    count(met, MOSTLY_HARD, [MOSTLY_HARD.index(hard)], [-1.0])
    (row,) = tally_rows(met.tally, met.met)
    assert (row.opponent, row.games, row.wins, row.branch, row.probability) == (HARD, 1.0, 0.0, "pfsp", 0.75)
