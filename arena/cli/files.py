"""`arena db` and `arena completion`: the league's file and the shell."""

from __future__ import annotations

import click

from arena.cli.desk import DISAGREES, Desk, pass_desk, reads
from arena.names import safe


@click.group()
def db() -> None:
    """The league's file: status, verify, rebuild, backup, upgrade."""


@db.command()
@reads()
@pass_desk
def status(desk: Desk, format: str) -> None:
    """The league in numbers. Two leagues with equal `digest` hold the same matches, checkpoints and ratings.

    \b
    arena db status --json
    """
    facts = desk.league().status()
    desk.show(format, {"status": facts}, "\n".join(f"{key:<12}{safe(str(value))}" for key, value in facts.items()))


@db.command()
@reads()
@pass_desk
def verify(desk: Desk, format: str) -> int:
    """Read every byte that matters and name what is not as it was recorded; exit 7 where something is wrong.

    \b
    arena db verify
    """
    problems = desk.league().verify()
    verdict = f"{len(problems)} problem{'s' * (len(problems) != 1)}" if problems else "all is as it was recorded"
    desk.show(format, {"problems": problems}, "\n".join([*map(safe, problems), verdict]))
    return DISAGREES if problems else 0


@db.command()
@pass_desk
def rebuild(desk: Desk) -> None:
    """Count payoffs and ratings again from the match log, which stays as it is. Not while a season runs.

    \b
    arena db rebuild
    """
    desk.league().rebuild()
    click.echo(f"rebuilt  the payoffs and ratings of {safe(desk.path)} from its log")


@db.command()
@click.argument("target", metavar="FILE")
@pass_desk
def backup(desk: Desk, target: str) -> None:
    """Copy the league, as it is at this moment, to a new file; also while a season runs.

    \b
    arena db backup monday.db
    """
    desk.league().backup(target)
    click.echo(f"copied  {safe(desk.path)} to {safe(target)}")


@db.command()
@pass_desk
def upgrade(desk: Desk) -> None:
    """Bring a league that an older Arena wrote to this one's schema, after a backup beside it.

    \b
    arena db upgrade
    """
    kept = desk.league().upgrade()
    click.echo(f"upgraded  {safe(desk.path)}; as it was: {safe(str(kept))}" if kept else "it is up to date already")


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands in your shell.

    \b
    arena completion bash >> ~/.bashrc
    arena completion zsh >> ~/.zshrc
    arena completion fish > ~/.config/fish/completions/arena.fish
    """
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(ctx.find_root().command, {}, "arena", "_ARENA_COMPLETE").source())
