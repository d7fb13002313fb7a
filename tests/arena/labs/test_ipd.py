"""Pairs at the dilemma: how they are judged, and a pair of learners in little."""

from __future__ import annotations

from statistics import fmean

import pytest

from arena.labs.ipd import CONTROLLED, LEARNER, partners, together
from arena.labs.lab import Run, conduct
from games.dilemmas import prisoners_dilemma


@pytest.mark.parametrize(
    ("spec", "rate", "pay", "end"),
    [
        ("cooperator", 1.0, 3.0, "cooperation"),
        ("defector", 0.0, 1.0, "defection"),
        ("alternator", 0.5, 2.0, "mixed"),
        ("tests.arena.labs.test_ipd:fickle", 0.5, 2.0, "unsettled"),
    ],
)
def test_a_pair_is_judged_by_its_last_rounds(spec: str, rate: float, pay: float, end: str):
    pair = together(spec, spec, rounds=1000, seed=1)
    assert (fmean(pair["rates"]), pair["pay"], pair["end"]) == (pytest.approx(rate), pytest.approx(pay), end)


class _Clock:
    matches = 0


def fickle(observation):
    """Cooperates in 25 matches of 10, then defects in 25, and so on; both seats ask it once a step."""
    _Clock.matches += int(observation.step[0] == 0)
    return observation.step * 0 + ((_Clock.matches - 1) // 2 // 25) % 2


def test_partners_are_strangers_and_each_pair_another_one():
    game = prisoners_dilemma(rounds=10)
    four = [one for seed in (1, 2) for one in partners((LEARNER, LEARNER), game, seed=seed)]
    assert len({tuple(next(iter(one.policy().values())).flatten().tolist()) for one in four}) == 4


def test_learners_in_little_tell_each_pairs_rates():
    finding = conduct("ipd-cooperation", Run(seeds=2, quick=True))
    assert [row[0] for row in finding.rows] == [*(f"pair {seed}" for seed in range(2)), *CONTROLLED]
    rates = [finding.numbers["found"][f"pair {seed}"]["rates"] for seed in range(2)]
    assert all(len(one) == 4 for one in rates)
    assert all(0.35 < one[0] < 0.65 for one in rates)  # exploration begins as a coin
    assert rates[0] != rates[1]
    assert "of 2 pairs" in finding.sentence
    assert finding.headers[1:3] == ["first 200", "last 200"]  # of 400 rounds: windows that have nothing in common
    assert finding.sentence.startswith("Too few rounds to say whether anything is stable")
    assert {finding.numbers["found"][name]["end"] for name in ("pair 0", "pair 1")} == {"too early to say"}


def test_the_learner_exploits_who_always_cooperates():
    """So that what two learners come to is not for lack of learning."""
    assert fmean(together(LEARNER, "cooperator", rounds=1500, seed=1)["mine"][-2:]) < 0.35  # at first: 0.5
