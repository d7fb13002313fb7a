"""How a question is put on the command line, and its answer told: what the commands that ask have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from arena.cli.desk import Desk, pass_desk, reads, saves
from arena.names import safe
from arena.tables import table
from games.registry import Spec

if TYPE_CHECKING:
    from arena.answers.answer import Answer

_NUMBER = re.compile(r"[-+]?[\d.,]+%?|·|")  # a cell of a column of numbers; a dot or nothing where there is none


def about(desk: Desk, game: str | None) -> str:
    """The game of a question, in its one spelling; where none was named and the league has several, it is said which one
    is meant. Raises `BadSpec`, `NotFound`."""
    if game is not None:
        return str(Spec.parse(game))
    text, games = desk.league().game_meant()
    if games > 1:
        say_meant(desk, text, games)
    return text


def say_meant(desk: Desk, game: str, games: int) -> None:
    """The legend of what is shown where no game was named: which one it is about, and of how many."""
    desk.say(f"game  {safe(game)}, played last of {games}; --game names another")


def of_game(command: Callable[..., None]) -> Callable[..., None]:
    """`--game`, as the argument `game`, which is never None."""

    @wraps(command)
    def told(*args: Any, game: str | None, **words: Any) -> None:
        desk = click.get_current_context().ensure_object(Desk)
        command(*args, game=about(desk, game), **words)

    return click.option("--game", metavar="SPEC", help="The game; by default the one that was played last.")(told)


def asked(command: Callable[..., None]) -> Callable[..., None]:
    """What every question has: `--format`, `-o` and the desk. A figure that cannot be drawn is refused unasked."""
    return reads("csv", "md", "png")(saves(pass_desk(command), check=_drawable))


def tell(desk: Desk, answer: Answer, format: str, output: str | None) -> None:
    """An answer as a table with its sentence, as JSON, as rows for a program, or as a figure."""
    if format == "png":
        from arena.figures import png

        desk.save(png(answer.draw, size=(7.0, 5.5)), str(output))
        return
    if format == "json":
        desk.show(format, answer.as_json(), "", to=output)
        return
    headers, rows = answer.rows()
    if format in ("csv", "md"):
        desk.tell(format, {}, headers, rows, to=output)
    else:
        shown = table(headers, rows, right=_numbers(rows)) + "\n" if rows else ""
        desk.show(format, {}, f"{shown}{answer}", to=output)


def _numbers(rows: Sequence[Sequence[str]]) -> list[int]:
    """The columns of numbers, but for the first, which says what a row is."""
    columns = list(zip(*rows, strict=True))
    return [place for place in range(1, len(columns)) if all(_NUMBER.fullmatch(cell) for cell in columns[place])]


def _drawable(ctx: click.Context, option: click.Parameter, output: str | None) -> str | None:
    """`-o`, before anything is read, said or computed."""
    if ctx.params["format"] == "png":
        if output is None:
            raise click.UsageError("a figure is not for a terminal: name a file with -o FILE.png")
        from arena.figures import needed

        needed()
    return output
