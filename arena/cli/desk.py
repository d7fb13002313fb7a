"""What every command is given: the league it speaks of, and how to speak: data on stdout, all the rest on stderr."""

from __future__ import annotations

import gc
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from arena.names import inert, safe
from arena.tables import table
from games.errors import ArenaError

if TYPE_CHECKING:
    from arena.league import League

DEFAULT = "league.db"
SPOILED, DISAGREES = 5, 7  # exit codes: finished with forfeits or voids; a check failed
Command = TypeVar("Command", bound=Callable[..., Any])


class Whole(click.IntRange):
    """A whole number in a range, whose error says in words what was expected and what came."""

    name = "number"

    def __init__(self, min: int, max: int | None = None, *, expected: str = "") -> None:
        super().__init__(min, max)
        self.expected = expected or f"a whole number from {min}" + (f" to {max:,}" if max is not None else "")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter:
            self.fail(f"expected {self.expected}, got {value!r}", param, ctx)


MATCH = Whole(1, expected="a match's number, as in `arena matches list`")
SEASON = Whole(1, expected="a season's number, as in `arena season list`")


@dataclass
class Desk:
    """The options in front of the command."""

    path: str = DEFAULT
    explicit: bool = False  # --league was typed, so that commands to be typed next need it too
    verbosity: int = 0  # -1 with -q
    colour: bool | None = None  # None: where the stream is a terminal
    debug: bool = False

    def league(self) -> League:
        """The league in question; its file is opened by what is asked of it."""
        gc.disable()  # an import makes no garbage, and looking for it would take a fifth of the time
        from arena.league import League

        gc.enable()
        return League(self.path, on_wait=lambda seconds: self.say(f"waiting for another program to let go of {self.path}"))

    def say(self, text: str) -> None:
        """A message for whoever watches: on stderr, and not with -q."""
        if self.verbosity >= 0:
            click.echo(text, err=True)

    def typed(self, rest: str) -> str:
        """A command as it can be typed here."""
        return f"arena --league {shlex.quote(self.path)} {rest}" if self.explicit else f"arena {rest}"

    def show(self, format: str, facts: Mapping[str, Any], text: str | Callable[[], str], *, to: str | None = None) -> None:
        """Prints what was read: as JSON or as text; with `to`, into a file."""
        told = as_json(facts) if format == "json" else text() if callable(text) else text
        self.write(told + "\n", to=to)

    def tell(
        self,
        format: str,
        facts: Mapping[str, Any],
        headers: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        right: Iterable[int] = (),
        to: str | None = None,
    ) -> None:
        """Prints rows as a table, in Markdown, or as comma-separated values; the facts they are made of as JSON."""
        ways = {"csv": as_csv, "md": as_markdown}
        way = ways.get(format)
        self.show(format, facts, lambda: way(headers, rows) if way else table(headers, rows, right=right), to=to)

    def write(self, text: str, *, to: str | None) -> None:
        """Data to stdout, or whole into a file. A file that is there is replaced, unless it is the league."""
        if to is None or to == "-":
            click.echo(text, nl=False)
        else:
            self.save(text.encode(), to)

    def save(self, data: bytes, to: str) -> None:
        """Bytes into a file."""
        target = Path(to)
        if target.exists() and Path(self.path).exists() and target.samefile(self.path):
            raise ArenaError(f"{to!r} is the league itself", hint="name another file with -o")
        target.write_bytes(data)
        self.say(f"wrote {to}")

    def on_terminal(self) -> bool:
        """Whether progress can be drawn."""
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and self.verbosity >= 0


pass_desk = click.make_pass_decorator(Desk, ensure=True)


def as_json(facts: Mapping[str, Any]) -> str:
    """JSON in ASCII, so that no foreign text can reach a terminal through it. What is infinite or no number is null.

    `schema` grows whenever a key goes or means something else; 1 counts rounds from 1.
    """
    return json.dumps(_finite({"schema": 1, **facts}), indent=2, default=str, allow_nan=False)


def _finite(fact: Any) -> Any:
    """JSON has no numbers beyond all others."""
    if isinstance(fact, Mapping):
        return {name: _finite(value) for name, value in fact.items()}
    if isinstance(fact, list | tuple):
        return [_finite(value) for value in fact]
    return None if isinstance(fact, float) and not isfinite(fact) else fact


def reads(*formats: str, plain: str = "table") -> Callable[[Command], Command]:
    """`--format`, and `--json` for short: what every reading command takes, as its argument `format`."""
    wanted = click.Choice((plain, "json", *formats))

    def decorate(command: Command) -> Command:
        short = click.option(
            "--json", "json_", is_flag=True, expose_value=False, callback=_json, help="The same as --format json."
        )
        long = click.option(
            "--format", "format", type=wanted, default=plain, show_default=True, is_eager=True, help="How to print it."
        )
        return long(short(command))

    return decorate


def _json(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted:
        ctx.params["format"] = "json"


def saves(command: Command, *, check: Callable[[click.Context, click.Parameter, Any], Any] | None = None) -> Command:
    """`-o FILE`, as the argument `output`; `check` is click's callback for it."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False),
        callback=check,
        help="Write to this file instead of the screen.",
    )(command)


def as_csv(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Comma-separated values; foreign text is made safe, and no cell is a formula."""
    import csv
    from io import StringIO

    page = StringIO()
    csv.writer(page, lineterminator="\n").writerows([[inert(str(cell)) for cell in row] for row in [headers, *rows]])
    return page.getvalue().rstrip("\n")


def as_markdown(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    cells = [[safe(str(cell)).replace("|", "\\|") for cell in row] for row in [headers, *rows]]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([lines[0], "|" + " --- |" * len(headers), *lines[1:]])
