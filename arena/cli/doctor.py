"""`arena doctor`: this machine and this league, line by line, with a cure for what is wrong."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import click

from arena.cli.desk import DISAGREES, Desk, pass_desk, reads
from arena.names import safe
from arena.tables import plural
from games.errors import ArenaError


@dataclass(frozen=True)
class Finding:
    """One thing looked at. A `warn` may stay; a `bad` is in the way."""

    state: Literal["ok", "warn", "bad"]
    what: str
    told: str
    cure: str = ""

    def __str__(self) -> str:
        return safe(f"{self.state:<6}{self.what:<10}{self.told}" + (f"; {self.cure}" if self.cure else ""))


@click.command()
@reads()
@pass_desk
def doctor(desk: Desk, format: str) -> int:
    """Look at this machine and this league, with a cure for what is wrong.

    Exit 7 where something is in the way.

    \b
    arena doctor
    """
    found = [finding for look in (_python, _torch, _jail, _ratings) for finding in look()] + list(_league(desk))
    desk.show(format, {"findings": [asdict(one) for one in found]}, "\n".join(map(str, found)))
    return DISAGREES if any(one.state == "bad" for one in found) else 0


def _python() -> Iterator[Finding]:
    enough = sys.version_info >= (3, 11)
    told = f"{platform.python_version()} on {platform.system()}, {os.cpu_count()} processors"
    yield Finding("ok" if enough else "bad", "python", told, "" if enough else "install Python 3.11 or newer")


def _torch() -> Iterator[Finding]:
    try:
        import torch
    except Exception as error:  # a broken install raises whatever it likes
        yield Finding("bad", "torch", f"cannot be imported: {error}", "install it again: pip install torch")
        return
    yield Finding("ok", "torch", f"{torch.__version__}, {torch.get_num_threads()} threads; a season uses one by process")
    if torch.cuda.is_available():
        yield Finding("ok", "cuda", f"{torch.cuda.get_device_name()}: --device cuda")
    else:
        yield Finding("ok", "cuda", "none; games and networks live on the processor")


def _jail() -> Iterator[Finding]:
    """What would keep in a program that plays."""
    from agents.program import jail, landlock

    match jail.best():
        case "bubblewrap":
            told = f"bubblewrap, and inside it Landlock (version {landlock.version()}) and seccomp"
            yield Finding("ok", "jail", told)
        case "landlock":
            told = f"Landlock (version {landlock.version()}) and seccomp"
            yield Finding("ok", "jail", told, "bubblewrap would hide other processes as well: apt install bubblewrap")
        case _:
            yield Finding("warn", "jail", f"none: {jail.lacking()}", "programs need: arena register --trust")


def _ratings() -> Iterator[Finding]:
    from arena.ratings.reference import sample
    from arena.ratings.trueskill import TrueSkill

    try:
        apart = sample(TrueSkill())
    except Exception as error:  # as above
        yield Finding("bad", "ratings", f"no reference: {error}", "install it again: pip install trueskill")
        return
    agrees = apart < 1e-6
    yield Finding(
        "ok" if agrees else "bad",
        "ratings",
        f"{'as' if agrees else f'{apart:.2g} points from what'} the trueskill package has them",
        "" if agrees else "install arena-league and trueskill again",
    )


def _league(desk: Desk) -> Iterator[Finding]:
    path = Path(desk.path)
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        yield Finding("ok", "league", f"{path} is not there yet", "the first `arena register` makes it")
    else:
        yield _opened(desk)
        holder = desk.league().holder()
        yield Finding("ok", "lock", f"a season runs: {holder}" if holder else "no season is running")
    writable = os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))
    yield Finding(
        "ok" if writable else "warn",
        "folder",
        f"{path.parent.absolute()} can {'' if writable else 'not '}be written",
        "" if writable else "leagues can be read here; to play, change its permissions or choose another --league",
    )


def _opened(desk: Desk) -> Finding:
    try:
        status = desk.league().status()
    except ArenaError as error:
        return Finding("bad", "league", error.cause, error.hint or "")
    held = f"{plural(status['agents'], 'agent')}, {plural(status['matches'], 'match', 'matches')}"
    told = f"{desk.path}: {held}, {status['size_bytes'] / 1e6:.1f} MB"
    if status["unfinished"]:
        return Finding(
            "warn", "league", f"{told}; season {status['unfinished']} was interrupted", desk.typed("season resume")
        )
    return Finding("ok", "league", told)
