"""`arena ratings`: questions to the ratings themselves."""

from __future__ import annotations

import click

from arena.cli.asking import asked, tell
from arena.cli.desk import Desk


@click.group()
def ratings() -> None:
    """Questions to the ratings themselves."""


@ratings.command()
@click.argument("learner")
@asked
def curve(desk: Desk, learner: str, format: str, output: str | None) -> None:
    """A learner's checkpoints as one smoothed curve over its steps of training.

    Each checkpoint is believed to be like its neighbours in training, the more so the fewer steps part them; how quickly
    skill moves is told by the results. Beside the curve stands what the official board says of each by itself.

    \b
    arena ratings curve ppo
    arena ratings curve ppo --format png -o ppo.png
    """
    tell(desk, desk.league().ratings.curve(learner), format, output)
