"""`arena analyze`: questions to the recorded matches that no rating alone answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arena.cli.desk import Desk, Whole, pass_desk, reads, saves
from arena.names import safe
from arena.tables import percent, table

if TYPE_CHECKING:
    from arena.analysis.payoff import PayoffTable


@click.group()
def analyze() -> None:
    """Questions to the recorded matches."""


@analyze.command()
@click.option("--game", metavar="SPEC", help="The game; by default the one that was played last.")
@click.option("--top", type=Whole(1), default=12, show_default=True, help="Rows and columns of the table.")
@reads("csv", "md")
@saves
@pass_desk
def payoff(desk: Desk, game: str | None, top: int, format: str, output: str | None) -> None:
    """What everybody earned against everybody: the win rate of the row, or its mean return where nobody wins.

    \b
    arena analyze payoff
    arena analyze payoff --game prisoners_dilemma --format csv -o payoff.csv
    """
    found = desk.league().analyze.payoff(game)
    headers, rows = _cells(found, top)
    best = f"the best {top}" if len(found.checkpoints) > top else "the best first"
    tail = f"{found.by} of the row against the column, {best}"
    if format in ("csv", "md"):
        desk.tell(format, {}, headers, rows, to=output)
    else:
        desk.show(
            format, _payoff_json(found), lambda: f"{table(headers, rows, right=range(2, len(headers)))}\n{tail}", to=output
        )


@analyze.command()
@click.option("--game", metavar="SPEC", help="The game; by default the one that was played last.")
@reads("csv", "md")
@saves
@pass_desk
def crossplay(desk: Desk, game: str | None, format: str, output: str | None) -> None:
    """What teams earn with themselves and with strangers, in a cooperative game.

    \b
    arena analyze crossplay --game two_step
    """
    found = desk.league().analyze.crossplay(game)
    headers = ("checkpoint", "with itself", "with others")
    rows = [(str(who), *("·" if mean is None else f"{mean:.2f}" for mean in means)) for who, *means in found.rows]
    if format in ("csv", "md"):
        desk.tell(format, {}, headers, rows, to=output)
    else:
        desk.show(format, found.as_json(), lambda: f"{table(headers, rows, right=(1, 2))}\n{found}", to=output)


@analyze.command()
@click.argument("agent")
@click.option("--game", metavar="SPEC", help="The game that AGENT, then any spec, is to play.")
@reads("csv", "md")
@saves
@pass_desk
def exploitability(desk: Desk, agent: str, game: str | None, format: str, output: str | None) -> None:
    """What a best response wins from an agent, exactly: 0 for perfect play.

    For games of two seats that are small enough to be written out, such as kuhn_poker, leduc_poker and matrix games, and
    agents that tell how likely each of their actions is.

    \b
    arena analyze exploitability alice@3
    arena analyze exploitability 'cfr(iterations=100)' --game leduc_poker
    """
    found = desk.league().analyze.exploitability(agent, game=game)
    headers, rows = found.rows()
    if format in ("csv", "md"):
        desk.tell(format, {}, headers, rows, to=output)
    else:
        desk.show(format, found.as_json(), lambda: f"{table(headers, rows, right=(1, 2))}\n{found}", to=output)


def _cells(found: PayoffTable, top: int) -> tuple[list[str], list[list[str]]]:
    """Rows and columns by rank; a column's number is the rank of its checkpoint."""
    shown = found.checkpoints[:top]
    rates = found.win_rates if found.by == "win_rate" else found.means
    headers = ["#", "checkpoint", *(str(rank + 1) for rank in range(len(shown)))]
    rows = [
        [str(rank + 1), str(one), *(_cell(found, rate) for rate in rates[rank][:top])] for rank, one in enumerate(shown)
    ]
    return headers, rows


def _cell(found: PayoffTable, value: float | None) -> str:
    if value is None:
        return "·"
    return percent(value) if found.by == "win_rate" else f"{value:.2f}"


def _payoff_json(found: PayoffTable) -> dict[str, object]:
    return {
        "by": found.by,
        "checkpoints": [safe(str(one)) for one in found.checkpoints],
        "games": found.games,
        "win_rates": found.win_rates,
        "means": found.means,
    }
