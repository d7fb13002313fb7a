"""The keeper: a small process between the league and a program.

It locks the program in, watches what it uses, listens to its stderr, and ends it with all that it has started. Whatever
becomes of the league, the program goes with it. What becomes of the keeper itself is its guard's to see.

    python keeper.py LEASH STATUS

LEASH is a descriptor that begins with the plan, a line, and ends when the program is to end. To STATUS goes one JSON object
when it has. Stdin and stdout are the program's own. Runs by itself, without torch, and starts in some 20 ms.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from agents.program import descent, guard
from agents.program.launch import become
from agents.program.plan import Ending, Plan
from agents.program.scratch import Scratch

TASKS = 256  # threads and processes of a program
_LOOK = 0.02  # seconds between two looks at what it uses
_LOOKS = 25  # looks between two at its scratch folder, which takes longer
_TAIL = 2000  # bytes of stderr that are kept
_TALK = 1 << 20  # bytes of stderr in a second, and at once
_PATIENCE = 0.8  # seconds for everybody to be gone


class Keeper:
    """Keeps one program, from its start on. Raises `OSError` where this machine cannot start any."""

    def __init__(self, plan: Plan, scratch: Scratch, *, leash: int, parent: int) -> None:
        self.plan, self.scratch, self.leash, self.parent = plan, scratch, leash, parent
        self.tail, self.allowance, self.spoke = b"", float(_TALK), time.monotonic()
        guard.become_subreaper()
        self.woken = _wake_on_death()
        (self.errors, stderr), (self.failed, failing) = os.pipe(), os.pipe()
        self.headless = frozenset[int]()  # at the last look
        self.pid = os.fork()
        if self.pid == 0:
            become(self.plan, self.scratch.path, stderr, failing)
        os.close(stderr)
        os.close(failing)
        for reading in (self.errors, self.failed):
            os.set_blocking(reading, False)
        guard.let_go_of_pipes()

    def keep(self) -> Ending:
        """Waits until it is over, by itself or not; `end` is still to come."""
        ending = self._watch()
        self._hear()
        return replace(ending, stderr=self.tail.decode(errors="replace"))

    def end(self) -> None:
        """Kills what is left of it, and takes away its scratch folder."""
        descent.end(self.pid, within=_PATIENCE)
        self.scratch.remove()

    def _watch(self) -> Ending:
        poll, looks = select.poll(), 0
        for descriptor in (self.leash, self.errors, self.woken):
            poll.register(descriptor, select.POLLIN)
        due = time.monotonic() + _LOOK
        while True:
            ready = dict(poll.poll(max(0.0, 1000 * (due - time.monotonic()))))
            if self.leash in ready:
                return Ending("told", "ended by the league")
            if self.errors in ready and not self._hear():
                poll.unregister(self.errors)
            if os.getppid() != self.parent:
                return Ending("machine", "the guard of a program was killed")
            if self.allowance < 0:
                return Ending("flood", f"more than {_TALK:,} bytes a second on stderr")
            if gone := self._gone():
                return gone
            if time.monotonic() >= due:
                due, looks = time.monotonic() + _LOOK, looks + 1
                if told := self._look(looks):
                    return told

    def _gone(self) -> Ending | None:
        """The end of the program itself; those who came to us as orphans are reaped on the way."""
        with suppress(BlockingIOError):
            os.read(self.woken, 4096)
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == self.pid:
                return self._exited(os.waitstatus_to_exitcode(status))
            if pid == 0:
                return None

    def _exited(self, code: int) -> Ending:
        way = b""
        with suppress(BlockingIOError):  # the program itself has no hand on this pipe
            way = os.read(self.failed, 4096)
        if why := way.strip():
            return Ending.read(why)
        if self.plan.jail.tier == "bubblewrap" and not way:
            return Ending("machine", "bubblewrap starts nothing here")
        said = f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
        self._hear()
        if any(words in self.tail for words in _OUT_OF_MEMORY):
            return Ending("memory", f"out of memory ({self.plan.jail.memory >> 20:,} MiB), {said}")
        return Ending("exit", said)

    def _look(self, looks: int) -> Ending | None:
        started = descent.started()  # those as well that went away to be nobody's children
        memory, tasks, headless = descent.usage(started)
        if memory > self.plan.jail.memory:
            return Ending("memory", f"more than {self.plan.jail.memory >> 20:,} MiB of memory")
        if tasks > TASKS:
            return Ending("flood", f"more than {TASKS} threads and processes")
        if headless & self.headless:  # for a moment everybody is who ends
            return Ending("flood", "its first thread ended before the others, so that nobody can tell what it uses")
        self.headless = headless
        if looks % _LOOKS == 0 and (much := self.scratch.overfull(self._jailed(started))):
            return Ending("flood", much)
        return None

    def _jailed(self, started: set[int]) -> set[int]:
        """Those who may write to the scratch folder alone. Bubblewrap's own two processes are not to be looked into."""
        match self.plan.jail.tier:
            case "trusted":
                return set()
            case "bubblewrap":
                return started - {self.pid, *descent.children(self.pid)}
        return started

    def _hear(self) -> bool:
        """Reads what stderr holds, and keeps its end; False when nobody will speak any more."""
        now = time.monotonic()
        self.allowance = min(_TALK, self.allowance + _TALK * (now - self.spoke))
        self.spoke = now
        with suppress(BlockingIOError):
            while said := os.read(self.errors, 65536):
                self.tail = (self.tail + said)[-_TAIL:]
                self.allowance -= len(said)
                if self.allowance < 0:
                    return True
            return False
        return True


# What the runtimes of common languages say when there is no more memory.
_OUT_OF_MEMORY = (
    b"MemoryError",
    b"bad_alloc",
    b"heap out of memory",
    b"OutOfMemoryError",
    b"out of memory",
    b"Cannot allocate memory",
    b"memory allocation of",
)


def _wake_on_death() -> int:
    """A descriptor that can be read when a child, or the guard, has died."""
    woken, waking = os.pipe()
    for end in (woken, waking):
        os.set_blocking(end, False)
    for death in (signal.SIGCHLD, guard.SIGNAL):
        signal.signal(death, lambda *_: None)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    return woken


def _line(descriptor: int) -> str:
    said = b""
    while not said.endswith(b"\n"):
        more = os.read(descriptor, 1 << 16)
        if not more:
            sys.exit("nobody is there")
        said += more
    return said.decode()


def main(arguments: list[str]) -> None:
    """See above."""
    leash, status = map(int, arguments)
    for descriptor in (leash, status):
        os.set_inheritable(descriptor, False)

    def tell(ending: Ending) -> None:
        with suppress(OSError):  # nobody may be left to hear it
            os.write(status, str(ending).encode())

    scratch = None
    try:
        plan = Plan.read(_line(leash))
        scratch = Scratch()
        keeper = Keeper(plan, scratch, leash=leash, parent=guard.part(scratch, leash=leash, tell=tell))
    except OSError as error:
        tell(Ending("machine", f"no program can be started here: {error}"))
        if scratch:
            scratch.remove()
        return
    try:
        tell(keeper.keep())
    finally:
        keeper.end()


if __name__ == "__main__":
    main(sys.argv[1:])
