"""Landlock (Linux 5.13): a process gives up all files but some, for itself and all that it starts. No root is needed.

M. Salaün, Documentation/userspace-api/landlock.rst. Imports nothing of ours: the keeper needs it in milliseconds.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from functools import cache

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # system calls, alike on every architecture
_VERSION = 1  # a flag of _CREATE: tell the version only
_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = (1 << bit for bit in range(4))
_TRUNCATE = 1 << 14
_MAKE = sum(
    1 << bit for bit in (4, 5, 7, 8, 12)
)  # remove and make files, folders and links; no devices, no sockets, no pipes
_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE
READ = EXECUTE | READ_FILE | READ_DIR
WRITE = READ_FILE | READ_DIR | WRITE_FILE | _TRUNCATE | _MAKE

_HANDLED = {
    1: (1 << 13) - 1,
    2: (1 << 14) - 1,
    3: (1 << 15) - 1,
    5: (1 << 16) - 1,
}  # rights by the version that brought them

_libc = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


@cache
def version() -> int:
    """Which version of Landlock the kernel has; 0 where it has none, or will not let us."""
    try:
        return max(0, int(_libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))))
    except (AttributeError, OSError):
        return 0


def restrict(rules: Iterable[tuple[str, int]]) -> None:
    """From here on this process may touch these paths, each with its rights, and no others; a path that is not there is
    left out. Neither may it bind or connect (from version 4), nor send signals outside (from 6). Raises `OSError`."""
    handled = max(mask for since, mask in _HANDLED.items() if since <= version())
    asked = _Ruleset(handled, 3 if version() >= 4 else 0, 3 if version() >= 6 else 0)
    size = 24 if version() >= 6 else 16 if version() >= 4 else 8
    ruleset = _call(_CREATE, ctypes.byref(asked), ctypes.c_size_t(size), ctypes.c_uint32(0))
    for path, rights in rules:
        _allow(ruleset, path, rights & handled)
    _call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not stat.S_ISDIR(os.fstat(target).st_mode):
        rights &= _OF_FILES
    try:
        rule = _PathBeneath(rights, target)
        _call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(target)


def _call(number: int, *arguments: object) -> int:
    done: int = _libc.syscall(number, *arguments)
    if done < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"landlock: {os.strerror(code)}")
    return done
