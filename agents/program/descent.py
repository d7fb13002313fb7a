"""A process and all that it has started: who they are, what they use, and their end.

Linux tells by /proc; elsewhere a process group is all there is. Imports nothing of ours.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Usage(NamedTuple):
    """What processes use together."""

    memory: int  # bytes that are resident, and the tables of their pages, which are memory as well
    tasks: int  # threads of all
    headless: frozenset[int]  # those whose first thread has ended before the others: they tell nothing any more


def usage(processes: Iterable[int]) -> Usage:
    """Of these processes together; nothing where this system does not tell."""
    memory = tasks = 0
    headless = set[int]()
    for pid in processes:
        with suppress(OSError, ValueError):
            told = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            threads = int(told["Threads"])
            tasks += threads
            memory += _kibibytes(told.get("VmRSS", "0 kB")) + _kibibytes(told.get("VmPTE", "0 kB"))
            if threads > 1 and told["State"].split()[0] == "Z":
                headless.add(pid)
    return Usage(memory, tasks, frozenset(headless))


def family(root: int) -> Iterator[int]:
    """A process and its descendants."""
    found = [root]
    while found:
        yield (one := found.pop())
        found += children(one)


def started() -> set[int]:
    """All that we have started and that lives. We must be their subreaper: then those are among them who went away to be
    nobody's children."""
    return set(family(os.getpid())) - {os.getpid()}


def lives(pid: int) -> bool:
    """Whether a process has not ended yet; one that nobody has reaped has."""
    try:
        return _words(f"/proc/{pid}/stat")[1] not in "ZX"
    except (OSError, IndexError):
        return False


def children(pid: int) -> list[int]:
    """The processes that one has started and that live, of all its threads; a subreaper's are its orphans as well."""
    try:
        return [
            int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
        ]
    except OSError:
        return _children_by_looking_around(pid)


def end(group: int, *, within: float) -> bool:
    """Kills all that we have started and reaps it; False where some are left after so many seconds.

    Where nobody can be a subreaper, their process group goes, and whoever left it stays.
    """
    last, known = time.monotonic() + within, list[int]()
    while True:
        if not Path("/proc/self").exists():
            with suppress(OSError):
                os.killpg(group, signal.SIGKILL)
        found = children(os.getpid())  # whose children are ours once they are dead
        for one in found:
            with suppress(OSError):
                os.kill(one, signal.SIGKILL)
        if _reaped(at_most=len(found) + 1):
            return True
        if time.monotonic() > last:
            return False
        if found == known:  # who forks and goes is faster than one who sleeps
            time.sleep(0.001)
        known = found


def _reaped(*, at_most: int) -> bool:
    """Takes leave of the dead, of so many: some die all the time; whether nobody is left."""
    try:
        for _ in range(at_most):
            if not os.waitpid(-1, os.WNOHANG)[0]:
                break
    except ChildProcessError:
        return True
    return False


def _kibibytes(told: str) -> int:
    """`12 kB` in bytes."""
    return int(told.split()[0]) << 10


def _words(path: str) -> list[str]:
    """The fields of a stat file behind the name, which may hold anything."""
    return ["", *Path(path).read_text().rpartition(")")[2].split()]


def _children_by_looking_around(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            if int(_words(str(entry / "stat"))[2]) == pid:
                found.append(int(entry.name))
    return found
