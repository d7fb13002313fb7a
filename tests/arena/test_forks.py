"""Where workers come from: what they need is there before they are, and imported while the manager does other things."""

from __future__ import annotations

import subprocess
import sys

from arena.workers import Workers
from tests.arena.labour import Hearing, Imported

BEGINS = """
import sys
from multiprocessing import forkserver
from arena import forks

assert "torch" not in sys.modules
forks.get_ready()
assert "torch" not in sys.modules
assert forkserver._forkserver._forkserver_pid
forks.get_ready()
"""

STRUCK = """
import os, signal
from multiprocessing import forkserver
from arena import forks

real, there = forkserver.ensure_running, []

def struck():
    os.kill(os.getpid(), signal.SIGINT)
    real()
    there.append(forkserver._forkserver._forkserver_pid)

forkserver.ensure_running = struck
try:
    forks.get_ready()
except KeyboardInterrupt:
    assert there  # it was let come to its end
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
else:
    raise SystemExit("the interrupt was lost")
with open(f"/proc/{there[0]}/status") as status:
    told = dict(line.split(":") for line in status)
assert (int(told["SigBlk"], 16) | int(told["SigIgn"], 16)) & 1 << signal.SIGINT - 1
"""


def test_a_worker_is_born_with_all_that_it_needs() -> None:
    with Workers(2, weights=lambda sha: b"") as workers:
        (there,) = workers.run([Imported(0, ("torch", "arena.chunk", "arena.cli"))])
    assert there == ("torch", "arena.chunk", "arena.cli")


def test_it_is_imported_elsewhere_and_can_be_asked_for_twice() -> None:
    subprocess.run([sys.executable, "-c", BEGINS], check=True, timeout=60)


def test_an_interrupt_while_it_begins_is_heard_when_it_has_begun() -> None:
    subprocess.run([sys.executable, "-c", STRUCK], check=True, timeout=60)


def test_a_worker_ignores_interrupts_and_what_it_starts_need_not() -> None:
    with Workers(2, weights=lambda sha: b"") as workers:
        assert [*workers.run([Hearing(0), Hearing(1)])] == [(True, True)] * 2
