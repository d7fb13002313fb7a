"""One season at a time: exactly one holder, named to everybody else, and freed by its death."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from time import monotonic

import pytest

from arena.errors import LeagueHeld
from arena.lock import SeasonLock

RACER = """
import sys
from arena.errors import LeagueHeld
from arena.lock import SeasonLock

def say(*words):
    print(*words, flush=True)

say("ready")
while sys.stdin.readline():  # a line is a starting shot
    try:
        with SeasonLock(sys.argv[1]):
            say("won")
            sys.stdin.readline()  # holds until everybody has run
    except LeagueHeld as held:
        say("lost", held.cause)
        sys.stdin.readline()
    say("out")
"""


class Racer:
    """A process that runs for the lock at each shot."""

    def __init__(self, league):
        command = [sys.executable, "-c", RACER, str(league)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.hear() == "ready"

    def shoot(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def hear(self):
        return self.process.stdout.readline().strip()

    def kill(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def racers(tmp_path):
    started = [Racer(tmp_path / "league.db") for _ in range(4)]
    yield started
    for racer in started:
        racer.kill()


def test_of_racing_processes_exactly_one_wins_each_time(racers):
    for _ in range(40):
        for racer in racers:
            racer.shoot()
        words = [racer.hear() for racer in racers]
        assert sorted(word.split()[0] for word in words) == ["lost", "lost", "lost", "won"]
        for racer in racers:
            racer.shoot()
        assert {racer.hear() for racer in racers} == {"out"}


def test_the_refused_are_told_the_holder_at_once(racers, tmp_path):
    holder = racers[0]
    holder.shoot()
    assert holder.hear() == "won"
    began = monotonic()
    with pytest.raises(LeagueHeld, match=rf"league.db is held by process {holder.process.pid} on .+ since \d+-") as refused:
        SeasonLock(tmp_path / "league.db").__enter__()
    assert monotonic() - began < 1.0
    assert refused.value.exit_code == 4


def test_the_death_of_the_holder_frees_the_league_at_once(racers, tmp_path):
    for racer in racers:
        racer.shoot()
        assert racer.hear() == "won"
        racer.kill()
    with SeasonLock(tmp_path / "league.db"):
        pass


def test_a_second_lock_of_the_same_process_is_refused_too(tmp_path):
    with SeasonLock(tmp_path / "league.db"), pytest.raises(LeagueHeld, match=str(os.getpid())):
        SeasonLock(tmp_path / "league.db").__enter__()
    with SeasonLock(tmp_path / "league.db"):
        pass


def test_only_the_lock_counts_and_not_the_name_in_the_file(tmp_path):
    lock = SeasonLock(tmp_path / "league.db")
    assert lock.holder() is None
    name = f'{{"pid": {os.getpid()}, "host": "{socket.gethostname()}", "since": "ever"}}'
    lock.path.write_text(name)  # a dead holder's, whose number somebody living has now
    assert lock.holder() is None
    with lock:
        assert f"process {os.getpid()}" in SeasonLock(tmp_path / "league.db").holder()
        lock.path.write_text("")
        assert SeasonLock(tmp_path / "league.db").holder() == "another process"


FORKING = """
import os, sys, time
from arena.lock import SeasonLock

lock = SeasonLock(sys.argv[1])
lock.__enter__()
child = os.fork()
if child == 0:
    time.sleep(30)  # a worker that outlives its manager
print(child, flush=True)
os._exit(0)
"""


def test_a_forked_worker_does_not_keep_the_league_of_its_dead_manager(tmp_path):
    league = str(tmp_path / "league.db")
    manager = subprocess.Popen([sys.executable, "-c", FORKING, league], stdout=subprocess.PIPE, text=True)
    worker = int(manager.stdout.readline())
    manager.wait()
    try:
        with SeasonLock(league):
            pass
    finally:
        os.kill(worker, 9)
        manager.stdout.close()


def test_a_league_behind_a_link_is_the_same_league(tmp_path):
    (tmp_path / "league.db").touch()
    (tmp_path / "link.db").symlink_to("league.db")
    with SeasonLock(tmp_path / "league.db"), pytest.raises(LeagueHeld), SeasonLock(tmp_path / "link.db"):
        pass
