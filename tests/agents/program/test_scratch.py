"""The scratch folder: what takes room in it counts, named or not. This process plays the program."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.program import descent, scratch
from agents.program.scratch import LIMIT, Scratch

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
HALF = LIMIT // 2 + 1
MUCH = "more than 128 MiB in its scratch folder"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scratch]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    made = Scratch()
    yield made
    shutil.rmtree(made.path, ignore_errors=True)


def sparse(path: Path | str, size: int) -> int:
    """An open file of a size that takes no room."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    os.ftruncate(descriptor, size)
    return descriptor


ME = (os.getpid(),)


def test_files_count_and_folders_of_them(folder: Scratch) -> None:
    os.mkdir(f"{folder.path}/deep")
    for name in ("one", "deep/two"):
        assert folder.overfull(ME) is None
        os.close(sparse(f"{folder.path}/{name}", HALF))
    assert folder.overfull(ME) == MUCH


def test_many_small_files_are_as_much(folder: Scratch) -> None:
    for number in range(2000):
        open(f"{folder.path}/{number}", "w").close()
    assert folder.overfull(ME) is None
    for number in range(2000, 2100):
        open(f"{folder.path}/{number}", "w").close()
    assert folder.overfull(ME) == MUCH


def test_a_deleted_file_counts_while_it_is_held_open(folder: Scratch) -> None:
    held = []
    for name in ("one", "two"):
        held.append(sparse(f"{folder.path}/{name}", HALF))
        os.unlink(f"{folder.path}/{name}")
    assert folder.overfull(()) is None
    assert folder.overfull(ME) == MUCH
    os.close(held.pop())
    assert folder.overfull(ME) is None
    os.close(held.pop())


@pytest.mark.parametrize("told", [True, False])
def test_a_deleted_file_counts_while_it_is_in_memory(told: bool, folder: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of it is enough to hold it all; how large it is only root is told, so it may be as large as any."""
    if not told:
        monkeypatch.setattr(scratch, "_room_of_mapped", lambda path: scratch.LARGEST_FILE)
    elif os.geteuid():
        pytest.skip("only root is told")
    maps = []
    for name in ("one", "two", "three"):
        assert folder.overfull(ME) is None
        file = sparse(f"{folder.path}/{name}", LIMIT // 3 + (1 << 20))
        maps.append(libc.mmap(None, mmap.PAGESIZE, mmap.PROT_READ, mmap.MAP_SHARED, file, 0))  # Python's keeps it open
        os.close(file)
        os.unlink(f"{folder.path}/{name}")
    assert folder.overfull(ME) == MUCH
    for one in maps:
        libc.munmap(ctypes.c_void_p(one), mmap.PAGESIZE)
    assert folder.overfull(ME) is None


def test_deleted_files_of_others_do_not_count(folder: Scratch, tmp_path: Path) -> None:
    held = sparse(tmp_path / "library", 2 * LIMIT)
    os.unlink(tmp_path / "library")
    assert folder.overfull(ME) is None
    os.close(held)


def test_what_is_too_deep_for_a_path_is_too_much(folder: Scratch) -> None:
    here = os.open(folder.path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir(250 * "d", dir_fd=here)
        below = os.open(250 * "d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    assert folder.overfull(ME) == "a folder that cannot be looked into in its scratch folder"
    folder.remove()
    _gone(folder)


def test_what_may_not_be_looked_into_is_too_much(folder: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(errno.EACCES, "no")

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", refuse)
        assert folder.overfull(ME) == "a folder that cannot be looked into in its scratch folder"
    monkeypatch.setattr(os, "listdir", refuse)
    assert folder.overfull(ME) == "a process that does not let its open files be seen"
    monkeypatch.setattr(descent, "lives", lambda pid: False)  # the dead may not be looked at either
    assert folder.overfull(ME) is None


def test_it_goes_whatever_its_modes(folder: Scratch) -> None:
    os.makedirs(f"{folder.path}/closed/more")
    os.chmod(f"{folder.path}/closed", 0)
    folder.remove()
    _gone(folder)


def test_where_there_is_no_room_the_place_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing that is another the next time: it stands on the match."""
    monkeypatch.setenv("TMPDIR", "/nonexistent")
    with pytest.raises(OSError, match=r"^\[Errno 2\] No such file or directory: '/nonexistent'$"):
        Scratch()


def _gone(folder: Scratch) -> None:
    for _ in range(500):  # nobody waits for it
        if not os.path.exists(folder.path):
            return
        time.sleep(0.01)
    raise AssertionError("it is still there")


def test_a_folder_that_is_kept_is_never_swept(folder: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is one whose maker is dead while somebody holds its lock, nor what only looks like one."""
    monkeypatch.setattr(scratch, "_OLD", 0.0)
    place = Path(folder.path).parent
    dead = dead_process()
    locked, left, young = (place / f"arena-{dead}-{made}" for made in (1, 2, time.monotonic_ns() + 10**12))
    for one in (locked, left, young, place / "arena-12-rest", place / f"arena-{dead}-3x"):
        one.mkdir()
    (place / f"arena-{dead}-4").symlink_to(left)
    lock = scratch._locked(str(locked))
    another = Scratch()
    kept = {folder.path, another.path, *map(str, (locked, place / "arena-12-rest", place / f"arena-{dead}-3x"))}
    wait_until(lambda: not left.exists() and not young.exists())  # of a clock that began anew
    assert kept < {str(path) for path in place.iterdir()}
    os.close(lock)
    scratch.sweep(str(place))
    wait_until(lambda: not locked.exists())


def test_a_young_folder_may_be_about_to_be_locked(folder: Scratch) -> None:
    young = Path(folder.path).with_name(f"arena-{dead_process()}-{time.monotonic_ns()}")
    young.mkdir()
    scratch.sweep(str(young.parent))
    time.sleep(0.1)
    assert young.exists()


def test_a_start_takes_some_away_and_leaves_the_rest_to_the_next(folder: Scratch) -> None:
    place, dead = Path(folder.path).parent / "many", dead_process()
    left = {place / f"arena-{dead}-{made + 10**18}" for made in range(scratch._AT_ONCE + 3)}
    for one in left:
        one.mkdir(parents=True)
    scratch.sweep(str(place))
    wait_until(lambda: len(list(place.iterdir())) == 3)
    time.sleep(0.1)
    assert len(list(place.iterdir())) == 3
    scratch.sweep(str(place))
    wait_until(lambda: not list(place.iterdir()))


def dead_process() -> int:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    return pid


def wait_until(true: Callable[[], bool]) -> None:
    last = time.monotonic() + 10
    while not true() and time.monotonic() < last:
        time.sleep(0.01)
    assert true()
