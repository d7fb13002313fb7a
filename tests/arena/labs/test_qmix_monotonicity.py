"""A team's value under nudges: it never falls with the absolute value, and a mixer that is known falls as it must."""

from __future__ import annotations

import torch

from agents.qmix import QMIXMixer
from arena.labs.lab import Run, conduct
from arena.labs.qmix_monotonicity import nudged


def test_only_without_the_absolute_value_it_falls():
    finding = conduct("qmix-monotonicity(nudges=2000)", Run(seeds=1, quick=True))
    fell = finding.numbers["fell"]
    assert [max(fell[f"{kind}, absolute weights"]) for kind in ("new", "taught")] == [0.0, 0.0]
    assert min(fell["new, signed weights"]) > 0.3
    assert max(fell["taught, signed weights"]) > 0.3
    assert "fell in 0.0% of 4,000 nudges" in finding.sentence


def test_a_nudge_raises_one_seat_and_leaves_the_others():
    class Second(QMIXMixer):
        def forward(self, values, state):
            return values[:, 1]

    changes = nudged(Second(4, 2, seed=1), 4, count=4000, seed=2)
    assert 0.2 < float((changes > 0).double().mean()) < 0.3  # every fourth nudge is seat 1's
    assert float(changes.min()) >= 0
    assert 2.9 < float(changes.max()) < 3
    assert torch.equal(changes, nudged(Second(4, 2, seed=1), 4, count=4000, seed=2))
