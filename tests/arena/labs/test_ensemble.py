"""An ensemble's disagreement, in little."""

from __future__ import annotations

import pytest
import torch

from arena.labs.ensemble import BOTH, judged
from arena.labs.environment_model import EnvironmentModel, Prediction, Transitions
from arena.labs.lab import Run, conduct


class Saying(EnvironmentModel):
    """Always the same."""

    def __init__(self, following: list[float]) -> None:
        super().__init__(2, 2)
        self.following = torch.tensor([following])

    def predict(self, state, action):
        return Prediction(self.following.expand(len(state), -1), torch.ones(len(state)), torch.zeros(len(state)) > 0)


def test_disagreement_is_summed_variance_and_error_that_of_the_mean():
    nothing = torch.zeros(1, 2)
    seen = Transitions(nothing, torch.tensor([0]), torch.ones(1), nothing, torch.tensor([False]), torch.tensor([0]))
    variance, error = judged([Saying([1.0, 3.0]), Saying([3.0, 3.0])], seen)
    assert variance.item() == pytest.approx(2)
    assert error.item() == pytest.approx(((2**2 + 3**2) / 2) ** 0.5)


def test_disagreement_knows_of_error_in_little():
    finding = conduct("ensemble-disagreement", Run(seeds=1, quick=True))
    assert min(finding.numbers["spearman"][BOTH]) > 0.4  # by chance: 0
