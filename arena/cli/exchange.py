"""`arena export` and `arena import`: the whole league as one archive, results as tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from arena.cli.asking import about
from arena.cli.desk import SEASON, Desk, pass_desk, reads
from arena.errors import BadConfig
from arena.formats import KINDS, demand_file
from arena.names import in_shell, safe
from arena.tables import plural

if TYPE_CHECKING:
    from arena.archive import Manifest

_RESULTS = click.option("--results", type=click.Choice(list(KINDS)), help="A table of results of this kind.")


@click.command("export")
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False), help="The file to write.")
@_RESULTS
@click.option("--game", metavar="SPEC", help="The game of the results; by default the one that was played last.")
@click.option("--season", type=SEASON, metavar="ID", help="Only the results of this season.")
@click.option("--moves", is_flag=True, help="PGN with the moves, in the game's notation.")
@reads()
@pass_desk
def export(
    desk: Desk, output: str | None, results: str | None, game: str | None, season: int | None, moves: bool, format: str
) -> None:
    """Write the whole league to one archive, or its matches as a table.

    The archive holds everything, as it is at this moment, also while a season runs; the same league gives the same bytes.
    With --results it is a table, which goes to the screen without -o. Parquet needs the extra `parquet`.

    \b
    arena export -o monday.arena
    arena export --results csv --game connect_four -o results.csv
    arena export --results pgn --season 3
    """
    exchange = desk.league().exchange
    if results is None:
        if output is None or game or season or moves:
            raise click.UsageError("say -o FILE for the whole league, or --results KIND for a table of its matches")
        manifest = exchange.export(output)
        desk.show(format, {"archive": manifest.as_json()}, _archived("exported", output, manifest))
        return
    if output is None and results == "parquet":
        raise click.UsageError("Parquet is no text: say -o FILE")
    game = desk.league().season(season).game if season is not None and game is None else about(desk, game)
    if output is None:
        exchange.export_results(sys.stdout.buffer, kind=results, game=game, season=season, moves=moves)
        return
    count = exchange.export_results(output, kind=results, game=game, season=season, moves=moves)
    done = f"exported  {plural(count, 'match', 'matches')} of {safe(game)} to {safe(output)}"
    desk.show(format, {"file": output, "game": game, "matches": count}, done)


@click.command("import")
@click.argument("file")
@_RESULTS
@click.option(
    "--game", metavar="SPEC", help="The game that a table's results are of; a new name makes a game without rules."
)
@click.option("--column", "columns", multiple=True, metavar="ROLE=NAME", help="Which column plays which role; see below.")
@click.option("--encoding", default="utf-8-sig", show_default=True, help="Of a text file.")
@click.option("--delimiter", metavar="CHAR", help="Between cells, instead of a comma, or a tab in a .tsv.")
@click.option("--dry-run", is_flag=True, help="Check everything, say what would come of it, and change nothing.")
@reads()
@pass_desk
def import_(
    desk: Desk,
    file: str,
    results: str | None,
    game: str | None,
    columns: tuple[str, ...],
    encoding: str,
    delimiter: str | None,
    dry_run: bool,
    format: str,
) -> None:
    """Take in an archive as a new league, or a table of results.

    An archive is checked to its last byte first, and never replaces another league. A table (CSV, JSON lines, Parquet
    or PGN) becomes one finished season. Roles of columns: first and second (who met), first_score and second_score,
    or score (1-0, W, 0.5); neutral, order (dates or numbers), id, uid, ending. Columns of usual names need not be said.
    Who is not in the league yet is known by these results alone: rated, but unable to play. A row that says what it
    should not takes the whole file back; a file that is imported again adds what is new in it.

    \b
    arena --league copy.db import monday.arena
    arena import games.csv --game go --column first=black --column second=white
    """
    exchange = desk.league().exchange
    if results is None and game is None and _is_archive(file):
        manifest = exchange.import_league(file, dry_run=dry_run)
        said = "checked" if dry_run else "existed" if manifest.existed else "imported"
        desk.show(format, {"archive": manifest.as_json(), "dry_run": dry_run}, _archived(said, file, manifest))
        return
    if game is None:
        raise click.UsageError("say which game these are results of: --game NAME")
    done = exchange.import_results(
        file,
        game=game,
        columns=dict(map(_role, columns)),
        kind=results,
        encoding=encoding,
        delimiter=delimiter,
        dry_run=dry_run,
    )
    desk.show(format, done.as_json(), lambda: "\n".join(map(safe, str(done).splitlines())))
    if done.new and not dry_run:
        desk.say(f"next: {desk.typed(f'leaderboard --game {in_shell(done.game)}')}")


def _is_archive(file: str) -> bool:
    """Whether a file begins as a zip does, or at least is no table by its name."""
    path = Path(file)
    demand_file(path)
    with path.open("rb") as head:
        if head.read(4) == b"PK\3\4":
            return True
    return path.suffix.lower() not in {ending for _, endings in KINDS.values() for ending in endings}


def _role(said: str) -> tuple[str, str]:
    role, equals, column = said.partition("=")
    if not equals:
        raise BadConfig(f"expected ROLE=NAME, got --column {said!r}", hint="such as --column first=home")
    return role, column


def _archived(done: str, file: str, manifest: Manifest) -> str:
    lines = [
        f"{done:<10}{safe(file)}: {plural(manifest.agents, 'agent')}, {plural(manifest.matches, 'match', 'matches')},"
        f" {manifest.bytes / 1e6:.1f} MB",
        f"{'digest':<10}{safe(manifest.digest)}",
    ]
    return "\n".join(lines)
