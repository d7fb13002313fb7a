"""A process's way to being a program: pipes, a folder of its own, the jail, and then it is somebody else.

python launch.py SCRATCH FAILING        the last part of the way, for one that is inside bubblewrap already
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from agents.program import guard, jail
from agents.program.plan import Ending, Plan

_PLAN = ".plan"  # how the plan gets into bubblewrap: a command line has room for few files
_PATH = "/usr/local/bin:/usr/bin:/bin"


def become(plan: Plan, scratch: str, stderr: int, failing: int) -> None:
    """The child's way to being the program; how it fails is told to `failing`, as an `Ending`, and it never returns."""
    try:
        os.setsid()
        os.dup2(stderr, 2)
        os.set_inheritable(2, True)
        if sys.platform.startswith("linux"):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # dies with its keeper
        for kind in (signal.SIGPIPE, signal.SIGCHLD, guard.SIGNAL):
            signal.signal(kind, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        os.chdir(scratch)
        if plan.jail.tier == "bubblewrap":
            Path(scratch, _PLAN).write_text(str(plan))
            os.set_inheritable(failing, True)
            inside = [sys.executable, "-I", "-S", __file__, scratch, str(failing)]
            os.execve(*_called(jail.wrapped(inside, scratch)), _environment(scratch))
        jail.enter(plan.jail, scratch)
    except OSError as error:
        _fail(failing, "machine", f"the jail cannot be built here: {error}")
    except BaseException as error:
        _fail(failing, "start", _told(error, plan))
    _execute(plan, scratch, failing)


def _inside(scratch: str, failing: int) -> None:
    """The rest of the way, inside bubblewrap."""
    os.set_inheritable(failing, False)
    os.write(failing, b"\n")  # so far it came
    note = Path(scratch, _PLAN)
    plan = Plan.read(note.read_text())
    note.unlink()
    try:
        jail.enter(plan.jail, scratch)
    except OSError as error:
        _fail(failing, "machine", f"the jail cannot be built here: {error}")
    except BaseException as error:
        _fail(failing, "start", _told(error, plan))
    _execute(plan, scratch, failing)


def _execute(plan: Plan, scratch: str, failing: int) -> None:
    try:
        os.execve(*_called(plan.words), _environment(scratch))
    except BaseException as error:
        _fail(failing, "start", _told(error, plan))


def _called(words: Sequence[str]) -> tuple[str, list[str]]:
    return words[0], list(words)


def _fail(failing: int, why: str, note: str) -> None:
    os.write(failing, str(Ending(why, note)).encode())
    os._exit(127)


def _told(error: BaseException, plan: Plan) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"{plan.words[0]} cannot be run: {said}"


def _environment(scratch: str) -> dict[str, str]:
    """Nothing of the league's: its environment may hold keys."""
    return {"PATH": _PATH, "HOME": scratch, "TMPDIR": scratch, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}


if __name__ == "__main__":
    _inside(sys.argv[1], int(sys.argv[2]))
