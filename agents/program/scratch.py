"""A program's scratch folder: made for it, measured while it runs, and taken away with it. What those have left who could
not tidy up, whoever starts next takes away.

What counts is what takes room on the disk, whether it has a name or not: a file that was deleted lives on for as long as a
process holds it open or has it in its memory. Linux tells by /proc. Imports nothing of ours but `descent`.
"""

from __future__ import annotations

import fcntl
import os
import re
import signal
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from agents.program import descent

LIMIT = 128 << 20  # bytes
LARGEST_FILE = 64 << 20  # bytes
_BLOCK = 64 << 10  # bytes that each file counts at least
_AT_ONCE = 8  # folders that a start takes away: it has a program to start
_PASSES = 10  # over all processes, until none is left there
_OLD = 60.0  # seconds; a younger folder may be about to be locked
_NAME = re.compile(r"arena-(\d+)-(\d+)")  # its maker's id, and when it was made, in ns since the machine started
_TAKEN_AWAY = 'rm -rf -- "$0" || { chmod -R u+rwx -- "$0"; rm -rf -- "$0"; }'


class Scratch:
    """A folder of its own, locked for as long as this process, or one that it forks, lives. Raises `OSError` where there is
    no room for one."""

    def __init__(self) -> None:
        place = os.environ.get("TMPDIR", "/tmp")
        sweep(place)
        folder = f"{place}/arena-{os.getpid()}-{time.monotonic_ns()}"
        try:
            os.mkdir(folder, 0o700)
            self._lock = _locked(folder)
        except OSError as error:  # told without a name that is never the same
            raise OSError(error.errno, error.strerror, place) from None
        self.path = os.path.realpath(folder)

    def overfull(self, holders: Collection[int]) -> str | None:
        """What is too much in it, with what these processes hold; None where it is not."""
        named = self._named()
        if named is None:
            return "a folder that cannot be looked into in its scratch folder"
        held = dict[int, int]()  # inode -> bytes
        for pid in holders:
            try:
                self._add_open(pid, held)
                self._add_mapped(pid, held)
            except PermissionError:
                if descent.lives(pid):
                    return "a process that does not let its open files be seen"
            except OSError:
                pass  # it has ended
        if named + sum(held.values()) > LIMIT:
            return f"more than {LIMIT >> 20} MiB in its scratch folder"
        return None

    def remove(self) -> None:
        """Takes it away, however deep it is and whatever its modes are; nobody waits for it."""
        _remove(self.path)

    def _named(self) -> int | None:
        """Bytes of all files with a name; a look at so many that they are too much ends there. None: it cannot be told."""
        total, folders = 0, [self.path]
        while folders and total <= LIMIT:
            try:
                with os.scandir(folders.pop()) as entries:
                    for entry in entries:
                        with suppress(FileNotFoundError):
                            total += _room(entry.stat(follow_symlinks=False))
                            folders += [entry.path] if entry.is_dir(follow_symlinks=False) else []
            except FileNotFoundError:
                pass  # deleted meanwhile
            except OSError:  # too deep for a path, or not to be read
                return None
        return total

    def _add_open(self, pid: int, held: dict[int, int]) -> None:
        """Deleted files that a process has open."""
        for descriptor in os.listdir(f"/proc/{pid}/fd"):
            with suppress(FileNotFoundError):
                path = f"/proc/{pid}/fd/{descriptor}"
                if os.readlink(path).startswith(f"{self.path}/"):
                    told = os.stat(path)
                    held |= {} if told.st_nlink else {told.st_ino: _room(told)}

    def _add_mapped(self, pid: int, held: dict[int, int]) -> None:
        """Deleted files that a process has in its memory, and nowhere else; how large they are only root is told."""
        with open(f"/proc/{pid}/maps", errors="replace") as maps:
            for line in maps:
                if f" {self.path}/" in line and line.endswith(" (deleted)\n"):
                    where, _, _, _, inode = line.split(maxsplit=5)[:5]
                    if int(inode) not in held:
                        held[int(inode)] = _room_of_mapped(f"/proc/{pid}/map_files/{where}")


def sweep(place: str) -> None:
    """Takes away the folders that nobody keeps any more, and ends the programs' children that live on in them."""
    folders = set(islice(_left(place), _AT_ONCE))
    for _ in range(_PASSES if folders else 0):
        if not (alive := list(_at_home_in(folders))):
            break
        for pid in alive:  # one that was forked meanwhile is met at the next pass
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
    for folder in folders:
        _remove(folder)


def _left(place: str) -> Iterator[str]:
    """Ours that are locked no more, and whose maker is dead."""
    with suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            if (name := _NAME.fullmatch(entry.name)) and not descent.lives(int(name[1])) and _old(int(name[2])):
                with suppress(OSError):  # a link, locked, or gone
                    if entry.stat(follow_symlinks=False).st_uid == os.geteuid():
                        os.close(_locked(entry.path))
                        yield os.path.realpath(entry.path)


def _old(made: int) -> bool:
    """Whether it was made a while ago, or before the machine was started anew."""
    return not 0 <= time.monotonic_ns() - made < _OLD * 1e9


def _at_home_in(folders: Collection[str]) -> Iterator[int]:
    """Processes that began with one of these as their home, as programs do; who is jailed cannot look like another's."""
    homes = {f"HOME={folder}".encode() for folder in folders}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if not homes.isdisjoint((entry / "environ").read_bytes().split(b"\0")):
                yield int(entry.name)


def _locked(folder: str) -> int:
    """A descriptor that locks a folder until it is closed, by all who have it. Raises `OSError` where somebody else has."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _remove(folder: str) -> None:
    os.posix_spawn("/bin/sh", ["sh", "-c", _TAKEN_AWAY, folder], {"PATH": os.defpath})


def _room(told: os.stat_result) -> int:
    return max(_BLOCK, told.st_size, 512 * told.st_blocks)


def _room_of_mapped(path: str) -> int:
    try:
        return _room(os.stat(path))
    except OSError:
        return LARGEST_FILE
