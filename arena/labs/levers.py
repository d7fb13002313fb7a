"""What is talk worth to strangers at five levers?

Question   Five of 500 agents are seated at five levers and paid for each lever that is pulled. They know who they are, and
           not who else is there. Can they sort themselves out by talking?
Method     `commnet`, and the same network without communication, which is not told its seat either. Batches of 128
           matches, learned from by clipped policy gradient. The score is the share of distinct levers.
Paper      Sukhbaatar, Szlam and Fergus 2016, "Learning Multiagent Communication with Backpropagation" (CommNet), section
           4.1: 0.94 with communication and 0.59 without, by reinforcement. Five random pulls get 0.67.
Expect     Without a word no better than chance. With words clearly better; how near to 0.94 is a matter of lessons.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from arena.labs.lab import Finding, Run, spread
from arena.labs.teams import taught, worth
from games import arguments
from games.levers import Levers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEARNERS = {
    "CommNet": ("commnet(seat=False)", 0.94),
    "no communication": ("commnet(seat=False, communicate=False)", 0.59),
}


LESSONS = 1500  # fewer are not held against the paper's


def levers(run: Run, lessons: int | None = None) -> Finding:
    """The score with and without communication, after so many lessons (1500, quick 150). Quick is another, smaller game."""
    game, boards = run.pick((Levers(500, 5), 128), (Levers(10, 3), 64))
    count = arguments.whole("lessons", run.pick(LESSONS, 150, given=lessons), low=1)
    papers = not run.quick and count >= LESSONS
    parts = [(name, seed) for name in LEARNERS for seed in range(run.seeds)]
    scores: dict[str, list[float]] = {name: [] for name in LEARNERS}
    for name, seed in run.each(parts, "{}, seed {}"):
        learner = taught(LEARNERS[name][0], game, lessons=count, boards=boards, seed=seed)
        scores[name].append(worth(learner, game, boards=2000, seed=seed))
    seats = game.spec.seats
    chance = 1 - (1 - 1 / seats) ** seats
    rows = [*((name, spread(found), LEARNERS[name][1]) for name, found in scores.items()), ("chance", f"{chance:.2f}", "")]
    shown = 3 if papers else 2  # columns

    def draw(axes: Sequence[Axes]) -> None:
        for place, (name, found) in enumerate(scores.items()):
            axes[0].plot([place] * len(found), found, "o", color="C0", alpha=0.5)
            if papers:
                axes[0].plot(place, LEARNERS[name][1], "kx")
        axes[0].axhline(chance, color="k", linestyle=":", label="chance")
        axes[0].set_xticks(range(len(scores)), list(scores))
        axes[0].set(
            ylabel="distinct levers, share", ylim=(0.5, 1), title="dots: a seed each" + "; crosses: published" * papers
        )
        axes[0].legend()

    talking, silent = (fmean(scores[name]) for name in LEARNERS)
    published = (" (published 0.94)", " (published 0.59)") if papers else ("", "")
    sentence = (
        f"With communication {talking:.2f}{published[0]}, without {silent:.2f}{published[1]}, by chance {chance:.2f}."
        + f" This is {game.seats} levers for {game.agents} agents, the paper's is 5 for 500." * run.quick
    )
    headers = ["team", "score", "published"][:shown]
    return Finding(headers, [row[:shown] for row in rows], sentence, {"scores": scores, "lessons": count}, draw)
