"""Does the absolute value make QMIX's mixer monotone?

Question   QMIX promises that a team's value never falls when one seat's rises, so that each seat may choose for itself.
           Does its mixer keep the promise, and what happens without the absolute value on its weights?
Method     Thousands of random nudges: random seats' values and a random global state, one seat's value raised, in double
           precision. For mixers as they are made, and as they are after learning the two-step game; with the absolute
           value, and without.
Paper      Rashid et al. 2018, "QMIX", ICML: monotonic value function factorisation.
Expect     With it the team's value never falls, not once. Without it, it falls in about every second case.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from agents.qmix import QMIX, QMIXMixer
from arena.labs.lab import Finding, Run, spread
from arena.labs.teams import taught
from games import arguments
from games.chance import derive
from games.two_step import TwoStep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SEATS, STATES = 4, 6  # of the mixers that learned nothing
ROUNDING = 1e-12  # a double's, far below any real fall


def qmix_monotonicity(run: Run, nudges: int = 10_000) -> Finding:
    """How often the team's value falls when one seat's rises."""
    nudges, lessons = arguments.whole("nudges", nudges, low=1, high=10_000_000), run.pick(30, 4)
    parts = [
        (kind, monotone, seed) for kind in ("new", "taught") for monotone in (True, False) for seed in range(run.seeds)
    ]
    changes: dict[str, list[Tensor]] = {}
    for kind, monotone, seed in run.each(parts, "{} mixer, monotone {}, seed {}"):
        mixer, seats = _taught(monotone, lessons, seed) if kind == "taught" else _new(monotone, seed)
        name = f"{kind}, {'absolute' if monotone else 'signed'} weights"
        changes.setdefault(name, []).append(nudged(mixer, seats, count=nudges, seed=seed))
    fell = {name: [float((one < -ROUNDING).double().mean()) for one in found] for name, found in changes.items()}
    worst = {name: min(float(one.min()) for one in found) for name, found in changes.items()}
    rows = [(name, nudges * run.seeds, spread(fell[name], 3), f"{min(worst[name], 0):.3f}") for name in changes]

    def draw(axes: Sequence[Axes]) -> None:
        for name, found in changes.items():
            axes[0].hist(torch.cat(found).clamp(-2, 2).numpy(), bins=81, range=(-2, 2), histtype="step", label=name)
        axes[0].axvline(0, color="k", linewidth=0.5)
        axes[0].set(xlabel="change of the team's value", ylabel="nudges", yscale="log", title="one seat's value raised")
        axes[0].legend()

    kept, broken = ([share for name, found in fell.items() if key in name for share in found] for key in ("abs", "signed"))
    sentence = (
        f"With the absolute value the team's value fell in {fmean(kept):.1%} of {nudges * len(kept):,} nudges, without it"
        f" in {fmean(broken):.0%}."
    )
    return Finding(
        ["mixer", "nudges", "share that fell", "worst fall"], rows, sentence, {"fell": fell, "worst": worst}, draw
    )


def nudged(mixer: QMIXMixer, seats: int, *, count: int, seed: int) -> Tensor:
    """By how much the team's value changes (count,) when one seat's rises by up to 3, and the others stay."""
    chance = torch.Generator().manual_seed(derive(seed, 7))
    values = torch.randn(count, seats, generator=chance, dtype=torch.float64)
    state = torch.randn(count, mixer.states, generator=chance, dtype=torch.float64)
    rise = 3 * torch.rand(count, 1, generator=chance, dtype=torch.float64)
    who = torch.nn.functional.one_hot(torch.randint(seats, (count,), generator=chance), seats)
    with torch.no_grad():
        mixer = mixer.double()
        return mixer(values + rise * who, state) - mixer(values, state)  # type: ignore[no-any-return]


def _new(monotone: bool, seed: int) -> tuple[QMIXMixer, int]:
    return QMIXMixer(SEATS, STATES, seed=seed, monotone=monotone), SEATS


def _taught(monotone: bool, lessons: int, seed: int) -> tuple[QMIXMixer, int]:
    learner = taught(f"qmix(epsilon=1.0, monotone={monotone})", TwoStep(), lessons=lessons, boards=64, seed=seed)
    assert isinstance(learner, QMIX)
    assert isinstance(learner.mixer, QMIXMixer)
    return learner.mixer, learner.game.seats
