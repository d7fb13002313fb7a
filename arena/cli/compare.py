"""`arena compare`: whether one agent is really stronger than another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from arena.cli.desk import DISAGREES, SPOILED, Desk, Whole, pass_desk, reads
from arena.cli.guard import INTERRUPTED
from arena.names import safe

if TYPE_CHECKING:
    from arena.analysis.sprt import Scale
    from arena.compare import Compared, Progress

_EVERY = 64  # pairs between two lines of progress, where there is no terminal to draw on


@click.command()
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.option("--elo0", type=float, default=0.0, show_default=True, help="Not stronger: so many Elo.")
@click.option("--elo1", type=float, default=10.0, show_default=True, help="Stronger: so many Elo.")
@click.option(
    "--scale",
    type=click.Choice(["normalised", "logistic"]),
    default="normalised",
    show_default=True,
    help="Elo by standard deviations of a game, or by the score alone.",
)
@click.option("--max-games", type=Whole(2, 10_000_000), default=20_000, show_default=True, help="The most to play.")
@click.option("--seed", type=Whole(0), default=0, show_default=True, help="The root of their chance.")
@reads()
@pass_desk
def compare(
    desk: Desk, one: str, other: str, elo0: float, elo1: float, scale: Scale, max_games: int, seed: int, format: str
) -> int:
    """Whether one agent is really stronger than another.

    A sequential test on mirrored pairs, neither recorded nor rated: it stops as soon as it has decided, and errs in 5 %.
    An agent is alice@3, or alice for its newest checkpoint. Exit 7 where A is not shown to be stronger, 5 where it is but
    a match was forfeited or void. Ctrl-C ends it with what was counted so far, and exit 130.

    \b
    arena compare alice tactician
    arena compare alice@12 alice@11 --elo1 30 --max-games 5000
    """
    from arena.compare import Interrupted  # numpy, which only this command needs

    try:
        done = desk.league().analyze.compare(
            one, other, elo0=elo0, elo1=elo1, scale=scale, max_games=max_games, seed=seed, on_progress=_watching(desk)
        )
    except Interrupted as interrupted:
        _show(desk, format, interrupted.so_far)
        click.echo("interrupted; this is how far it came, and the same command begins anew", err=True)
        return INTERRUPTED
    _show(desk, format, done)
    if not done.stronger:
        return DISAGREES
    return SPOILED if done.spoiled else 0


def _show(desk: Desk, format: str, done: Compared) -> None:
    if desk.on_terminal():
        desk.say("")
    desk.show(format, done.as_json(), "\n".join(safe(line) for line in str(done).splitlines()))


def _watching(desk: Desk) -> Callable[[Progress], None]:
    """The likelihood ratio between its bounds, as it comes: one line that moves, or now and then a line."""
    drawn = desk.on_terminal()

    def tell(progress: Progress) -> None:
        pairs = sum(progress.pairs)
        if pairs % (8 if drawn else _EVERY) == 0:
            low, high = progress.bounds
            line = f"{2 * pairs:,} games  LLR {progress.llr:+.2f} of {low:.2f} to {high:+.2f}"
            click.echo(f"\r{line}  ", err=True, nl=False) if drawn else desk.say(line)

    return tell
