"""The filter of system calls, run by hand: what it answers to calls that this machine may not know, or no test can make."""

from __future__ import annotations

import platform

import pytest

from agents.program import seccomp
from agents.program.syscalls import TABLE

if platform.machine() not in seccomp._ARCHITECTURES:
    pytest.skip("no filter is known here", allow_module_level=True)
COLUMN, ARCHITECTURE = seccomp._ARCHITECTURES[platform.machine()]
OWN = 4711
ALLOW, REFUSE, ABSENT, KILL = seccomp._ALLOW, seccomp._REFUSE, seccomp._ABSENT, seccomp._KILL
PRETEND = seccomp._PRETEND


def answer(call: str | int, *arguments: int, architecture: int = ARCHITECTURE, forks: bool = False) -> int:
    """What the filter says of a call, as a kernel would find it: classic BPF over struct seccomp_data."""
    steps = seccomp._filter(OWN, forks=forks, signals=False)
    number = TABLE[call][COLUMN] if isinstance(call, str) else call
    data = {0: number, 4: architecture, **{16 + 8 * place: value & 0xFFFFFFFF for place, value in enumerate(arguments)}}
    held, place = 0, 0
    while True:
        code, yes, no, value = steps[place]
        place += 1
        match code:
            case seccomp._LOAD:
                held = data.get(value, 0)
            case seccomp._AND:
                held &= value
            case seccomp._EQUAL:
                place += yes if held == value else no
            case seccomp._ANY_BIT:
                place += yes if held & value else no
            case seccomp._RETURN:
                return value
            case _:
                raise AssertionError(f"no such step: {code:#x}")


UNIX, INET, STREAM, DATAGRAM, CLOSED = 1, 2, 1, 2, 0o2000000


@pytest.mark.parametrize(
    ("call", "arguments", "said"),
    [
        ("read", (0,), ALLOW),
        ("socketpair", (UNIX, STREAM), ALLOW),
        ("socketpair", (UNIX, STREAM | CLOSED), ALLOW),
        ("socketpair", (UNIX, DATAGRAM), REFUSE),  # it may be sent from to anywhere
        ("socketpair", (INET, STREAM), REFUSE),
        ("ioctl", (0, 0x5401), ALLOW),  # TCGETS: is it a terminal?
        ("ioctl", (0, 0x5412), REFUSE),  # TIOCSTI: types on it
        ("ioctl", (0, 0x541C), REFUSE),  # TIOCLINUX: so it does
        ("ioctl", (0, 0x8901), REFUSE),  # FIOSETOWN: signals
        ("ioctl", (0, 0x40086602), REFUSE),  # FS_IOC_SETFLAGS
        ("fcntl", (0, 2), ALLOW),
        ("fcntl", (0, 8), REFUSE),  # F_SETOWN
        ("fcntl", (0, 15), REFUSE),  # F_SETOWN_EX
        ("fcntl", (0, 1024), REFUSE),  # F_SETLEASE
        ("kill", (OWN, 9), ALLOW),
        ("kill", (1, 9), REFUSE),
        ("kill", (-1, 9), REFUSE),
        ("kill", (0, 9), REFUSE),
        ("tgkill", (OWN, OWN, 9), ALLOW),
        ("tgkill", (1, 1, 9), REFUSE),
        ("prlimit64", (0, 7), ALLOW),
        ("prlimit64", (1, 7), REFUSE),
        ("sched_setaffinity", (1,), REFUSE),
        ("prctl", (15,), ALLOW),
        ("prctl", (1, 0), REFUSE),  # PR_SET_PDEATHSIG
        ("prctl", (4, 0), REFUSE),  # PR_SET_DUMPABLE
        ("openat", (-100, 0, 0o0), ALLOW),
        ("openat", (-100, 0, 0o1101), ALLOW),  # O_WRONLY | O_CREAT | O_TRUNC: Landlock sees that it writes
        ("openat", (-100, 0, 0o1002), ALLOW),
        ("openat", (-100, 0, 0o1000), REFUSE),  # O_RDONLY | O_TRUNC
        ("openat", (-100, 0, 0o1003), REFUSE),
        ("openat", (-100, 0, 0o2001000), REFUSE),  # with O_CLOEXEC
        ("clone", (0x10F00,), ALLOW),  # a thread
        ("clone", (0x10B00,), REFUSE),  # one with open files of its own
        ("close_range", (3, 99, 0), ALLOW),
        ("close_range", (3, 99, 4), ALLOW),  # CLOSE_RANGE_CLOEXEC
        ("close_range", (3, 99, 2), REFUSE),  # CLOSE_RANGE_UNSHARE
        ("clone", (17,), REFUSE),  # a process
        ("clone", (0x10010000,), REFUSE),  # a thread in a user namespace
        ("chmod" if COLUMN == 0 else "fchmodat", (), PRETEND),
        ("fchmod", (), PRETEND),
        ("utimensat", (), PRETEND),
        ("truncate", (), REFUSE),
        ("setsid", (), REFUSE),
    ],
)
def test_what_is_answered_to_whom(call: str, arguments: tuple[int, ...], said: int) -> None:
    assert answer(call, *arguments) == said


def test_who_may_start_processes_may_do_no_more_in_other_namespaces() -> None:
    assert answer("clone", 17, forks=True) == ALLOW
    assert answer("clone", 0x10000000 | 17, forks=True) == REFUSE
    assert answer("clone", 0x10F00, forks=True) == ALLOW
    assert answer("clone", 0x10B00, forks=True) == REFUSE
    assert answer("clone", 0x10010F00, forks=True) == REFUSE
    assert answer("setsid", forks=True) == ALLOW
    assert answer("fchmod", forks=True) == PRETEND


@pytest.mark.parametrize("number", [0x40000000 + 39, 425, 435, 437, 9999])
def test_what_is_not_listed_is_not_there(number: int) -> None:
    """The old table of x86 behind bit 30, io_uring, clone3, openat2, and what is still to come."""
    assert answer(number) == ABSENT


def test_calls_of_another_architecture_are_the_end() -> None:
    """32-bit calls have other numbers."""
    assert answer("read", architecture=0x40000003) == KILL


def test_each_call_is_listed_once() -> None:
    numbers = [row[COLUMN] for row in TABLE.values() if row[COLUMN] is not None]
    assert len(numbers) == len(set(numbers))
