"""`arena season run` and `arena season resume`: the options come from the settings' own fields."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import click

from arena.cli.desk import SEASON, SPOILED, Desk, pass_desk, reads
from arena.cli.facts import entrant_json, match_json, season_json
from arena.cli.guard import INTERRUPTED
from arena.cli.progress import Notify, watching
from arena.names import in_shell, safe
from arena.rows import SeasonRow
from arena.settings import Settings
from arena.spent import Spent
from games.errors import ArenaError
from games.registry import Spec

Play = Callable[..., SeasonRow]
_METAVARS = {"train": "STEPS|TIME", "preset": "NAME", "opponents": "MIX", "schedule": "SPEC", "until_sigma": "S"}
_METAVARS |= {"budget": "TIME", "gate": "ELO", "device": "DEVICE"}


def settings_options(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A flag for each of these settings. Nothing given is None, so that variables, file and defaults come in."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(names):
            field = Settings.model_fields[name]
            option = click.option(
                f"--{name.replace('_', '-')}",
                metavar=_METAVARS.get(name, "N"),
                help=f"{str(field.description).capitalize()}."
                + (f"  [default: {field.default}]" if field.default is not None else ""),
            )
            command = option(command)
        return command

    return decorate


@click.command()
@click.argument("agents", nargs=-1, metavar="[NAME]...")
@click.option("--game", required=True, metavar="SPEC", help="The game to play.")
@settings_options(*Settings.model_fields)
@click.option("--config", metavar="FILE", help="A TOML file with settings: rounds = 20.")
@click.option("--dry-run", is_flag=True, help="Say what would be played, and play nothing.")
@click.option("--profile", is_flag=True, help="Say at the end where the time went.")
@reads()
@pass_desk
def run(
    desk: Desk,
    /,
    agents: tuple[str, ...],
    game: str,
    config: str | None,
    dry_run: bool,
    profile: bool,
    format: str,
    **settings: str | None,
) -> int:
    """Play a season: train, freeze, play, rate.

    At its end come the leaderboard and a few moves worth seeing.
    All agents of the game take part, or those that are named. Settings come from flags, then ARENA_* variables
    (ARENA_ROUNDS=20), then --config, then defaults. Ctrl-C keeps all that is recorded and says how to go on.
    Exit 5 where a match was forfeited or void.

    \b
    arena season run --game connect_four
    arena season run --game connect_four ppo minimax-2 --rounds 20 --train 30s --workers 2
    """
    league = desk.league()
    if dry_run:
        chosen, entrants, extent = league.plan_season(game, agents, config=config, **settings)
        stages, matches, always = extent
        game = str(Spec.parse(game))
        facts = {
            "game": game,
            "settings": chosen.model_dump(),
            "agents": [entrant_json(one) for one in entrants],
            "matches": matches.least if matches.most is None else matches.most,
            "extent": {"stages": stages._asdict(), "matches": matches._asdict()},
        }
        grows = not always and matches.most is not None and any(one.learns for one in entrants)  # with its checkpoints
        about = {
            "game": game,
            "agents": ", ".join(one.name for one in entrants),
            "matches": f"{'at most ' * grows}{matches} a round",
            "stages": f"{'at most ' * grows}{stages} a round",
            **chosen.model_dump(exclude_none=True),
        }
        desk.show(format, facts, "\n".join(f"{label:<12}{safe(str(value))}" for label, value in about.items()))
        return 0
    return _played(
        desk,
        format,
        lambda notify: league.run_season(game, agents, config=config, notify=notify, **settings),
        lambda: league.unfinished(game),
        profile=profile,
    )


@click.command()
@click.argument("id", type=SEASON, required=False)
@settings_options("workers", "device")
@click.option("--profile", is_flag=True, help="Say at the end where the time went.")
@reads()
@pass_desk
def resume(desk: Desk, /, id: int | None, profile: bool, format: str, **settings: Any) -> int:
    """Go on with an interrupted season as if it had never stopped.

    Without a number it is the latest one.

    \b
    arena season resume
    arena season resume 3 --workers 2
    """
    league = desk.league()
    return _played(
        desk,
        format,
        lambda notify: league.resume(id, notify=notify, **settings),
        lambda: league.season(id) if id is not None else league.unfinished(),
        profile=profile,
    )


def _played(desk: Desk, format: str, play: Play, interrupted: Callable[[], SeasonRow | None], *, profile: bool) -> int:
    """Plays with progress on stderr, then prints what came of it."""
    spent = Spent()
    try:
        with watching(desk) as notify:
            row = play(_both(spent.hear, notify))
    except KeyboardInterrupt:
        return _interrupted(desk, interrupted)
    seconds = spent.seconds()
    league = desk.league()
    board, spoiled, best = league.leaderboard(row.game), league.spoiled(row.id), league.highlight(row.game)
    outcome = league.analyze.tournament(row.id)
    facts = {
        "season": season_json(row),
        "spoiled": spoiled,
        "leaderboard": board.as_json(),
        "tournament": outcome and outcome.as_json(),
        "highlight": match_json(best.match) if best else None,
        **({"seconds": seconds} if profile else {}),
    }
    above = f"{outcome}\n\n" if outcome else ""
    drawn = best if desk.verbosity >= 0 else None  # who wants data only wants no pictures
    desk.show(format, facts, lambda: f"{above}{board}{_moves(desk, drawn.match.id, str(drawn)) if drawn else ''}")
    if profile:
        _tell_spent(desk, seconds)
    for ending, count in spoiled.items():
        kind = ending.partition("(")[0]
        desk.say(f"{count} {ending}: {desk.typed(f'matches list --season {row.id} --ending {kind}')}")
    desk.say(f"\nnext: {desk.typed(f'season run --game {in_shell(row.game)}')}   (training and ratings go on from here)")
    return SPOILED if spoiled else 0


def _both(one: Notify, other: Notify) -> Notify:
    def notify(event: Any) -> None:
        one(event)
        other(event)

    return notify


def _tell_spent(desk: Desk, seconds: dict[str, float]) -> None:
    total = sum(seconds.values())
    desk.say("")
    for kind, amount in seconds.items():
        desk.say(f"{kind:<14}{amount:8.2f} s {100 * amount / total:5.1f} %")


def _moves(desk: Desk, match: int, why: str) -> str:
    """The last moves of a match, and how to see all of it."""
    from arena.cli.frames import beside

    frames = list(desk.league().replay(match).frames())[-4:]
    return f"\n\n{safe(why)}\n\n{beside(frames)}\n\nall of it: {desk.typed(f'replay {match}')}"


def _interrupted(desk: Desk, season: Callable[[], SeasonRow | None]) -> int:
    row = None
    with suppress(ArenaError):
        row = season()
    if row is None or row.finished:
        click.echo("interrupted before a season had begun; there is nothing to resume: run it again", err=True)
    else:
        click.echo("interrupted; everything that was recorded stays", err=True)
        click.echo(f"go on with: {desk.typed(f'season resume {row.id}')}", err=True)
    return INTERRUPTED
