"""`arena season`: what was run. What runs one is in `playing`, which needs more and is imported when called."""

from __future__ import annotations

import click

from arena.cli.desk import SEASON, Desk, pass_desk, reads
from arena.cli.facts import season_json
from arena.cli.lazy import LazyGroup
from arena.moments import moment_here
from arena.names import safe
from arena.rows import SeasonRow

_PLAYING = {
    "run": ("arena.cli.playing:run", "Play a season: train, freeze, play, rate."),
    "resume": ("arena.cli.playing:resume", "Go on with an interrupted season as if it had never stopped."),
}


@click.group(cls=LazyGroup, lazy=_PLAYING)
def season() -> None:
    """Run seasons: train, freeze, play, rate."""


@season.command("list")
@click.option("--game", metavar="SPEC", help="Only those of this game.")
@reads("csv", "md")
@pass_desk
def list_seasons(desk: Desk, game: str | None, format: str) -> None:
    """Every season, the oldest first.

    \b
    arena season list
    """
    found = desk.league().seasons(game)
    rows = [
        (
            one.id,
            one.game,
            len(one.entrants),
            _progress(one),
            one.matches,
            _when(one),
            "finished" if one.finished else "interrupted",
        )
        for one in found
    ]
    headers = ("season", "game", "agents", "rounds", "matches", "begun", "state")
    desk.tell(format, {"seasons": [season_json(one) for one in found]}, headers, rows, right=(0, 2, 3, 4))


@season.command()
@click.argument("id", type=SEASON)
@reads()
@pass_desk
def show(desk: Desk, id: int, format: str) -> None:
    """One season: its settings, its agents, how far it is, and the table or bracket of a tournament.

    \b
    arena season show 3
    """
    league = desk.league()
    row, spoiled, outcome = league.season(id), league.spoiled(id), league.analyze.tournament(id)
    facts = {"season": season_json(row), "spoiled": spoiled, "tournament": outcome and outcome.as_json()}
    shown = f"\n\n{outcome}" if outcome else ""
    desk.show(format, facts, lambda: _text(desk, row, spoiled) + shown)


@season.command()
@click.argument("id", type=SEASON)
@pass_desk
def end(desk: Desk, id: int) -> None:
    """Give up an interrupted season; what it has recorded stays, and is rated.

    \b
    arena season end 3
    """
    desk.league().end_season(id)
    click.echo(f"ended  season {id}")


def _text(desk: Desk, row: SeasonRow, spoiled: dict[str, int]) -> str:
    state = "finished" if row.finished else f"interrupted: {desk.typed(f'season resume {row.id}')}"
    about = {
        f"season {row.id}": row.game,
        "state": state,
        "rounds": _progress(row),
        "matches": f"{row.matches:,}",
        "begun": _when(row),
        "agents": ", ".join(row.entrants),
        **spoiled,
        **{f"  {key}": value for key, value in row.settings.items() if value is not None},
    }
    width = max(14, *(len(label) + 2 for label in about))
    return "\n".join(f"{label:<{width}}{safe(str(value))}" for label, value in about.items())


def _progress(row: SeasonRow) -> str:
    return f"{row.rounds}/{row.settings['rounds']}"


def _when(row: SeasonRow) -> str:
    return moment_here(row.started, "minutes")
