"""Does an ensemble of models know where it is wrong?

Question   Where models that learned from the same data disagree, are they wrong? Then disagreement, which costs no truth,
           could say where not to trust a dream, or where to look next.
Method     Five `EnvironmentModel`s of CartPole-v1 learn from the same 5000 random steps; they differ in first weights and
           in the order of their batches. For each new state and action: the variance of their predictions, summed over
           the features, and the true error of their mean. The two are compared by rank (Spearman), on states of the
           random policy, and on states of a policy that balances the pole and so goes where the data never were.
Paper      Lakshminarayanan, Pritzel and Blundell 2017, "Simple and scalable predictive uncertainty".
Expect     A clear rank correlation, higher where familiar and strange states are mixed. Strange states stand out by both.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from arena.labs.environment_model import EnvironmentModel, Transitions, collect, random_policy
from arena.labs.lab import Finding, Run, spearman, spread
from arena.labs.model_error import ENVIRONMENT, fitted
from games import arguments
from games.chance import derive

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 1000  # points of each kind in the figure
FAMILIAR, STRANGE, BOTH = "the random policy's", "the balancing policy's", "both together"


def ensemble_disagreement(run: Run, models: int = 5) -> Finding:
    """The rank correlation of an ensemble's disagreement with its error."""
    models = arguments.whole("models", models, low=2, high=1000)
    steps, epochs = run.pick((5000, 60), (1000, 20))
    correlations: dict[str, list[float]] = {FAMILIAR: [], STRANGE: [], BOTH: []}
    errors: dict[str, list[float]] = {FAMILIAR: [], STRANGE: [], BOTH: []}
    for seed in run.each(range(run.seeds), "seed {}"):
        seen = collect(ENVIRONMENT, random_policy, steps=steps, seed=derive(seed, 0))
        ensemble = [fitted(seen, epochs=epochs, seed=derive(seed, 1, member)) for member in range(models)]
        points = {
            FAMILIAR: judged(ensemble, collect(ENVIRONMENT, random_policy, steps=steps, seed=derive(seed, 2))),
            STRANGE: judged(ensemble, collect(ENVIRONMENT, balancing, steps=steps, seed=derive(seed, 3))),
        }
        points[BOTH] = torch.cat(list(points.values()), dim=1)
        for where, (variance, error) in points.items():
            correlations[where].append(spearman(variance.tolist(), error.tolist()))
            errors[where].append(float(error.mean()))
    rows = [(where, spread(correlations[where]), spread(errors[where], 4)) for where in points]

    def draw(axes: Sequence[Axes]) -> None:
        for where in (STRANGE, FAMILIAR):
            variance, error = points[where][:, :SHOWN].tolist()
            axes[0].loglog(variance, error, ".", alpha=0.4, markersize=3, label=f"{where} states")
        axes[0].set(xlabel="disagreement (summed variance)", ylabel="true error", title="one seed, each dot a state")
        axes[0].legend()
        for where, found in correlations.items():
            axes[1].plot([where] * len(found), found, "o")
        axes[1].set(ylabel="Spearman's rank correlation", ylim=(0, 1), title="all seeds")

    sentence = (
        f"Disagreement ranks the true error with a Spearman correlation of {fmean(correlations[BOTH]):.2f} over all states"
        f" ({fmean(correlations[FAMILIAR]):.2f} on familiar ones), lowest seed {min(correlations[BOTH]):.2f}."
    )
    numbers = {"spearman": correlations, "mean_error": errors}
    return Finding(["states", "Spearman", "mean error"], rows, sentence, numbers, draw, 2)


def balancing(state: Sequence[float], chance: float) -> int:
    """Pushes towards where the pole falls: crude, but good for hundreds of steps."""
    _, _, angle, turning = state
    return int(angle + 0.5 * turning > 0)


def judged(ensemble: Sequence[EnvironmentModel], seen: Transitions) -> Tensor:
    """(2, N): of each transition, the models' summed variance and the error of their mean, both in standard deviations."""
    guesses = torch.stack([model.predict(seen.state, seen.action).following for model in ensemble])  # (K, N, F)
    scale = ensemble[0].scale
    variance = (guesses / scale).var(0).sum(1)
    error = ((guesses.mean(0) - seen.following) / scale).square().mean(1).sqrt()
    return torch.stack([variance, error])
