"""Ctrl-C once and twice, in processes of their own, as a terminal sends it: to the whole group."""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from arena import seals
from arena.cli import guard
from arena.cli.guard import two_strikes
from tests.arena.cli.conftest import started, typed, wait_for

GAME = ("--game", "tic_tac_toe")
LOADED = 3  # the promises are 2 s and 0.5 s; a machine that runs other tests beside is slower


@pytest.fixture
def sleepy(tmp_path: Path) -> Path:
    """A league of two bots that take their time until the file `awake` is there."""
    league = tmp_path / "league.db"
    flag, awake = str(tmp_path / "now"), str(tmp_path / "awake")
    typed(league, "register", "sleepy", f"my_bots:Sleepy({flag!r}, awake={awake!r})", *GAME)
    typed(league, "register", "deaf", f"my_bots:Sleepy({flag!r}, seconds=20, deaf=True, awake={awake!r})", *GAME)
    typed(league, "register", "lefty", "my_bots:leftmost", *GAME)
    Path(flag).touch()
    return league


def nobody_is_left(group: int) -> bool:
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(("workers", "number"), [("1", signal.SIGINT), ("2", signal.SIGINT), ("1", signal.SIGTERM)])
def test_once_keeps_what_is_recorded_and_says_how_to_go_on(sleepy: Path, workers: str, number: int) -> None:
    settings = ("--rounds", "3", "--games", "40", "--chunk", "2", "--workers", workers)
    with started("season", "run", *GAME, "sleepy", "lefty", *settings, folder=sleepy.parent) as process:
        wait_for(process, "played 4/")
        struck = time.monotonic()
        os.killpg(process.pid, number)
        said = process.communicate(timeout=20)[1]
        assert time.monotonic() - struck < 2 * LOADED
        assert nobody_is_left(process.pid)
    assert process.returncode == 130
    assert said.endswith("interrupted; everything that was recorded stays\ngo on with: arena season resume 1\n")
    assert "Traceback" not in said
    kept = json.loads(typed(sleepy, "db", "status", "--json").stdout)["status"]
    assert kept["matches"] >= 4
    assert kept["unfinished"] == 1
    other = typed(sleepy, "season", "run", *GAME, "--rounds", "9")
    assert other.exit_code == 4
    assert "finish it: arena season resume 1" in other.stderr
    (sleepy.parent / "awake").touch()
    assert typed(sleepy, "season", "resume", "1").exit_code == 0
    assert json.loads(typed(sleepy, "db", "status", "--json").stdout)["status"]["matches"] == 3 * 40


def test_twice_leaves_at_once(sleepy: Path) -> None:
    with started("season", "run", *GAME, "deaf", "lefty", "--rounds", "1", folder=sleepy.parent) as process:
        wait_for(process, "asleep")
        process.send_signal(signal.SIGINT)
        wait_for(process, "not now")
        struck = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[1]
        assert time.monotonic() - struck < 0.5 * LOADED
    assert process.returncode == 130
    assert "Traceback" not in said
    assert typed(sleepy, "db", "verify").exit_code == 0


def import_and_go_on(name: str) -> None:
    importlib.import_module(name)
    time.sleep(10)


STRUCK = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\n"


def test_an_import_comes_to_its_end_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What C imports is lost where it is interrupted, and so is the interrupt."""
    (tmp_path / "slow_to_load.py").write_text(STRUCK + "time.sleep(0.1)\nloaded = True\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with two_strikes(), pytest.raises(KeyboardInterrupt):
        import_and_go_on("slow_to_load")
    assert sys.modules["slow_to_load"].loaded


def test_an_import_without_end_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "never_loaded.py").write_text(STRUCK + "time.sleep(10)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(guard, "_PATIENCE", 0.1)
    with two_strikes(), pytest.raises(KeyboardInterrupt):
        importlib.import_module("never_loaded")


def test_an_interrupt_that_waits_ends_with_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loaded_at_last.py").write_text(STRUCK)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(guard, "_AGAIN", 60.0)
    former = signal.getsignal(signal.SIGALRM)
    with two_strikes():
        importlib.import_module("loaded_at_last")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is former


def strike() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)


def strike_unheard() -> None:
    with suppress(BaseException):
        strike()
    time.sleep(10)


def test_an_interrupt_that_somebody_swallows_comes_again() -> None:
    with two_strikes(), pytest.raises(KeyboardInterrupt):
        strike_unheard()


def test_who_is_interrupted_may_take_its_time_to_end() -> None:
    ended = []

    def in_good_order() -> None:
        try:
            strike()
        finally:
            time.sleep(4 * guard._LATER)
            ended.append(True)

    with two_strikes(), pytest.raises(KeyboardInterrupt):
        in_good_order()
    assert ended


def test_whoever_strikes_while_it_is_said_how_a_command_ended_sees_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "complain", lambda *said, **how: strike())
    assert typed(tmp_path / "league.db", "leaderboard").exit_code == 130


def test_a_seal_comes_to_its_end_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite, which calls it, would make of an interrupt that "user-defined function raised exception"."""
    digest = seals.blake2b

    def struck(*given: Any, **named: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return digest(*given, **named)

    def seal() -> None:
        assert len(db.execute("SELECT arena_seal(1)").fetchone()[0]) == 16
        time.sleep(10)

    with closing(sqlite3.connect(":memory:")) as db:
        seals._teach(db)
        monkeypatch.setattr(seals, "blake2b", struck)
        with two_strikes(), pytest.raises(KeyboardInterrupt):
            seal()


@pytest.fixture
def alarm() -> Iterator[list[int]]:
    """The signals that an alarm of somebody else's has heard, which would not ring for a minute."""
    heard: list[int] = []
    former = signal.signal(signal.SIGALRM, lambda number, frame: heard.append(number))
    signal.setitimer(signal.ITIMER_REAL, 60.0)
    yield heard
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, former)


def test_an_alarm_of_somebody_elses_is_no_interrupt(alarm: list[int]) -> None:
    with two_strikes():
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        time.sleep(0.1)
    assert alarm == [signal.SIGALRM]


def test_an_alarm_that_an_interrupt_took_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alarm: list[int]
) -> None:
    (tmp_path / "waited_for.py").write_text(STRUCK + "time.sleep(0.1)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with two_strikes(), pytest.raises(KeyboardInterrupt):
        import_and_go_on("waited_for")
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 30
    os.kill(os.getpid(), signal.SIGALRM)
    assert alarm == [signal.SIGALRM]


def test_the_database_library_tells_nobody_of_an_interrupt(sleepy: Path) -> None:
    typed(sleepy, "agents", "list")
    assert not logging.getLogger("sqlalchemy.pool").isEnabledFor(logging.ERROR)
