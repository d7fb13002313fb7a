"""Which learners find the 8 of the two-step game?

Question   One choice leads to a sure 7, the other to a matrix in which a team that trusts itself gets 8. A sum of the
           seats' own values cannot say so. Who finds it?
Method     QMIX, VDN and independent `dqn` (one network, each seat its own return) learn from play that is all random,
           epsilon 1, so that exploring is no excuse. What counts is the return of the greedy team, over the last lessons.
Paper      Rashid et al. 2018, "QMIX", ICML, section 5: QMIX 8, VDN and independent learners 7.
Expect     The same.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from arena.labs.lab import Finding, Run, spread
from arena.labs.teams import taught, worth
from games.two_step import TwoStep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEARNERS = {
    "QMIX": ("qmix(epsilon=1.0)", 8),
    "VDN": ("vdn(epsilon=1.0)", 7),
    "independent": ("dqn(epsilon=1.0, warmup=200, batch=64, reuse=8, rated_epsilon=0.0)", 7),
}


def two_step(run: Run) -> Finding:
    """What three kinds of teams earn at the two-step game."""
    game, lessons = TwoStep(), run.pick(40, 20)
    parts = [(name, seed) for name in LEARNERS for seed in range(run.seeds)]
    returns: dict[str, list[float]] = {name: [] for name in LEARNERS}
    for name, seed in run.each(parts, "{}, seed {}"):
        learner = taught(LEARNERS[name][0], game, lessons=lessons, boards=64, seed=seed)
        returns[name].append(worth(learner, game, boards=64, seed=seed))
    rows = [
        (name, spread(found, 2), sum(value > 7.5 for value in found), LEARNERS[name][1]) for name, found in returns.items()
    ]

    def draw(axes: Sequence[Axes]) -> None:
        for place, (name, found) in enumerate(returns.items()):
            axes[0].plot([place] * len(found), found, "o", color="C0", alpha=0.5)
            axes[0].plot(place, LEARNERS[name][1], "kx")
        axes[0].set_xticks(range(len(returns)), list(returns))
        axes[0].set(ylabel="the greedy team's return", ylim=(0, 8.5), title="dots: a seed each; crosses: published")

    sentence = "; ".join(
        f"{name} earns {fmean(found):.2f} (published {LEARNERS[name][1]})" for name, found in returns.items()
    )
    headers = ["learner", "return", "seeds that find 8", "published"]
    return Finding(headers, rows, f"{sentence}.", {"returns": returns}, draw)
