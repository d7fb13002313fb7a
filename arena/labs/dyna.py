"""How much experience does planning in a learned model save?

Question   An agent that remembers what the world did may learn from memories between two real steps. What is it worth?
Method     `DynaQ` on gymnasium's FrozenLake-v1 without slipping, with 0, 5 and 50 planning steps after each real one.
           Solved is the lake when the greedy policy walks to the goal. That needs a first success, which is luck, and
           then its reward carried back along the path, which is planning's work: the two are counted apart.
Paper      Sutton 1990, "Integrated architectures for learning, planning, and reacting"; Sutton and Barto 2018, ch. 8.2.
Expect     The first success comes as late to all. From then on, planning needs few episodes where its lack needs dozens.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from agents.dyna_q import DynaQ
from arena.labs.lab import Finding, Run, need, spread
from games import arguments

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST = 5000  # episodes
CURVE = 300  # episodes that the figure shows


def dyna_planning(run: Run, planning: Sequence[int] = (0, 5, 50)) -> Finding:
    """Episodes until FrozenLake is solved, by the number of planning steps."""
    planning = arguments.wholes("planning", planning, low=0, high=10_000)
    parts = [(steps, seed) for steps in planning for seed in range(run.seeds)]
    found: dict[int, list[dict[str, Any]]] = {steps: [] for steps in planning}
    for steps, seed in run.each(parts, "{} planning steps, seed {}"):
        found[steps].append(crossed(steps, seed=seed))
    rows = [
        (
            steps,
            *(spread([one[key] for one in runs], 0) for key in ("first", "solved")),
            spread([one["solved"] - one["first"] for one in runs], 0),
            spread([one["steps"] for one in runs], 0),
        )
        for steps, runs in found.items()
    ]
    headers = [
        "planning steps",
        "first success (episode)",
        "solved (episode)",
        "episodes between",
        "real steps until solved",
    ]

    def draw(axes: Sequence[Axes]) -> None:
        for steps, runs in found.items():
            share = [fmean(one["solved"] <= episode for one in runs) for episode in range(CURVE + 1)]
            axes[0].step(range(CURVE + 1), share, where="post", label=f"{steps} planning steps")
            between = sorted(one["solved"] - one["first"] for one in runs)
            axes[1].plot([steps] * len(between), between, "o", alpha=0.4)
        axes[0].set(xlabel="episode", ylabel="share of seeds that solved the lake", title="FrozenLake, no slipping")
        axes[0].legend()
        axes[1].set(xlabel="planning steps", ylabel="episodes", title="from the first success to the solution")

    return Finding(
        headers, rows, _sentence(found), {"runs": {str(key): runs for key, runs in found.items()}}, draw, panels=2
    )


def crossed(planning: int, *, seed: int) -> dict[str, Any]:
    """One learner on the lake: the episode of its first success, that from which it walks there, real steps until then."""
    lake = need("gymnasium").make("FrozenLake-v1", is_slippery=False)
    learner = DynaQ(int(lake.observation_space.n), int(lake.action_space.n), planning=planning, seed=seed)
    first, steps = None, 0
    for episode in range(1, LONGEST + 1):
        state, over = lake.reset(seed=seed)[0], False
        while not over:
            action = learner.act(state)
            following, reward, ended, cut, _ = lake.step(action)
            learner.learn(state, action, float(reward), following, last=ended)
            state, over, steps = following, ended or cut, steps + 1
            first = first or (episode if reward else None)
        if first and _walks(learner, lake):
            break
    return {"seed": seed, "first": first or LONGEST, "solved": episode, "steps": steps}


def _walks(learner: DynaQ, lake: Any) -> bool:
    """Whether the greedy policy reaches the goal."""
    state, over, reward = lake.reset()[0], False, 0.0
    while not over:
        state, reward, ended, cut, _ = lake.step(learner.greedy(state))
        over = ended or cut
    return reward > 0


def _sentence(found: dict[int, list[dict[str, Any]]]) -> str:
    between = {steps: fmean(one["solved"] - one["first"] for one in runs) for steps, runs in found.items()}
    least, most = min(found), max(found)
    return (
        f"From the first success to the solution it took {between[least]:.1f} episodes with {least} planning steps and"
        f" {between[most]:.1f} with {most}."
    )
