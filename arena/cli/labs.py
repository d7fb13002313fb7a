"""`arena lab`: the textbook's experiments, each with a table, a figure and a sentence of finding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from arena.cli.desk import Desk, Whole, pass_desk, reads
from arena.cli.guard import INTERRUPTED
from arena.cli.parts import parts
from arena.labs import LABS, WORK, Listed
from games.registry import Spec

_FEWEST = 3  # seeds: one run of a learner proves nothing


@click.group()
def lab() -> None:
    """The textbook's experiments: a question, a table, a figure."""


@lab.command("list")
@reads()
@pass_desk
def list_labs(desk: Desk, format: str) -> None:
    """The labs, what each asks, and how long it takes.

    \b
    arena lab list
    """
    rows = [(name, lab.seeds, _duration(lab.seconds * lab.seeds), lab.question) for name, lab in WORK.items()]
    facts = {
        name: {"asks": one.question, "seeds": one.seeds, "seconds": one.seconds * one.seeds} for name, one in WORK.items()
    }
    desk.tell(format, {"labs": facts}, ["name", "seeds", "takes", "asks"], rows, right=(1,))


@lab.command()
@click.argument("name")
@click.option(
    "--quick", is_flag=True, help="Little work: to see that it runs. Arguments that are given count all the same."
)
@click.option("--seeds", type=Whole(_FEWEST), metavar="N", help="How many seeds; by default as `arena lab list` says.")
@click.option(
    "-o",
    "--output",
    "folder",
    default="labs",
    show_default=True,
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Where NAME.json and NAME.png go. With arguments they have a name of their own.",
)
@reads("csv", "md")
@pass_desk
def run(desk: Desk, name: str, quick: bool, seeds: int | None, folder: str, format: str) -> int:
    """Run one experiment: prints its table, writes its numbers and its figure.

    A lab may have arguments, which are tried in place of the textbook's. They come with: pip install 'arena-league[labs]'

    \b
    arena lab run dyna-planning
    arena lab run 'dyna-planning(planning=[0, 20])' --seeds 5 -o results
    """
    spec = Spec.parse(name)
    LABS.find(spec)
    listed = WORK.get(spec.name, Listed(spec.name, "", _FEWEST, 0.0))
    count = seeds or (_FEWEST if quick else listed.seeds)
    from arena.labs.lab import QUICK, Run, conduct, stem
    from arena.labs.page import save, told

    if not quick and listed.seconds:
        unless = ", unless these arguments ask for more or less" if spec.args or spec.kwargs else ""
        desk.say(f"{name}: {count} seeds, about {_duration(listed.seconds * count)}{unless}")
    try:
        with _made(Path(folder)), parts(desk) as notify:
            asked = Run(seeds=count, quick=quick, notify=notify, folder=Path(folder))
            finding = conduct(name, asked)
    except KeyboardInterrupt:
        click.echo("interrupted; a lab starts over: the same command runs it from its beginning", err=True)
        return INTERRUPTED
    facts = told(name, asked, finding)
    desk.tell(format, facts, finding.headers, finding.rows, right=range(1, len(finding.headers)))
    if format == "table":
        desk.write(f"\n{finding.sentence}\n" + f"{QUICK}\n" * quick, to=None)
    elif quick:
        desk.say(QUICK)
    for path in save(Path(folder), stem(name, quick=quick), facts, finding):
        desk.say(f"wrote {path}")
    return 0


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Makes a folder, before hours are spent for it; where nothing comes of it, it is taken away again."""
    new = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for one in new:
            with suppress(OSError):  # it holds something
                one.rmdir()
        raise


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
