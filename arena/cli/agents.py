"""`arena register` and `arena agents`: who is in the league."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import asdict
from shlex import quote
from typing import Any, Literal

import click

from arena.cli.desk import Desk, pass_desk, reads
from arena.cli.facts import agent_json, checkpoint_json, entrant_json
from arena.errors import NotFound
from arena.match import LIVING, ROLES, Entrant
from arena.names import safe
from arena.rows import nth
from arena.tables import plural, table
from games.errors import ArenaError, BadSpec, UnknownName
from games.registry import Spec


@click.command()
@click.argument("name")
@click.argument("spec")
@click.option("--game", required=True, metavar="SPEC", help="The game it plays: a name, or module:attr.")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="main",
    show_default=True,
    help="Whom a learner trains against in --preset alphastar; anchors are marked on the board.",
)
@click.option("--parent", metavar="A@V", help="The checkpoint it descends from and, with the same spec, begins as.")
@click.option("--weights", metavar="FILE", help="A safetensors file that a learner begins with.")
@click.option("--no-check", is_flag=True, help="Take it in without a health game.")
@click.option("--trust", is_flag=True, help="A program: let it run without a jail, with your files and your network.")
@click.option(
    "--if-exists",
    type=click.Choice(["fail", "skip"]),
    default="fail",
    show_default=True,
    help="Where the same agent is there.",
)
@reads()
@pass_desk
def register(
    desk: Desk,
    name: str,
    spec: str,
    game: str,
    role: str,
    parent: str | None,
    weights: str | None,
    no_check: bool,
    trust: bool,
    if_exists: Literal["fail", "skip"],
    format: str,
) -> None:
    """Take an agent into the league, after its health game.

    SPEC is a name with literal arguments, or module:attr for a class or function of your own. Your own class is trusted
    code: it runs in the league's process. A program is jailed, unless you --trust it. Nothing is saved unless the agent
    gets through.

    \b
    arena register alice 'ppo(lr=1e-3)' --game connect_four
    arena register minimax-2 'minimax(depth=2)' --game connect_four --role anchor
    arena register mine my_bots:Sneaky --game connect_four
    arena register rusty 'process("./rusty --fast", move_time=1.0)' --game connect_four
    """
    done = desk.league().register(
        name,
        spec,
        game=game,
        role=role,
        parent=parent,
        weights=weights,
        check=not no_check,
        if_exists=if_exists,
        trust=trust,
    )
    if done.health:
        desk.say(f"check       {safe(name)} played {health_line(done.health, game)}")
    if done.remark:
        desk.say(f"note        {safe(done.remark)}")
    facts = {"checkpoint": checkpoint_json(done.checkpoint), "existed": done.existed, "remark": done.remark}
    begun = f"{'exists    ' if done.existed else 'registered'}  {done.checkpoint}"
    desk.show(format, facts, lambda: f"{begun:<38}  next: {_next(desk, game)}")


def _next(desk: Desk, game: str) -> str:
    """What to type after registering: a season, as soon as there are two to play it."""
    if sum(one.plays for one in desk.league().agents(game)) > 1:
        return desk.typed(f"season run --game {quote(game)}")
    return f"register another one first: {desk.typed(f'register NAME SPEC --game {quote(game)}')}"


@click.group()
def agents() -> None:
    """Who is in the league, and what they are."""


@agents.command("list")
@click.option("--game", metavar="SPEC", help="Only those of this game, or for it.")
@click.option("--retired", is_flag=True, help="Retired ones as well.")
@click.option("--available", is_flag=True, help="The agents that can be registered, instead of those that are.")
@reads("csv", "md")
@pass_desk
def list_agents(desk: Desk, game: str | None, retired: bool, available: bool, format: str) -> None:
    """The agents of the league, in the order they came; with --available, those that can join, and what they play.

    \b
    arena agents list --game connect_four
    arena agents list --available --game connect_four
    """
    if available:
        from agents.registry import available_for

        plays = available_for(game)
        fits = [(name, ", ".join(games)) for name, games in plays.items()]
        desk.tell(format, {"available": list(plays), "plays": plays}, ("agent", "plays"), fits)
        return
    try:
        found = desk.league().agents(game, retired=retired)
        out = desk.league().suspended(game)
    except NotFound as missing:
        raise NotFound(missing.cause, hint=f"{missing.hint}; those that can join: arena agents list --available") from None
    rows = [(one.name, one.spec, one.game, one.role + _state(one, out), "yes" if one.learns else "") for one in found]
    desk.tell(format, {"agents": [entrant_json(one) for one in found]}, ("agent", "spec", "game", "role", "learns"), rows)


@agents.command()
@click.argument("name")
@reads()
@pass_desk
def show(desk: Desk, name: str, format: str) -> None:
    """An agent: its checkpoints with their ratings, and for a learner whom it trained against last and why.

    \b
    arena agents show alice
    """
    found = desk.league().agent(name)
    desk.show(format, agent_json(found), lambda: _agent_text(found))


@agents.command()
@click.argument("spec")
@click.option("--game", required=True, metavar="SPEC", help="The game it should play.")
@click.option("--trust", is_flag=True, help="A program: let it run without a jail, with your files and your network.")
@reads()
@pass_desk
def check(desk: Desk, spec: str, game: str, trust: bool, format: str) -> None:
    """Try an agent without registering it: its health game, then the contract of agents or of learners.

    A program is held to the protocol as well; what it got wrong is said by its name. An engine that is weakened, or has a
    time for its moves, need not give the same answers again.

    \b
    arena agents check my_bots:Sneaky --game connect_four
    arena agents check 'process("./rusty --fast")' --game connect_four
    """
    try:
        health = desk.league().check_agent(spec, game=game, trust=trust)
    except UnknownName as error:
        try:
            own = desk.league().agent(spec).entrant.spec
        except ArenaError:
            raise error from None
        raise BadSpec(f"{spec!r} is an agent of this league, and no spec", hint=f"its own is {quote(own)}") from error
    if health.remark:
        desk.say(f"note  {health.remark}")
    game = str(Spec.parse(game))
    desk.show(
        format, {"spec": spec, "game": game, **asdict(health)}, f"ok  {safe(spec)} played {health_line(health, game)}"
    )


@agents.command()
@click.argument("name")
@reads()
@pass_desk
def lineage(desk: Desk, name: str, format: str) -> None:
    """An agent and those that it descends from, the oldest first.

    \b
    arena agents lineage alice
    """
    line = desk.league().lineage(name)
    facts = {"lineage": [entrant_json(one) | {"checkpoints": len(rows)} for one, rows in line]}
    lines = [
        f"{'   ' * depth}{'└─ ' * (depth > 0)}{one.name}  {one.spec}  {len(rows)} checkpoint{'s' * (len(rows) != 1)}"
        + (f", from {one.parent}" if one.parent else "")
        for depth, (one, rows) in enumerate(line)
    ]
    desk.show(format, facts, safe_lines(lines))


@agents.command()
@click.argument("name")
@pass_desk
def retire(desk: Desk, name: str) -> None:
    """Take an agent out of future seasons and boards; what it played stays.

    \b
    arena agents retire alice
    """
    desk.league().retire(name)
    click.echo(f"retired  {safe(name)}")


@agents.command()
@click.argument("name")
@click.option("--revoke", is_flag=True, help="Trust it no longer.")
@pass_desk
def trust(desk: Desk, name: str, revoke: bool) -> None:
    """Let a program that is registered run without a jail, with your files and your network.

    \b
    arena agents trust rusty
    """
    desk.league().trust(name, trusted=not revoke)
    click.echo(f"{'jailed' if revoke else 'trusted'}  {safe(name)}")


@agents.command()
@click.argument("name")
@pass_desk
def reinstate(desk: Desk, name: str) -> None:
    """Let a suspended agent play again: three forfeits in 20 matches suspend it until you say that it is mended.

    \b
    arena agents reinstate rusty
    """
    desk.league().reinstate(name)
    click.echo(f"reinstated  {safe(name)}")


@agents.command()
@click.argument("old")
@click.argument("new")
@pass_desk
def rename(desk: Desk, old: str, new: str) -> None:
    """Give an agent another name. Its checkpoints, matches and ratings stay its own.

    \b
    arena agents rename alice alicia
    """
    desk.league().rename(old, new)
    click.echo(f"renamed  {safe(old)} is now {safe(new)}")


@agents.command()
@click.argument("checkpoint", metavar="A@V")
@click.option("-o", "--output", required=True, metavar="FILE", help="The safetensors file to write.")
@pass_desk
def weights(desk: Desk, checkpoint: str, output: str) -> None:
    """Write the frozen weights of a checkpoint to a safetensors file.

    \b
    arena agents weights alice@3 -o alice-3.safetensors
    arena register heir ppo --game connect_four --weights alice-3.safetensors
    """
    desk.save(desk.league().weights(checkpoint), output)


def _state(one: Entrant, suspended: Container[str]) -> str:
    return " (retired)" * one.retired + " (suspended)" * (one.name in suspended) + " (trusted)" * one.trusted


def health_line(health: Any, game: str) -> str:
    """How a health game went: `4 games of connect_four: 0 illegal moves, 1.9 ms a move, deterministic`."""
    return str(health).replace(" games:", f" games of {safe(game)}:", 1)


def safe_lines(lines: list[str]) -> str:
    return "\n".join(safe(line) for line in lines)


def _agent_text(found: Any) -> str:
    one = found.entrant
    about = [
        (one.name, one.spec),
        ("game", one.game),
        ("role", one.role + " (retired)" * one.retired),
        ("learns", "yes" if one.learns else "no"),
        ("parent", one.parent or "none"),
    ]
    if found.faults:
        again = f"arena agents reinstate {quote(one.name)}"
        about.append(("suspended", f"{found.faults} of its last matches were forfeits; when it is mended: {again}"))
    if one.trusted:
        about.append(("trusted", "it runs without a jail"))
    rows = []
    for row in found.checkpoints:
        rating = found.ratings.get(row.checkpoint)
        born = "registered" if row.season is None else f"season {row.season}, round {nth(row.round)}"
        rated = (f"{rating.exposure:.1f}", f"{rating.mu:.1f} ± {2 * rating.sigma:.1f}") if rating else ("", "")
        sha = row.checkpoint.weights or ""
        rows.append((row.checkpoint, born, f"{row.steps:,}" if sha else "", *rated, sha[:12]))
    parts = [
        "\n".join(f"{safe(label):<9} {safe(value)}" for label, value in about),
        table(("checkpoint", "frozen", "trained", "skill", "mu ± 2σ", "weights"), rows, right=(2, 3)),
    ]
    if found.draws:
        parts.append(_draws_text(found.draws))
    if "gate_passed" in found.metrics:
        parts.append(_gate_text(found.metrics))
    return "\n\n".join(parts)


def _gate_text(metrics: Any) -> str:
    """Why the latest training ended with a checkpoint, or did not."""
    how = "passed, it joined" if metrics["gate_passed"] else "not passed, it goes on without a checkpoint"
    return (
        f"gate  {how}: {plural(round(metrics['gate_games']), 'game')} against the checkpoint before, "
        f"LLR {metrics['gate_llr']:+.2f}, Elo {metrics['gate_elo']:+.1f}"
    )


def _draws_text(draws: Any) -> str:
    """Whom the latest training was against: every draw by its reason, so that the matches add up to all of them."""
    total = sum(row.drawn for row in draws)
    rows = [
        (
            "itself" if row.opponent.version == LIVING else row.opponent,
            row.branch,
            f"{row.probability:.3f}",
            f"{row.drawn:,}",
            "" if row.win_rate is None else f"{row.win_rate:.0%}",
        )
        for row in draws
    ]
    said = f"training in season {draws[0].season}, round {nth(draws[0].round)}: {plural(total, 'match', 'matches')}"
    return f"{said}\n" + table(("against", "drawn by", "probability", "matches", "win rate"), rows, right=(2, 3, 4))
