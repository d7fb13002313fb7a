"""How errors of a dream grow, and that ends are told apart from errors."""

from __future__ import annotations

from statistics import fmean

import pytest
import torch

from arena.labs.environment_model import EnvironmentModel, Prediction, Transitions
from arena.labs.lab import Run, conduct
from arena.labs.model_error import FATES, dreamt


class Shifting(EnvironmentModel):
    """Each step adds `step` to the state; from `end` on it is over."""

    def __init__(self, step: float, end: float) -> None:
        super().__init__(1, 2)
        self.step, self.end = step, end

    def predict(self, state, action):
        following = state + self.step
        return Prediction(following, torch.ones(len(state)), following[:, 0] >= self.end)


def counting(*lengths: int) -> Transitions:
    """Episodes that count 0, 1, 2, ... and end after so many steps; the last of them is cut off and left out."""
    state = torch.cat([torch.arange(float(length)) for length in lengths])[:, None]
    last = torch.cat([torch.arange(length) == length - 1 for length in lengths])
    episode = torch.arange(len(lengths)).repeat_interleave(torch.tensor(lengths))
    return Transitions(state, torch.zeros_like(episode), torch.ones(len(state)), state + 1, last, episode)


def test_errors_of_a_dream_add_up():
    seen = counting(9, 9, 9)
    assert [dreamt(Shifting(1.1, 99), seen, steps=k)["error"] for k in (1, 5)] == pytest.approx([0.1, 0.5], abs=1e-5)
    assert dreamt(Shifting(1.1, 99), seen, steps=5)["unchanged"] == pytest.approx(5)


@pytest.mark.parametrize(
    ("lengths", "end", "fates"),
    [
        ((5, 5, 9), 99, (1, 0, 0, 0)),
        ((5, 2, 9), 99, (0.5, 0.5, 0, 0)),
        ((5, 5, 9), 2, (0, 0, 1, 0)),
        ((2, 5, 9), 2, (0, 0, 0.5, 0.5)),
        ((2, 5, 9), 3, (0, 0.5, 0.5, 0)),  # a dream is not continued after its real end
    ],
)
def test_dreams_that_ended_early_are_told_apart(lengths: tuple[int, ...], end: float, fates: tuple[float, ...]):
    found = dreamt(Shifting(1.0, end), counting(*lengths), steps=4)
    assert tuple(found[fate] for fate in FATES) == fates
    assert found["dreams"] == 2


def test_errors_grow_with_the_length_of_the_dream_in_little():
    finding = conduct("model-error", Run(seeds=1, quick=True))
    errors = [fmean(seed[k]["error"] for seed in finding.numbers["by_seed"]) for k in ("1", "5", "10")]
    assert errors == sorted(errors)
    assert errors[0] * 2 < errors[2]
    one = finding.numbers["by_seed"][0]
    assert one["1"]["error"] < 0.5 * one["1"]["unchanged"]
    assert sum(one["20"][fate] for fate in FATES) == pytest.approx(1)
