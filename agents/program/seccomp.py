"""Seccomp: the system calls that a jailed program may make. What is not on the list does not exist for it (ENOSYS), so that
language runtimes fall back on what is; what would reach out of the jail is refused (EPERM).

A filter is a small program of classic BPF over each call's number and arguments; see seccomp(2). Imports nothing of ours
but the list.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
from collections.abc import Iterator
from typing import NamedTuple

from agents.program.syscalls import FORKING, PRETENDED, REFUSED, TABLE

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column of the table, audit code
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE, _ABSENT = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
_PRETEND = 0x00050000  # nothing is done, and nothing is wrong
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2  # prctl

_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x54, 0x06  # BPF, on 32-bit words
_NUMBER, _ARCHITECTURE = 0, 4  # offsets of struct seccomp_data

_THREAD, _FILES, _NAMESPACES = 0x00010000, 0x00000400, 0x7E020080  # of clone's flags
_UNSHARE = 2  # of close_range's
_UNIX, _STREAM, _TYPE = 1, 1, 0xF  # of socketpair
# What ioctl may ask: about a terminal (TCGETS, TCGETS2, TIOCGPGRP, TIOCGWINSZ), and a descriptor's own FIONREAD, FIONBIO,
# FIONCLEX and FIOCLEX. Others type on terminals, send signals, and set flags of files that are only read.
_IOCTL = (0x5401, 0x802C542A, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
_FCNTL_NOT = (8, 15, 1024)  # F_SETOWN, F_SETOWN_EX: signals to others; F_SETLEASE: who opens the file waits
_PRCTL_NOT = (1, 4)  # PR_SET_PDEATHSIG, for who would outlive its keeper; PR_SET_DUMPABLE, for who would not be looked at
_MODE, _CUT = 0o3, 0o1000  # of open: O_ACCMODE, O_TRUNC
_READS, _NEITHER = 0, 3  # modes that open nothing for writing, and cut a file all the same

_libc = ctypes.CDLL(None, use_errno=True)


class _Step(NamedTuple):
    code: int
    yes: int  # steps to skip where a comparison holds
    no: int
    value: int


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def available() -> bool:
    """Whether this machine filters system calls, and we know their numbers here."""
    return platform.machine() in _ARCHITECTURES and hasattr(_libc, "prctl") and _libc.prctl(21, 0, 0, 0, 0) >= 0


def filter_calls(*, forks: bool, signals: bool) -> None:
    """From here on this process and all that it starts make only calls of the list. `forks`: also new processes; `signals`:
    also signals to others than itself.

    Raises `OSError`.
    """
    steps = _filter(os.getpid(), forks=forks, signals=signals)
    packed = b"".join(
        step.code.to_bytes(2, "little") + bytes((step.yes, step.no)) + step.value.to_bytes(4, "little") for step in steps
    )
    memory = ctypes.create_string_buffer(packed, len(packed))
    program = _Program(len(steps), ctypes.cast(memory, ctypes.c_void_p))
    for call in ((_NO_NEW_PRIVS, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if _libc.prctl(*call) != 0:
            code = ctypes.get_errno()
            raise OSError(code, f"seccomp: {os.strerror(code)}")


def _filter(own: int, *, forks: bool, signals: bool) -> list[_Step]:
    column, architecture = _ARCHITECTURES[platform.machine()]
    steps = [_Step(_LOAD, 0, 0, _ARCHITECTURE), _Step(_EQUAL, 1, 0, architecture), _answer(_KILL)]
    steps += [_Step(_LOAD, 0, 0, _NUMBER)]
    judged = dict(_judged(own, forks=forks, signals=signals)) | {name: [_answer(_PRETEND)] for name in PRETENDED}
    refused = REFUSED if forks else (*REFUSED, *FORKING)
    for name, numbers in TABLE.items():
        if (number := numbers[column]) is None:
            continue
        own_steps = [_answer(_REFUSE)] if name in refused else judged.get(name, [_answer(_ALLOW)])
        steps += [_Step(_EQUAL, 0, len(own_steps), number), *own_steps]
    return [*steps, _answer(_ABSENT)]


def _judged(own: int, *, forks: bool, signals: bool) -> Iterator[tuple[str, list[_Step]]]:
    """Calls whose arguments are looked at; each of these ends with an answer."""
    yield (
        "clone",
        [
            *_argument(0),
            _Step(_ANY_BIT, 0, 1, _NAMESPACES),
            _answer(_REFUSE),
            _Step(_ANY_BIT, 1, 0, _THREAD),
            _answer(_ALLOW if forks else _REFUSE),
            _Step(_ANY_BIT, 0, 1, _FILES),  # a thread with open files of its own would hide them
            _answer(_ALLOW),
            _answer(_REFUSE),
        ],
    )
    yield "close_range", [*_argument(2), _Step(_ANY_BIT, 0, 1, _UNSHARE), _answer(_REFUSE), _answer(_ALLOW)]
    for name in () if signals else ("kill", "tgkill"):
        yield name, [*_argument(0), *_only(own)]
    yield (
        "socketpair",
        [
            *_argument(0),
            _Step(_EQUAL, 1, 0, _UNIX),
            _answer(_REFUSE),
            *_argument(1),
            _Step(_AND, 0, 0, _TYPE),
            *_only(_STREAM),
        ],
    )
    for name in ("prlimit64", "sched_setaffinity"):
        yield name, [*_argument(0), _Step(_EQUAL, 1, 0, 0), *_only(own)]
    yield "ioctl", [*_argument(1), *_one_of(_IOCTL)]
    yield "fcntl", [*_argument(1), *_none_of(_FCNTL_NOT)]
    yield "prctl", [*_argument(0), *_none_of(_PRCTL_NOT)]
    for name, place in (("open", 1), ("openat", 2)):  # Landlock sees no truncation before its version 3
        cuts = [_CUT | mode for mode in (_READS, _NEITHER)]
        yield name, [*_argument(place), _Step(_AND, 0, 0, _CUT | _MODE), *_none_of(tuple(cuts))]


def _argument(place: int) -> list[_Step]:
    return [_Step(_LOAD, 0, 0, 16 + 8 * place)]  # its low word; what we look at are ints to the kernel


def _only(value: int) -> list[_Step]:
    return [_Step(_EQUAL, 0, 1, value), _answer(_ALLOW), _answer(_REFUSE)]


def _one_of(values: tuple[int, ...]) -> list[_Step]:
    return [*_each(values, _ALLOW), _answer(_REFUSE)]


def _none_of(values: tuple[int, ...]) -> list[_Step]:
    return [*_each(values, _REFUSE), _answer(_ALLOW)]


def _each(values: tuple[int, ...], verdict: int) -> list[_Step]:
    return [step for value in values for step in (_Step(_EQUAL, 0, 1, value), _answer(verdict))]


def _answer(verdict: int) -> _Step:
    return _Step(_RETURN, 0, 0, verdict)
