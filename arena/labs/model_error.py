"""How far can a learned model dream before it is wrong?

Question   A model that predicts one step well can be asked for the next, and the next. How does its error grow?
Method     An `EnvironmentModel` of CartPole-v1 learns from 5000 steps of a random policy. Then it dreams along with new
           random episodes: from their first state, with the actions that were really taken and its own states. Its error
           after k steps is the root mean square over the four features, each in its standard deviation under the random
           policy; beside it stands the error of a model that says nothing ever changes.
           A pole that fell has no next state. Dreams that ended early, really or only in the dream, are counted apart,
           and errors are those of the rest; which are, at k = 20, the lucky half.
Paper      Sutton 1990 (Dyna); Talvitie 2014, "Model regularization for stable sample rollouts", on errors that compound.
Expect     Errors grow steadily, since each step starts from the last one's error, and stay below "nothing changes".
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from arena.labs.environment_model import EnvironmentModel, ModelTrainer, Transitions, collect, random_policy
from arena.labs.lab import Finding, Run, spread
from games import arguments
from games.chance import derive

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENVIRONMENT, FEATURES, ACTIONS = "CartPole-v1", 4, 2
FATES = ("alive", "really ended", "ended in the dream", "both ended")


def model_error(run: Run, horizons: Sequence[int] = (1, 5, 10, 20)) -> Finding:
    """A model's error by the number of steps dreamt."""
    horizons = arguments.wholes("horizons", horizons, low=1, high=40)  # seldom does a pole stay up longer
    steps, epochs = run.pick((5000, 60), (1000, 20))
    measured = []
    for seed in run.each(range(run.seeds), "seed {}"):
        seen = collect(ENVIRONMENT, random_policy, steps=steps, seed=derive(seed, 0))
        model = fitted(seen, epochs=epochs, seed=derive(seed, 1))
        unseen = collect(ENVIRONMENT, random_policy, steps=steps, seed=derive(seed, 2))
        measured.append({k: dreamt(model, unseen, steps=k) for k in horizons})
    rows = [
        (
            k,
            spread([one[k]["error"] for one in measured], 3),
            spread([one[k]["unchanged"] for one in measured], 3),
            *(f"{fmean(one[k][fate] for one in measured):.0%}" for fate in FATES),
        )
        for k in horizons
    ]

    def draw(axes: Sequence[Axes]) -> None:
        for key, label in (("error", "the model"), ("unchanged", "nothing ever changes")):
            (line,) = axes[0].plot(horizons, [fmean(one[k][key] for one in measured) for k in horizons], "o-", label=label)
            for one in measured:
                axes[0].plot(horizons, [one[k][key] for k in horizons], color=line.get_color(), alpha=0.25)
        axes[0].set(xlabel="steps dreamt", ylabel="error (standard deviations)", yscale="log", title="CartPole-v1")
        axes[0].legend()
        bottom = [0.0] * len(horizons)
        for fate in FATES:
            shares = [fmean(one[k][fate] for one in measured) for k in horizons]
            axes[1].bar([str(k) for k in horizons], shares, bottom=bottom, label=fate)
            bottom = [low + share for low, share in zip(bottom, shares, strict=True)]
        axes[1].set(xlabel="steps dreamt", ylabel="share of the dreams", title="what became of them")
        axes[1].legend(loc="lower left")

    first, last = ([one[k]["error"] for one in measured] for k in (horizons[0], horizons[-1]))
    sentence = (
        f"The error grew from {fmean(first):.3f} standard deviations after {horizons[0]} step to {fmean(last):.3f} after"
        f" {horizons[-1]}, {fmean(last) / fmean(first):.0f} times as much; a model in which nothing changes is off by"
        f" {fmean(one[horizons[-1]]['unchanged'] for one in measured):.2f} there."
    )
    numbers = {"by_seed": [{str(k): one[k] for k in horizons} for one in measured]}
    return Finding(["steps", "error", "nothing changes", *FATES], rows, sentence, numbers, draw, 2)


def fitted(seen: Transitions, *, epochs: int, seed: int) -> EnvironmentModel:
    """A model of what was seen."""
    model = EnvironmentModel(FEATURES, ACTIONS, seed=derive(seed, 0))
    ModelTrainer(model, seed=derive(seed, 1)).train(seen, epochs=epochs)
    return model


def dreamt(model: EnvironmentModel, seen: Transitions, *, steps: int) -> dict[str, float]:
    """Dreams along with the whole episodes of `seen`: the error after `steps`, and the shares of the dreams' fates."""
    start = _starts(seen)
    state = seen.state[start]  # (D, F)
    real_ended, dream_ended = (torch.zeros(len(start), dtype=torch.bool) for _ in range(2))
    for step in range(steps):
        here = (start + step).clamp(max=len(seen) - 1)
        guess = model.predict(state, seen.action[here])
        state = guess.following
        dream_ended |= guess.last & ~real_ended  # after a real end there are no actions to dream along with
        real_ended |= seen.last[here]
    alive = ~real_ended & ~dream_ended
    truth = seen.following[(start + steps - 1).clamp(max=len(seen) - 1)]
    fates = (alive, real_ended & ~dream_ended, dream_ended & ~real_ended, real_ended & dream_ended)
    return {
        "error": _error(state, truth, alive, model.scale),
        "unchanged": _error(seen.state[start], truth, alive, model.scale),
        **{fate: float(which.float().mean()) for fate, which in zip(FATES, fates, strict=True)},
        "dreams": len(start),
    }


def _starts(seen: Transitions) -> Tensor:
    """Where each episode begins; the last one, which was cut, is left out."""
    begins = torch.cat([torch.tensor([True]), seen.episode[1:] != seen.episode[:-1]])
    return begins.nonzero().squeeze(1)[:-1]


def _error(guess: Tensor, truth: Tensor, which: Tensor, scale: Tensor) -> float:
    """The root mean square over features and the dreams of `which`, in `scale`; NaN where there are none."""
    return float((((guess - truth) / scale)[which] ** 2).mean().sqrt())
