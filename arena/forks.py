"""Where worker processes come from: a process that imports what they need, once for all, and forks. Imports no torch."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

# Also the command, since every worker imports whatever program began the season.
_NEEDED = ["arena.chunk", "arena.training", "agents.ppo", "agents.dqn", "arena.cli"]


def get_ready() -> ForkServerContext:
    """Begins to import it, unless that is done or under way, and goes on meanwhile. Answers what makes processes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_NEEDED)
    with _deaf():
        forkserver.ensure_running()
    return context


@contextmanager
def _deaf() -> Iterator[None]:
    """Whoever is born inside ignores Ctrl-C, which is the manager's to handle, from its first moment on."""
    if threading.current_thread() is not threading.main_thread():  # which alone may say so
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
