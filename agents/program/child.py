"""A running program: its pipes, one deadline for what it is to say, and its end. Memory is bounded whatever it does.

child = Child(Plan(command.words, jail))
said = child.listen(deadline, speak=iter([b'{"type": "move", ...}\\n']))
child.end()
"""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from agents.errors import Fault, MachineFault
from agents.program.leash import Leash, meant
from agents.program.plan import Ending, Plan
from agents.program.wire import LONGEST, shown

_READ = 64 * 1024  # bytes at once
_AHEAD = 64 * 1024  # bytes that wait to be written; more are not asked for
_FAREWELL = 0.25  # seconds for a program to leave by itself
_GRACE = 0.08  # seconds between the end of its stdout and its own
_PATIENCE = 1.0  # seconds for the keeper to say how it ended
_REAPED = 5.0  # seconds for it to be gone, which takes some hundredths


@dataclass(eq=False)
class Child:
    """A program that runs until `end`. Raises `MachineFault` where none can be started."""

    plan: Plan
    heard: bytes = field(default=b"", init=False)  # what it said and nobody has read yet
    unsaid: bytes | memoryview = field(default=b"", init=False)  # what it is still to be told
    ending: Ending | None = field(default=None, init=False)
    _closed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._leash = Leash()
        try:
            self._keeper = subprocess.Popen(
                self._leash.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=self._leash.theirs,
                start_new_session=True,  # Ctrl-C is the league's to handle
                bufsize=0,
            )
        except OSError as error:
            self._leash.close()
            raise MachineFault(f"no program can be started here: {error}") from error
        assert self._keeper.stdin
        assert self._keeper.stdout
        self._in, self._out = self._keeper.stdin.fileno(), self._keeper.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._leash.begin(self.plan)
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._poll.register(self._leash, select.POLLIN)
        self._writing = False

    def listen(self, deadline: float, speak: Iterator[bytes]) -> bytes:
        """The next line that it says, telling it meanwhile what `speak` gives. The deadline is by `time.monotonic`.

        Raises `Fault`: `timeout`, `flood` for a line that never ends, and how it ended where it did; `MachineFault` where
        that was no fault of its own.
        """
        self._talk(speak)
        while (line := self._line()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Fault("timeout", f"got {shown(self.heard)} and no end of the line" if self.heard else "got nothing")
            ready = dict(self._poll.poll(1000 * left))
            if self._leash.fileno() in ready and self._out not in ready:  # who still holds its stdout has no say
                raise self._fault(deadline)
            self._hear(deadline)
            if self.unsaid:
                self._talk(speak)
        return line

    def ahead(self) -> bytes:
        """What it has said without being asked."""
        if not self.heard:
            with suppress(Fault, MachineFault):  # its end shows when something is wanted of it
                self._hear(time.monotonic())
        return self.heard

    def tell(self, message: bytes) -> None:
        """Tells it something that wants no answer, in so far as it listens; what does not go at once goes first later."""
        if len(self.unsaid) < _AHEAD:
            self.unsaid = bytes(self.unsaid) + message
            self._talk(iter(()))

    def end(self, *, politely: bool = False) -> Ending:
        """Ends it and all that it has started. `politely`: it may leave by itself, now that nobody will ask it any more."""
        if not self._closed:
            self._closed = True
            assert self._keeper.stdin
            assert self._keeper.stdout
            self._keeper.stdin.close()
            if politely and self.ending is None:
                self.ending = self._leash.told(_FAREWELL)
            self._leash.let_go()
            if self.ending is None:
                self.ending = self._leash.told(_PATIENCE)
            self._keeper.stdout.close()
            self._reap()
            self._leash.close()
        return self.ending or Ending("told", "its keeper did not answer")

    def _talk(self, speak: Iterator[bytes]) -> None:
        """Writes as much as it will take now."""
        while True:
            if not self.unsaid:
                message = next(speak, None)
                if message is None:
                    break
                self.unsaid = message
            try:
                written = os.write(self._in, self.unsaid)
            except BlockingIOError:
                break
            except OSError:  # it listens no more; its end, or its silence, shows in due course
                self.unsaid = b""
                break
            self.unsaid = memoryview(self.unsaid)[written:] if written < len(self.unsaid) else b""
        if bool(self.unsaid) != self._writing:
            self._writing = bool(self.unsaid)
            self._poll.register(self._in, select.POLLOUT) if self._writing else self._poll.unregister(self._in)

    def _line(self) -> bytes | None:
        """The next line that it has said; None where it has not come to its end. Raises `Fault` for one that never will."""
        line, newline, rest = self.heard.partition(b"\n")
        if len(line) > LONGEST:
            raise Fault("flood", f"got a line of more than {LONGEST:,} bytes: {shown(line)}")
        if not newline:
            return None
        self.heard = rest
        return line

    def _hear(self, deadline: float) -> None:
        try:
            said = os.read(self._out, _READ)
        except BlockingIOError:
            return
        if not said:
            raise self._fault(deadline)
        self.heard += said

    def _fault(self, deadline: float) -> Fault | MachineFault:
        """What its end means. It has closed its stdout: that is the end, whether it goes on or not."""
        self.ending = self._leash.told(max(_GRACE, deadline - time.monotonic()))
        fault = meant(self.ending or Ending("exit", "it closed its stdout"))
        return Fault(fault.reason, f"but it ended: {fault.note}") if isinstance(fault, Fault) else fault

    def _reap(self) -> None:
        if not self._leash.gone(_REAPED):
            self._keeper.kill()
        self._keeper.wait()
