"""`arena replay` and `arena match`: what was played, seen again, and what would be."""

from __future__ import annotations

import sys

import click

from arena.cli.desk import DISAGREES, MATCH, SPOILED, Desk, Whole, pass_desk, reads, saves
from arena.cli.facts import frame_json, match_json
from arena.errors import BadConfig
from arena.names import safe
from arena.tables import percent, plural


@click.command()
@click.argument("id", metavar="MATCH", type=MATCH)
@click.option("--step", is_flag=True, help="Wait for Enter after each move.")
@click.option("--at", type=Whole(0), metavar="STEP", help="Only the position after so many steps.")
@click.option("--verify", is_flag=True, help="Only compare with the record; exit 7 where it disagrees.")
@reads("svg", plain="text")
@saves
@pass_desk
def replay(desk: Desk, id: int, step: bool, at: int | None, verify: bool, format: str, output: str | None) -> int | None:
    """See a recorded match again, move by move. A picture (svg) shows the end, or the position of --at.

    \b
    arena replay 17
    arena replay 17 --at 12
    arena replay 17 --format svg -o match-17.svg
    """
    from arena.cli.frames import titled

    if verify:
        return _verify(desk, id, format)
    row, shown = desk.league().match(id), desk.league().replay(id)
    if row.result.void is not None:
        raise BadConfig(
            f"match {id} is void ({row.result.void}), so there is nothing to see", hint=f"arena matches show {id}"
        )
    frames = list(shown.frames())
    if at is not None and at >= len(frames):
        raise BadConfig(
            f"match {id} has {plural(len(frames) - 1, 'step')}, got --at {at}", hint=f"choose 0 to {len(frames) - 1}"
        )
    if format == "svg":
        desk.write(shown.svg(len(frames) - 1 if at is None else at), to=output)
        return None
    chosen = frames if at is None else [frames[at]]
    texts = [titled(frame, row.result) for frame in chosen]
    if step and format == "text" and output is None:
        _stepwise(texts)
        return None
    ending = [f"{row.result.ending} after {plural(row.result.steps, 'step')}"] if at is None else []
    facts = {"match": match_json(row), "frames": [frame_json(frame) for frame in chosen]}
    desk.show(format, facts, "\n".join([*texts, *ending]).rstrip("\n"), to=output)
    return None


@click.command()
@click.argument("lineup", nargs=-1, required=True, metavar="A B...")
@click.option("--games", type=Whole(1, 1_000_000), default=100, show_default=True, help="Matches to play.")
@click.option("--seed", type=Whole(0), default=0, show_default=True, help="The root of their chance.")
@reads()
@pass_desk
def match(desk: Desk, lineup: tuple[str, ...], games: int, seed: int, format: str) -> int:
    """Let agents play, neither recorded nor rated.

    Each deal is played from every seat. An agent is alice@3, or alice for its newest checkpoint. Exit 5 where a match
    was forfeited or void.

    \b
    arena match alice tactician
    arena match alice@12 alice@1 --games 400
    """
    done = desk.league().exhibition(lineup, games=games, seed=seed)
    wins, draws, losses = done.record
    low, high = done.interval
    told = done.told
    others = " and ".join(done.lineup[1:]) or "nobody"
    lines = [
        f"{done.lineup[0]} against {others}: {plural(len(done.results), 'game')} of {done.game}",
        f"score       {percent(done.score)}, at 95 % between {percent(low)} and {percent(high)}",
        f"W/D/L       {wins}/{draws}/{losses}",
        f"mean        {', '.join(f'{name} {mean:+.3f}' for name, mean in zip(done.lineup, done.means, strict=True))}",
        *(f"{ending:<11} {count}  {told.get(ending, '')}".rstrip() for ending, count in done.spoiled.items()),
    ]
    desk.show(format, done.as_json(), "\n".join(safe(line) for line in lines))
    return SPOILED if done.spoiled else 0


def _verify(desk: Desk, id: int, format: str) -> int:
    untold: list[int] = []
    wrong = next(desk.league().verify_matches([id], on_untold=untold.append), None)
    if untold:
        desk.show(format, {"match": id, "agrees": None, "problem": None}, f"match {id} was imported: nothing to replay")
        return 0
    facts = {"match": id, "agrees": wrong is None, "problem": wrong and wrong[1]}
    desk.show(format, facts, f"match {id} agrees with its tape" if wrong is None else f"match {id}: {safe(wrong[1])}")
    return DISAGREES if wrong else 0


def _stepwise(texts: list[str]) -> None:
    for place, text in enumerate(texts):
        click.echo(text)
        if place + 1 < len(texts) and sys.stdin.isatty():
            click.prompt("", default="", show_default=False, prompt_suffix="", err=True)
