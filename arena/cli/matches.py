"""`arena matches`: the log of what was played."""

from __future__ import annotations

from typing import Any

import click

from arena.cli.desk import DISAGREES, MATCH, SEASON, Desk, Whole, pass_desk, reads
from arena.cli.facts import match_json
from arena.moments import moment_here
from arena.names import safe
from arena.rows import MatchRow, nth
from arena.tables import plural, table


@click.group()
def matches() -> None:
    """The match log: list, show and verify."""


@matches.command("list")
@click.option("--agent", metavar="NAME", help="Only those that this agent played.")
@click.option("--season", type=SEASON, metavar="ID", help="Only those of this season.")
@click.option("--game", metavar="SPEC", help="Only those of this game.")
@click.option("--ending", type=click.Choice(["finished", "forfeit", "void"]), help="Only those that ended so.")
@click.option("--before", type=MATCH, metavar="ID", help="Only those older than this match: the next page.")
@click.option("--limit", type=Whole(1, 100_000), default=50, show_default=True, help="At most so many.")
@reads("csv", "md")
@pass_desk
def list_matches(desk: Desk, /, format: str, limit: int, **wanted: Any) -> None:
    """A page of the match log, the newest first.

    \b
    arena matches list --agent alice
    arena matches list --season 3 --ending forfeit
    """
    rows = desk.league().matches(**wanted, limit=limit)
    older = rows[-1].id if len(rows) == limit else None
    cells = [
        (row.id, row.season, nth(row.round), row.game, _lineup(row), _returns(row), row.result.steps, row.result.ending)
        for row in rows
    ]
    headers = ("match", "season", "round", "game", "lineup", "returns", "steps", "ending")
    facts = {"matches": [match_json(row) for row in rows], "before": older}
    desk.tell(format, facts, headers, cells, right=(0, 1, 2, 6))
    if older:
        desk.say(f"older ones: --before {older}")


@matches.command()
@click.argument("id", type=MATCH)
@reads()
@pass_desk
def show(desk: Desk, id: int, format: str) -> None:
    """One match: who held which seat, what each was paid, and how it ended.

    \b
    arena matches show 17
    """
    row = desk.league().match(id)
    desk.show(format, {"match": match_json(row)}, lambda: _match_text(row, desk))


@matches.command()
@click.argument("ids", type=MATCH, nargs=-1, metavar="[ID]...")
@click.option("--all", "every", is_flag=True, help="Every match of the log.")
@reads()
@pass_desk
def verify(desk: Desk, ids: tuple[int, ...], every: bool, format: str) -> int:
    """Play recorded matches again and compare; exit 7 where one disagrees.

    \b
    arena matches verify 17 18
    arena matches verify --all
    """
    if bool(ids) == every:
        raise click.UsageError("name the matches to verify, or say --all")
    checked: list[int] = []
    untold: list[int] = []
    wrong = list(desk.league().verify_matches(ids or None, on_progress=checked.append, on_untold=untold.append))
    problems = [{"match": id, "problem": said} for id, said in wrong]
    facts = {"checked": sum(checked), "imported": sum(untold), "problems": problems}
    agreed = f"{sum(checked) - len(wrong):,} of {sum(checked):,} matches agree with their tapes"
    agreed += f"; {sum(untold):,} were imported and have none" if untold else ""
    desk.show(format, facts, "\n".join([*(f"match {id}: {safe(said)}" for id, said in wrong), agreed]))
    return DISAGREES if wrong else 0


def _lineup(row: MatchRow) -> str:
    return " - ".join(str(seat) for seat in row.result.match.lineup)


def _returns(row: MatchRow) -> str:
    return " ".join(f"{earned:+g}" for earned in row.result.returns)


def _match_text(row: MatchRow, desk: Desk) -> str:
    result = row.result
    steps = plural(result.steps, "step")
    about = {
        f"match {row.id}": f"{row.game}, version {row.version} of its rules",
        "season": f"{row.season}, round {nth(row.round)}, match {result.match.ordinal} of the season",
        "seed": result.match.seed,
        "ending": f"{result.ending}{', imported' if result.untold else f' after {steps}'}",
        "played": moment_here(row.played_at),
        **({"neutral": "no seat had an advantage"} if result.neutral else {}),
        **({"jails": ", ".join(jail or "none" for jail in result.jails)} if result.jails else {}),
        "digest": row.digest,
    }
    lines = [f"{label:<12}{safe(str(value))}" for label, value in about.items()]
    nothing = ("",) * len(result.match.lineup)
    earned, faults = result.returns or nothing, result.faults or nothing
    seats = [
        (place, seat, (seat.weights or "")[:12], pay if pay == "" else f"{pay:+g}", fault or "")
        for place, (seat, pay, fault) in enumerate(zip(result.match.lineup, earned, faults, strict=True))
    ]
    shown = table(("seat", "agent", "weights", "return", "fault"), seats, right=(0, 3))
    see = [] if result.untold else ["", f"see it: {desk.typed(f'replay {row.id}')}"]
    return "\n".join([*lines, "", shown, *see])
