"""`arena games`: what can be played."""

from __future__ import annotations

from shlex import quote

import click

from arena.cli.desk import Desk, pass_desk, reads
from arena.cli.parts import parts
from arena.names import safe


@click.group()
def games() -> None:
    """The games that can be played."""


@games.command("list")
@reads()
@pass_desk
def list_games(desk: Desk, format: str) -> None:
    """The names of all games, built-in and installed.

    \b
    arena games list
    """
    from games.registry import GAMES

    desk.show(format, {"games": GAMES.names()}, "\n".join(GAMES.names()))
    desk.say("\nmore of one: arena games show NAME; your own: module:attr")


@games.command()
@click.argument("game", metavar="NAME")
@reads()
@pass_desk
def show(desk: Desk, game: str, format: str) -> None:
    """A game's data sheet: its sizes, what is seen, done and paid, and its first picture.

    \b
    arena games show connect_four
    arena games show 'prisoners_dilemma(rounds=20)'
    """
    sheet = desk.league().data_sheet(game)
    desk.show(format, sheet.as_json(), lambda: str(sheet))


@games.command()
@click.argument("spec")
@pass_desk
def check(desk: Desk, spec: str) -> None:
    """Hold a game to its contract by playing it at random: for games of your own.

    \b
    arena games check my_games:Hex
    """
    with parts(desk) as notify:
        desk.league().check_game(spec, notify=notify)
    click.echo(f"ok  {safe(spec)} keeps the promises of a game")
    desk.say(f"next: {desk.typed(f'register anybody uniform --game {quote(spec)}')}")
