"""The guard: it stands behind a program's keeper, and tidies up after one that was killed.

The guard ends what a killed keeper has left, and a keeper whose guard was killed ends its program. Who kills both at once
leaves what a program's children are, and its scratch folder, until the next program starts (`scratch.sweep`). Runs in the
keeper's process, before it is one; without torch.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

from agents.program import descent
from agents.program.plan import Ending
from agents.program.scratch import Scratch

SIGNAL = signal.SIGUSR1  # what a keeper gets when its guard has died
_SUBREAPER, _DEATH_SIGNAL = 36, 1  # prctl
_PATIENCE = 0.8  # seconds for everybody to be gone


def part(scratch: Scratch, *, leash: int, tell: Callable[[Ending], None]) -> int:
    """Parts this process in two: the keeper, in which this answers its guard's id, and the guard, in which it never
    returns. Raises `OSError`."""
    become_subreaper()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a league may ignore its dead
    guard, keeper = os.getpid(), os.fork()
    if not keeper:
        _prctl(_DEATH_SIGNAL, SIGNAL)  # it has to wake up; that the guard is gone it sees by itself
        return guard
    os.close(leash)
    let_go_of_pipes()
    code = _reaped(keeper)
    if code:
        descent.end(keeper, within=_PATIENCE)
        scratch.remove()
        tell(Ending("machine", f"the keeper of a program {'was killed' if code < 0 else 'broke down'}{_by(code)}"))
    os._exit(0)


def _reaped(keeper: int) -> int:
    """The keeper's exit code, in the end; others who become our children meanwhile are let go at once."""
    while True:
        pid, status = os.wait()
        if pid == keeper:
            return os.waitstatus_to_exitcode(status)


def become_subreaper() -> None:
    """From now on the orphans among our descendants are our children."""
    _prctl(_SUBREAPER, 1)


def let_go_of_pipes() -> None:
    """Stdin and stdout are the program's alone, so that they end with it."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _by(code: int) -> str:
    return f" by {signal.Signals(-code).name}" if code < 0 else ""
