"""A small league to ask questions of, and two ways to type: in this process, and in one of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from arena.cli import main

ROOT = Path(__file__).parents[3]
PLUGINS = ROOT / "tests" / "plugins"
ARENA = Path(sys.executable).with_name("arena")
TINY = ("--rounds", "2", "--train", "40", "--games", "2", "--boards", "8", "--chunk", "4")
Type = Callable[..., Result]


def typed(league: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--league", str(league), *words])


@pytest.fixture(autouse=True)
def _a_quiet_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the tester's own, and a user's package within reach."""
    for name in [name for name in os.environ if name.startswith("ARENA_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(PLUGINS))


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A league of rock-paper-scissors after a season; only to be read."""
    league = tmp_path_factory.mktemp("played") / "league.db"
    for name, spec, role in [("alice", "ppo", "main"), ("rocky", "rock", "main"), ("anchor", "uniform", "anchor")]:
        done = typed(league, "register", name, spec, "--game", "rock_paper_scissors", "--role", role)
        assert done.exit_code == 0, done.output
    done = typed(league, "season", "run", "--game", "rock_paper_scissors", *TINY)
    assert done.exit_code == 0, done.output
    return league


@pytest.fixture
def league(played: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copy(played, tmp_path / "league.db"))


@pytest.fixture
def arena(tmp_path: Path) -> Type:
    """`arena ...` in this process, in a folder without a league."""
    return lambda *words: typed(tmp_path / "league.db", *words)


def environment(**more: str) -> dict[str, str]:
    """What a process of its own needs to find a user's package."""
    paths = os.pathsep.join([str(PLUGINS), str(ROOT)])  # of this very tree, whichever one is installed
    return {**os.environ, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1", **more}


@contextmanager
def started(*words: str, folder: Path, **more: str) -> Iterator[subprocess.Popen[str]]:
    """`arena ...` in a process group of its own, as a shell starts it; nothing of it outlives the test."""
    process = subprocess.Popen(
        [str(ARENA), *words],
        cwd=folder,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Reads what a process says on stderr until `words` come."""
    assert process.stderr
    heard = []
    for line in process.stderr:
        heard.append(line)
        if words in line:
            return
    raise AssertionError(f"never said {words!r}: {''.join(heard)}")
