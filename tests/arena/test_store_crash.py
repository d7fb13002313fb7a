"""A killed recorder loses nothing that was acknowledged, doubles nothing, and leaves a log that goes on."""

from __future__ import annotations

import random
import subprocess
import sys
import threading

import pytest

from arena.errors import LeagueHeld
from arena.match import Entrant
from arena.store import Store
from tests.arena.stored import GAME, found, killed, played, record


def test_a_recorder_killed_at_any_moment_leaves_a_prefix(tmp_path):
    league, chance = tmp_path / "league.db", random.Random(1)
    store, cast = found(league)
    store.close()
    results = played(cast, 4000)

    def go_on(say):
        with Store.open(league, write=True) as store:
            first = store.season(1).matches
            say(first)
            for start in range(first, len(results), 10):
                store.record(1, 1, results[start : start + 10])
                say(start + 10)

    for _ in range(20):
        said = killed(go_on, words=chance.randrange(1, 9), after=chance.random() * 0.02)
        with Store.open(league) as store:
            length = store.status()["matches"]
            assert int(said[-1]) <= length
            assert length % 10 == 0, "half a chunk"
            assert store.verify() == []
    assert 0 < length < len(results), "killed too early or too late to tell anything"
    with Store.open(league, write=True) as store:
        assert [row.result for row in store.results()] == results[:length]
        store.record(1, 1, results[length : length + 10])
        disturbed = store.digest()
    store, _ = found(tmp_path / "undisturbed.db")
    with store:
        record(store, results[: length + 10])
        assert store.digest() == disturbed


WRITER = """
import sys
from arena.match import Entrant
from arena.store import Store

with Store.open(sys.argv[1], write=True) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for n in range(25):
        store.register(Entrant(f"{sys.argv[2]}-{n}", "uniform()", "connect_four"))
"""


def test_two_processes_that_write_at_once_lose_nothing(tmp_path):
    store, _ = found(tmp_path / "league.db")
    with store:
        command = [sys.executable, "-c", WRITER, str(tmp_path / "league.db")]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        writers = [subprocess.Popen([*command, name], **pipes) for name in ("left", "right")]
        for writer in writers:
            assert writer.stdout.readline() == "ready\n"
        for writer in writers:
            writer.stdin.write("\n")
            writer.stdin.flush()
        assert [writer.communicate() and writer.returncode for writer in writers] == [0, 0]
        assert len(store.entrants(GAME)) == 4 + 50
        assert store.verify() == []


def test_a_foreign_lock_is_waited_for_and_said_once(tmp_path, monkeypatch):
    monkeypatch.setattr("arena.database.QUIET", 0.1)
    monkeypatch.setattr("arena.database._SLICE", 0.1)
    found(tmp_path / "league.db")[0].close()
    told = []
    with Store.open(tmp_path / "league.db", write=True, on_wait=told.append) as store:
        with Store.open(tmp_path / "league.db", write=True) as other:
            held, release = threading.Event(), threading.Event()

            def hold():
                with other._writing():
                    held.set()
                    release.wait(10)

            holder = threading.Thread(target=hold)
            holder.start()
            held.wait(10)
            threading.Timer(1.0, release.set).start()
            store.register(Entrant("patient", "uniform()", GAME))
            holder.join()
        assert len(told) == 1
        assert store.entrant("patient").name == "patient"


def test_waiting_ends_with_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("arena.database.PATIENCE", 0.3)
    monkeypatch.setattr("arena.database._SLICE", 0.1)
    store, _ = found(tmp_path / "league.db")
    with store, Store.open(tmp_path / "league.db", write=True) as other, store._writing():
        with pytest.raises(LeagueHeld, match="locked by another program"):
            other.retire("agent-0")
        assert len(other.entrants()) == 4  # reading never waits
