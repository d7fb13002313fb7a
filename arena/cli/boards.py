"""`arena leaderboard`: what the matches have proved."""

from __future__ import annotations

from dataclasses import replace

import click

from arena.cli.desk import Desk, Whole, pass_desk, reads, saves


@click.command()
@click.option("--game", metavar="SPEC", help="The game; by default the one that was played last.")
@click.option("--top", type=Whole(1), metavar="N", help="Only the best N.")
@click.option("--all", "every", is_flag=True, help="Every rated checkpoint, not just the newest of each agent.")
@click.option("--retired", is_flag=True, help="Retired agents as well.")
@reads("csv", "md")
@saves
@pass_desk
def leaderboard(
    desk: Desk, game: str | None, top: int | None, every: bool, retired: bool, format: str, output: str | None
) -> None:
    """How everybody stands at a game, the best first.

    Skill is mu - 3 sigma of TrueSkill: what an agent very probably exceeds. A game that is not about winning, such as
    the prisoner's dilemma, is ordered by mean score per turn.

    \b
    arena leaderboard
    arena leaderboard --game connect_four --format md -o board.md
    """
    board = desk.league().leaderboard(game, every=every, retired=retired)
    board = replace(board, places=board.places[:top])
    if format in ("csv", "md"):
        desk.tell(format, {}, *board.rows(), to=output)
    else:
        desk.show(format, board.as_json(), lambda: str(board), to=output)
