"""Where worker processes come from: a process that imports what they need, once for all, and forks. Imports no torch."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext

# Also the command, since every worker imports whatever program began the season.
_NEEDED = ["arena.chunk", "arena.training", "agents.ppo", "agents.dqn", "arena.cli"]


def get_ready() -> ForkServerContext:
    """Begins to import it, unless that is done or under way, and goes on meanwhile. Answers what makes processes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_NEEDED)
    resource_tracker.ensure_running()  # by itself: where it is begun inside, it hears again, and so do we
    with _deaf():
        forkserver.ensure_running()
    return context


@contextmanager
def _deaf() -> Iterator[None]:
    """Whoever is born inside hears no Ctrl-C, which is the manager's to handle, from its first moment on; one that comes
    meanwhile is heard at the end, or at once where there is another thread to hear it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
