"""`arena ratings`: questions to the ratings themselves."""

from __future__ import annotations

import click

from arena.cli.asking import asked, of_game, tell
from arena.cli.desk import Desk, Whole
from arena.cli.parts import parts


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


@ratings.command()
@of_game
@click.option(
    "--model", "models", multiple=True, metavar="SPEC", help="A model to ask, again for others; by default all known."
)
@click.option(
    "--warmup",
    type=Whole(0, 99),
    default=30,
    show_default=True,
    metavar="PERCENT",
    help="How much of the log is only learned from, since at first nobody is known.",
)
@asked
def check(desk: Desk, game: str, models: tuple[str, ...], warmup: int, format: str, output: str | None) -> None:
    """Which rating model to trust: how well each foretold every match from the matches before it.

    The log-loss is the mean of -ln of the chance that a model gave to what came out, a win, a draw or a loss. A model
    is worth its ratings if it loses less than the base rate, which only counts how matches end.

    \b
    arena ratings check
    arena ratings check --model davidson --model 'trueskill(tau=0.1)' --warmup 70
    """
    with parts(desk) as notify:
        answer = desk.league().ratings.check(game, models=models, warmup=warmup, notify=notify)
    tell(desk, answer, format, output)
