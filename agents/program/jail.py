"""What a jailed program may touch: its own files and the system's to read, a scratch folder to write, and nothing else.

Three tiers, each with the honest word that a match's row keeps:

    bubblewrap   namespaces around it (no network, no other process in sight), and inside them what follows
    landlock     rights, files, signals and system calls taken away for good: Landlock, seccomp, rlimits, no new privileges
    trusted      rlimits only: somebody said --trust

The first two keep secrets and stop attacks on files, network and other processes. None is a virtual machine: a hole in the
kernel is a hole in them. Imports no torch; `enter` runs in the keeper's child, which becomes the program.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from agents.program import landlock, seccomp
from agents.program.scratch import LARGEST_FILE

Tier = Literal["bubblewrap", "landlock", "trusted"]

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix/store", "/gnu/store")
_SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "alternatives", "ssl/openssl.cnf")  # of /etc
_FACTS = ("/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/version", "/sys/devices/system/cpu")
_MACHINE = ("/etc", "/proc", "/sys", "/dev", "/run", "/boot")  # nobody's bot lies there
_SHARED = ("/tmp", "/var/tmp", "/home", "/root")
_DEVICES = {"/dev/null": landlock.WRITE, **dict.fromkeys(("/dev/zero", "/dev/urandom", "/dev/random"), landlock.READ)}
_INSTALLED = ("bin", "lib", "lib64", "libexec", "pyvenv.cfg")  # of an interpreter's own folder
_DATABASE = b"SQLite format 3\0"
_MOST = 5000  # files beside a program that it may read

_OPEN_FILES = 256
_CAPABILITIES, _BOUNDING, _AMBIENT = 64, 24, 47  # at most so many; prctl
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Jail:
    """Everything that is decided before a program starts. Goes to the keeper as JSON."""

    tier: Tier
    memory: int  # bytes
    forks: bool  # whether it may start processes of its own
    reads: tuple[str, ...]  # paths of the user's
    lists: tuple[str, ...]  # folders of the user's in which it may see the names of files

    @classmethod
    def around(cls, files: Sequence[Path], *, tier: Tier, memory: int, forks: bool) -> Jail:
        """A jail for a program that is made of these files."""
        seen = dict.fromkeys(path for file in files for path in _seen_from(file))
        folders = dict.fromkeys([path.parent for path in seen] + [file for file in files if file.is_dir()])
        lists = [str(folder) for folder in folders if not _common_ground(folder)]
        return cls(tier, memory, forks, tuple(map(str, seen)), tuple(lists))


@cache
def best() -> Tier | None:
    """The closest jail that this machine can build; None where it has none worth the name."""
    if not sys.platform.startswith("linux") or not landlock.version() or not seccomp.available():
        return None
    return "bubblewrap" if _bubblewrap_works() else "landlock"


def lacking() -> str:
    """Why there is no jail here, in words."""
    if not sys.platform.startswith("linux"):
        return f"{sys.platform} has neither Landlock nor seccomp"
    if not landlock.version():
        return "the kernel has no Landlock (Linux 5.13 and `landlock` in lsm=), or this container hides it"
    return "system calls cannot be filtered here"


def wrapped(words: Sequence[str], scratch: str) -> list[str]:
    """A command inside bubblewrap: everything is there to be read, and Landlock, inside, says what may be."""
    shown = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--bind", scratch, scratch]
    return [_bubblewrap() or "", "--unshare-all", "--die-with-parent", "--new-session", *shown, "--chdir", scratch, *words]


def enter(jail: Jail, scratch: str) -> None:
    """Locks this process in, for good: what it executes next is jailed. Raises `OSError`."""
    _limit(jail)
    if jail.tier == "trusted":
        return
    _give_up_rights()
    _LIBC.prctl(38, 1, 0, 0, 0)  # no new privileges: no setuid program helps it out
    rules = [*_common(), *((path, landlock.READ) for path in jail.reads), (scratch, landlock.WRITE | landlock.EXECUTE)]
    rules += [(folder, landlock.READ_DIR) for folder in jail.lists]
    landlock.restrict(rules)
    apart = jail.tier == "bubblewrap" or landlock.version() >= 6  # whether signals end at its wall anyway
    seccomp.filter_calls(forks=jail.forks, signals=jail.forks and apart)


def _common() -> Iterator[tuple[str, int]]:
    for path in (*_SYSTEM, *_FACTS, f"/proc/{os.getpid()}", *(f"/etc/{name}" for name in _SETTINGS)):
        yield path, landlock.READ
    yield from _DEVICES.items()


def _limit(jail: Jail) -> None:
    """Limits by the kernel. Memory is allowed twice what the keeper watches for: runtimes map more than they use."""
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_DATA: 2 * jail.memory,
        resource.RLIMIT_FSIZE: LARGEST_FILE,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
    }
    for kind, most in wanted.items():
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _give_up_rights() -> None:
    """Root's capabilities, where it is root who plays."""
    for capability in range(_CAPABILITIES):
        _LIBC.prctl(_BOUNDING, capability, 0, 0, 0)
    _LIBC.prctl(_AMBIENT, 4, 0, 0, 0)
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    _LIBC.capset(ctypes.byref(header), ctypes.byref(none))


def private(file: Path) -> str | None:
    """Why a jailed program may not read a file or folder though its command names it; None where it may.

    A command need not be the user's own: leagues are imported. What is hidden is hidden from it too, but for the folders
    that we are in ourselves, and for interpreters, as in `.venv/bin`.
    """
    here, interpreter = Path.cwd(), file.parent.name == "bin" and file.is_file() and os.access(file, os.X_OK)
    for path in {file, file.resolve()}:
        below = path.relative_to(here) if path.is_relative_to(here) else path
        if any(part.startswith(".") for part in below.parts) and not interpreter:
            return "it is hidden"
        if _of(path, _MACHINE) and path.is_file() and not path.stat().st_mode & 0o004:
            return "not everybody on this machine may"
        if path.is_file() and not interpreter and _database(path):
            return "it is a database, and a league may lie in it"
    return None


def _seen_from(file: Path) -> Iterator[Path]:
    """What a program may read because of one of its files: the file, what lies beside it, and the installation that an
    interpreter belongs to. Not what is hidden, nor any database: a league may lie there."""
    if file.is_dir():
        yield from _beside(file)
        return
    if not file.is_file():  # a device, a pipe
        return
    yield file
    real = file.resolve()
    yield real
    for path in {file, real}:
        if _of(path, _SYSTEM):
            continue
        if path.parent.name == "bin":
            yield from (path.parent.parent / name for name in _INSTALLED)
        else:
            yield from _beside(path.parent)


def _beside(folder: Path) -> Iterator[Path]:
    """The files in a folder and below it, but for what is private, and so many at most; what others wrote in JavaScript and
    a program needs goes as a whole."""
    if _common_ground(folder):
        return
    folders, found = [folder], 0
    while folders:
        for entry in sorted(folders.pop(0).iterdir()):
            if entry.name.startswith(".") or not os.access(entry, os.R_OK) or entry.is_symlink():
                continue
            if entry.is_dir() and entry.name != "node_modules":
                folders += [entry] if os.access(entry, os.X_OK) and not _common_ground(entry) else []
            elif not _database(entry):
                yield entry
                found += 1
            if found == _MOST:
                return


def _common_ground(folder: Path) -> bool:
    """Who keeps a bot there, or names it, does not mean all the rest."""
    shared, real = (Path.home(), Path(os.environ.get("TMPDIR", "/tmp")), *map(Path, _SHARED)), folder.resolve()
    homes = real.parent == Path("/home")
    return homes or any(one.resolve().is_relative_to(real) for one in shared) or _of(real, _MACHINE)


def _database(path: Path) -> bool:
    """Whether a league may be in it. A pipe or a socket is as private, and would never end."""
    if path.is_dir():
        return False
    if not path.is_file() or path.name.endswith(("-wal", "-shm", "-journal", ".db", ".bak", ".arena")):
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(_DATABASE)) == _DATABASE
    except OSError:
        return True


def _of(path: Path, folders: Sequence[str]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _bubblewrap() -> str | None:
    return shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin")


def _bubblewrap_works() -> bool:
    """Many systems have it and forbid it the namespaces it lives by, so it is tried."""
    if _bubblewrap() is None:
        return False
    try:
        return not subprocess.run(wrapped(["true"], "/tmp"), capture_output=True, timeout=5).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False
