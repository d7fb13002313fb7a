"""Teams for labs: taught in self-play, and what their frozen policy is then worth."""

from __future__ import annotations

from agents.core import Learner
from agents.registry import make_agent
from agents.rehearsal import rehearse
from games.chance import derive
from games.core import Game

LESSON, EXAM = range(2)  # what is derived from a seed


def taught(spec: str, game: Game, *, lessons: int, boards: int, seed: int) -> Learner:
    """A learner that held all seats in `lessons` batches of `boards` matches, and learned from each."""
    learner = make_agent(spec, game.spec, seed=seed)
    assert isinstance(learner, Learner)
    for lesson in range(lessons):
        story = rehearse(game, learner, boards=boards, seed=derive(seed, LESSON, lesson), everywhere=True)
        learner.learn(story.trajectory)
    return learner


def worth(learner: Learner, game: Game, *, boards: int, seed: int) -> float:
    """The mean return of its frozen policy in all seats, in matches that it has not met."""
    frozen = learner.frozen([learner.policy()])
    story = rehearse(game, frozen, boards=boards, seed=derive(seed, EXAM), everywhere=True)
    return float(story.trajectory.returns[:, 0].mean())
