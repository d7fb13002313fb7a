"""What the league holds of a program's keeper: who lets go of it, or forgets it, ends the program.

leash = Leash()
keeper = subprocess.Popen(leash.command, pass_fds=leash.theirs, start_new_session=True, ...)
leash.begin(plan)
"""

from __future__ import annotations

import os
import select
import sys
import time
from contextlib import suppress
from pathlib import Path
from weakref import finalize

from agents.errors import Fault, MachineFault, Reason
from agents.program.plan import Ending, Plan

_KEEPER = Path(__file__).with_name("keeper.py")
_REASONS: dict[str, Reason] = {"memory": "memory", "flood": "flood"}  # by why it ended; the others are crashes
_LOUDEST = 200  # characters of its stderr that a note shows
_READ = 64 * 1024  # bytes at once


class Leash:
    """Two pipes, to a keeper that is still to be started and from it. Raises `MachineFault` where none are to be had."""

    def __init__(self) -> None:
        ends: list[int] = []
        try:
            ends += os.pipe()
            ends += os.pipe()
        except OSError as error:
            _close(*ends)
            raise MachineFault(f"no program can be started here: {error}") from error
        leash, self._leash, self._status, status = ends
        self.command = [sys.executable, "-I", "-S", str(_KEEPER), str(leash), str(status)]
        self.theirs = (leash, status)
        self._hand_over = finalize(self, _close, *self.theirs)
        self._let_go = finalize(self, _close, self._leash)
        self._hear_no_more = finalize(self, _close, self._status)

    def begin(self, plan: Plan) -> None:
        """Tells the keeper, which has been started, what to start. Where it ended at once, that shows later."""
        self._hand_over()
        with suppress(BrokenPipeError), open(self._leash, "wb", closefd=False) as beginning:
            beginning.write(f"{plan}\n".encode())

    def told(self, seconds: float) -> Ending | None:
        """What the keeper says of the program's end; None where it has not come in so many seconds."""
        if not self._readable(seconds):
            return None
        said = os.read(self._status, _READ)  # one write, smaller than a pipe, comes as one
        try:
            return Ending.read(said)
        except (ValueError, TypeError):
            return Ending("machine", "the keeper of a program ended without a word")

    def fileno(self) -> int:
        """What can be read when the program, or its keeper, has ended."""
        return self._status

    def let_go(self) -> None:
        """Ends the program, and all that it has started."""
        self._let_go()

    def gone(self, seconds: float) -> bool:
        """Whether the keeper, and so all that it kept, is gone within so many seconds."""
        last = time.monotonic() + seconds
        while self._readable(last - time.monotonic()):
            if not os.read(self._status, _READ):
                return True
        return False

    def close(self) -> None:
        """Lets go of all of it."""
        for end in (self._hand_over, self._let_go, self._hear_no_more):
            end()

    def _readable(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._status, select.POLLIN)
        return bool(poll.poll(max(0.0, 1000 * seconds)))


def meant(ending: Ending) -> Fault | MachineFault:
    """What the end of a program says of it, or of this machine."""
    if ending.why == "machine":
        return MachineFault(ending.note)
    last = "".join(letter if letter.isprintable() else " " for letter in " ".join(ending.stderr.split()))[-_LOUDEST:]
    return Fault(_REASONS.get(ending.why, "crash"), ending.note + (f": {last}" if last else ""))


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
