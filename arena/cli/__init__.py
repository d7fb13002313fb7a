"""The command line: a skin over `arena.league.League`. Each command reads, asks the League, and prints.

A file for each group of commands, imported when it is called: `arena --help` need not wait for a database or for torch.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

import click

from arena import __version__, heap
from arena.cli.desk import DEFAULT, Desk
from arena.cli.guard import INTERRUPTED, guarded, listen, two_strikes
from arena.cli.lazy import LazyGroup

COMMANDS = {
    "register": ("arena.cli.agents:register", "Take an agent into the league, after its health game."),
    "season": ("arena.cli.season:season", "Run seasons: train, freeze, play, rate."),
    "leaderboard": ("arena.cli.boards:leaderboard", "How everybody stands at a game, the best first."),
    "matches": ("arena.cli.matches:matches", "The match log: list, show and verify."),
    "replay": ("arena.cli.replays:replay", "See a recorded match again, move by move."),
    "agents": ("arena.cli.agents:agents", "Who is in the league, and what they are."),
    "games": ("arena.cli.games:games", "The games that can be played."),
    "match": ("arena.cli.replays:match", "Let agents play, neither recorded nor rated."),
    "compare": ("arena.cli.compare:compare", "Whether one agent is really stronger than another."),
    "analyze": ("arena.cli.analyze:analyze", "Questions to the recorded matches."),
    "ratings": ("arena.cli.ratings:ratings", "Questions to the ratings themselves."),
    "export": ("arena.cli.exchange:export", "Write the whole league to one archive, or its matches as a table."),
    "import": ("arena.cli.exchange:import_", "Take in an archive as a new league, or a table of results."),
    "db": ("arena.cli.files:db", "The league's file: status, verify, rebuild, backup, upgrade."),
    "bench": ("arena.cli.bench:bench", "Speed, measured beside peers in one run."),
    "lab": ("arena.cli.labs:lab", "The textbook's experiments: a question, a table, a figure."),
    "doctor": ("arena.cli.doctor:doctor", "Look at this machine and this league, with a cure for what is wrong."),
    "completion": ("arena.cli.files:completion", "Print the script that completes commands in your shell."),
}


class Arena(LazyGroup):
    """The root. However a command ends, it is said here."""

    def main(self, *args: Any, **words: Any) -> NoReturn:
        desk = Desk()
        heap.keep()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # a terminal that knows no '±' shows '?' and no error
        words = {**words, "obj": desk, "standalone_mode": False}
        try:
            with two_strikes():
                code = guarded(lambda: super(Arena, self).main(*args, **words), desk)
        except KeyboardInterrupt:
            if desk.debug:
                raise
            code = INTERRUPTED  # while it was being said how the command ended
        sys.exit(code)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._in_front(args))

    def _in_front(self, args: list[str]) -> list[str]:
        """The words with the root's own options moved in front of the command, wherever they were typed."""
        own = {name: option for option in self.params for name in option.opts}
        front: list[str] = []
        rest: list[str] = []
        words = iter(args)
        for word in words:
            name, equals, _ = word.partition("=")
            if word == "--":
                return [*front, *rest, word, *words]
            if name not in own:
                rest.append(word)
                continue
            front.append(word)
            if isinstance(option := own[name], click.Option) and not (equals or option.is_flag or option.count):
                if (value := next(words, None)) is None:
                    return front  # so that click says what is missing
                front.append(value)
        return [*front, *rest]


@click.group(
    "arena",
    cls=Arena,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--league", "path", envvar="ARENA_LEAGUE", default=DEFAULT, show_default=True, metavar="FILE", help="The league's file."
)
@click.option("-v", "--verbose", count=True, help="Say more: each forfeit and its reason.")
@click.option("-q", "--quiet", is_flag=True, help="Print data and errors only.")
@click.option("--no-color", is_flag=True, help="No colour, as with NO_COLOR in the environment.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name="arena")
@click.pass_context
def main(ctx: click.Context, path: str, verbose: int, quiet: bool, no_color: bool, debug: bool) -> None:
    """A league in a box for competitive agents.

    \b
    arena register alice 'ppo(lr=1e-3)' --game connect_four
    arena register tactician tactician --game connect_four --role anchor
    arena season run --game connect_four
    arena leaderboard

    The options below may stand behind a command as well.
    Settings come from flags, then ARENA_* variables, then --config, then defaults.
    """
    desk = ctx.ensure_object(Desk)
    desk.path, desk.verbosity, desk.debug = path, -1 if quiet else verbose, debug
    desk.explicit = ctx.get_parameter_source("path") is click.core.ParameterSource.COMMANDLINE and path != DEFAULT
    if no_color or os.environ.get("NO_COLOR"):
        ctx.color = desk.colour = False
    listen(desk)
