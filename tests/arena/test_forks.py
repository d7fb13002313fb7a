"""Where workers come from: what they need is there before they are, and imported while the manager does other things."""

from __future__ import annotations

import subprocess
import sys

from arena.workers import Workers
from tests.arena.labour import Imported

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


def test_a_worker_is_born_with_all_that_it_needs() -> None:
    with Workers(2, weights=lambda sha: b"") as workers:
        (there,) = workers.run([Imported(0, ("torch", "arena.chunk", "arena.cli"))])
    assert there == ("torch", "arena.chunk", "arena.cli")


def test_it_is_imported_elsewhere_and_can_be_asked_for_twice() -> None:
    subprocess.run([sys.executable, "-c", BEGINS], check=True, timeout=60)
