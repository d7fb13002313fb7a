"""The two-step game tells QMIX from the others, in little."""

from __future__ import annotations

from arena.labs.lab import Run, conduct


def test_qmix_finds_8_and_the_others_stay_with_7():
    finding = conduct("two-step", Run(seeds=1, quick=True))
    returns = finding.numbers["returns"]
    assert returns["QMIX"] > [7.7]
    assert max(returns["VDN"] + returns["independent"]) < 7.5
    assert [row[3] for row in finding.rows] == [8, 7, 7]
