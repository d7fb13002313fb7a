"""`arena bench`: speed, measured beside peers in one run."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Any

import click

from arena.bench import BENCHES, WORK
from arena.cli.desk import Desk, pass_desk, reads

if TYPE_CHECKING:
    from arena.bench.measure import Figure, Reading


@click.group()
def bench() -> None:
    """Speed, measured beside peers in one run."""


@bench.command("list")
@reads()
@pass_desk
def list_benches(desk: Desk, format: str) -> None:
    """The benchmarks, and what each measures.

    \b
    arena bench list
    """
    rows = [(name, what) for name, (_, what) in WORK.items()]
    desk.tell(format, {"benchmarks": dict(rows)}, ["name", "measures"], rows)


@bench.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--peer/--no-peer", "peers", default=True, help="Let other libraries do the same work, in turns with ours.")
@click.option("--quick", is_flag=True, help="Little work, twice: to see that it runs. Its figures are noise.")
@reads("csv", "md")
@pass_desk
def run(desk: Desk, names: tuple[str, ...], peers: bool, quick: bool, format: str) -> None:
    """Measure: all, or those named, which may have arguments.

    A figure is the median of at least five laps after one to warm up; ours and a peer's take turns. Most are by the
    processor's clock, which other programs do not disturb. Peers run in processes of their own with one thread on one
    core; they come with: pip install 'arena-league[bench]'

    \b
    arena bench run
    arena bench run neural training
    arena bench run 'leaderboard(matches=1000000)' --no-peer
    """
    from arena.bench.measure import Bench

    course = Bench(quick=quick, peers=peers)
    chosen = {name: BENCHES.make(name, course) for name in names or WORK}
    figures: list[tuple[str, Figure]] = []
    for name, measured in chosen.items():
        desk.say(f"{name} ...")
        figures += [(name, figure) for figure in measured]
    facts = {
        "machine": _machine(),
        "quick": quick,
        "figures": [{"benchmark": name, **_as_json(figure)} for name, figure in figures],
        "absent": course.absent,
    }
    headers = ["benchmark", "work", "ours", "unit", "clock", "against", "theirs", "ratio", "aim"]
    desk.tell(format, facts, headers, [_row(name, figure) for name, figure in figures], right=(2, 6, 7))
    for peer, why in course.absent.items():
        desk.say(f"not measured: {peer}: {why}")


def _row(name: str, figure: Figure) -> tuple[str, ...]:
    ratio = f"{_number(figure.ratio)} x" if figure.ratio is not None else ""
    other = _number(figure.other) if figure.other is not None else ""
    told = (figure.unit, figure.clock or "", figure.against, other, ratio, figure.aim)
    return name, figure.what, _number(figure.value), *told


def _number(value: float) -> str:
    """Three digits, or all of a large number's."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _as_json(figure: Figure) -> dict[str, Any]:
    def clocks(reading: Reading | None) -> dict[str, float] | None:
        return None if reading is None else {"cpu": reading.cpu, "wall": reading.wall}

    return {
        "what": figure.what,
        "unit": figure.unit,
        "clock": figure.clock,
        "ours": clocks(figure.ours),
        "against": figure.against or None,
        "theirs": clocks(figure.theirs),
        "ratio": figure.ratio,
        "aim": figure.aim or None,
    }


def _machine() -> dict[str, Any]:
    return {"python": platform.python_version(), "system": platform.platform(), "processors": os.cpu_count()}
