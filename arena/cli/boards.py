"""`arena leaderboard`: what the matches have proved."""

from __future__ import annotations

import click

from arena.cli.asking import say_meant
from arena.cli.desk import Desk, Whole, pass_desk, reads, saves


@click.command()
@click.option("--game", metavar="SPEC", help="The game; by default the one that was played last.")
@click.option("--top", type=Whole(1), metavar="N", help="Only the best N.")
@click.option("--all", "every", is_flag=True, help="Every rated checkpoint, not just the newest of each agent.")
@click.option("--retired", is_flag=True, help="Retired agents as well.")
@click.option(
    "--model", metavar="SPEC", help="Rate the log anew: davidson, 'trueskill(side=None)', openskill; by default as kept."
)
@reads("csv", "md")
@saves
@pass_desk
def leaderboard(
    desk: Desk,
    game: str | None,
    top: int | None,
    every: bool,
    retired: bool,
    model: str | None,
    format: str,
    output: str | None,
) -> None:
    """How everybody stands at a game, the best first.

    Skill is mu - 3 sigma of TrueSkill: what an agent very probably exceeds. A game that is not about winning, such as
    the prisoner's dilemma, is ordered by mean score per turn. Teams of a cooperative game are ordered by skill, which
    compares them on the same seeds; what they earn per match stands beside.

    `--model davidson` is the official board: all matches at once, in any order, with intervals, rank ranges, and what
    only a guess can tell. JSON without --model has both.

    \b
    arena leaderboard
    arena leaderboard --model davidson
    arena leaderboard --game connect_four --format md -o board.md
    """
    league = desk.league()
    shown: dict[str, bool] = {"every": every, "retired": retired}
    board = league.ratings.board(model, game, **shown) if model else league.leaderboard(game, **shown)
    board = board.best(top)
    if game is None and (games := league.count_games()) > 1:
        say_meant(desk, board.game, games)
    if format in ("csv", "md"):
        desk.tell(format, {}, *board.rows(), to=output)
    elif format == "json" and model is None:
        official = league.ratings.board("davidson", game, **shown).best(top)
        desk.show(format, board.as_json() | {"davidson": official.as_json()}, "", to=output)
    else:
        desk.show(format, board.as_json(), lambda: str(board), to=output)
