"""`arena analyze`: questions to the recorded matches that no rating alone answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from arena.cli.desk import Desk, Whole, pass_desk, reads, saves
from arena.tables import table

if TYPE_CHECKING:
    from arena.answers.answer import Answer


@click.group()
def analyze() -> None:
    """Questions to the recorded matches.

    Each answers with a table, with --json, or as a figure: --format png -o FILE.png
    (which needs: pip install 'arena-league[labs]').
    """


def asked(command: Callable[..., None]) -> Callable[..., None]:
    """What every question has: `--format`, `-o` and the desk."""
    return reads("csv", "md", "png")(saves(pass_desk(command)))


of_game = click.option("--game", metavar="SPEC", help="The game; by default the one that was played last.")


@analyze.command()
@of_game
@click.option("--top", type=Whole(1), default=12, show_default=True, help="Rows and columns of the table.")
@asked
def payoff(desk: Desk, game: str | None, top: int, format: str, output: str | None) -> None:
    """What everybody earned against everybody: the win rate of the row, or its mean return where nobody wins.

    \b
    arena analyze payoff
    arena analyze payoff --game prisoners_dilemma --format csv -o payoff.csv
    arena analyze payoff --format png -o payoff.png
    """
    _tell(desk, desk.league().analyze.payoff(game, top=top), format, output)


@analyze.command()
@of_game
@asked
def nash(desk: Desk, game: str | None, format: str, output: str | None) -> None:
    """Who is needed when nobody may be favoured: the Nash mixture, and how everybody fares against it.

    A rating that copies of an agent cannot inflate (Balduzzi et al. 2018).

    \b
    arena analyze nash
    """
    _tell(desk, desk.league().analyze.nash(game), format, output)


@analyze.command()
@of_game
@click.option("--top", type=Whole(1), default=10, show_default=True, help="Rings to show.")
@asked
def cycles(desk: Desk, game: str | None, top: int, format: str, output: str | None) -> None:
    """Who beats whom in a ring, how much of the results is such, and whether it is more than luck.

    \b
    arena analyze cycles
    """
    _tell(desk, desk.league().analyze.cycles(game, top=top), format, output)


@analyze.command()
@of_game
@asked
def crossplay(desk: Desk, game: str | None, format: str, output: str | None) -> None:
    """What teams earn with themselves and with strangers, in a cooperative game.

    \b
    arena analyze crossplay --game two_step
    """
    _tell(desk, desk.league().analyze.crossplay(game), format, output)


@analyze.command()
@of_game
@asked
def lineage(desk: Desk, game: str | None, format: str, output: str | None) -> None:
    """The family tree of a game's checkpoints, each with its rating at birth.

    \b
    arena analyze lineage
    """
    _tell(desk, desk.league().analyze.lineage(game), format, output)


@analyze.command()
@click.argument("agent")
@click.option("--game", metavar="SPEC", help="The game that AGENT, then any spec, is to play.")
@asked
def exploitability(desk: Desk, agent: str, game: str | None, format: str, output: str | None) -> None:
    """What a best response wins from an agent, exactly: 0 for perfect play.

    For games of two seats that are small enough to be written out, such as kuhn_poker, leduc_poker and matrix games, and
    agents that tell how likely each of their actions is.

    \b
    arena analyze exploitability alice@3
    arena analyze exploitability 'cfr(iterations=100)' --game leduc_poker
    """
    _tell(desk, desk.league().analyze.exploitability(agent, game=game), format, output)


def _tell(desk: Desk, answer: Answer, format: str, output: str | None) -> None:
    """An answer as a table with its sentence, as JSON, as rows for a program, or as a figure."""
    headers, rows = answer.rows()
    if format == "png":
        desk.save(_figure(answer, output), str(output))
    elif format in ("csv", "md"):
        desk.tell(format, {}, headers, rows, to=output)
    else:
        shown = table(headers, rows, right=range(2, len(headers))) + "\n" if rows else ""
        desk.show(format, answer.as_json(), f"{shown}{answer}", to=output)


def _figure(answer: Answer, output: str | None) -> bytes:
    from arena.figures import png

    if output is None:
        raise click.UsageError("a figure is not for a terminal: name a file with -o FILE.png")
    return png(answer.draw, size=(7.0, 5.5))
