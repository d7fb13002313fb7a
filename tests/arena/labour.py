"""Tasks for workers to do: harmless, deadly and endless ones. A module of its own, since other processes import it."""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from arena.errors import NotFound
from arena.workers import Desk, Workers


@dataclass(frozen=True)
class Square:
    """Slow where it is small, so that outcomes come in another order than the tasks."""

    number: int

    def needs(self) -> Iterable[str]:
        return ()

    def do(self, desk: Desk) -> int:
        time.sleep(0.02 if self.number % 3 == 0 else 0.0)
        return self.number**2


@dataclass(frozen=True)
class Weigh(Square):
    """Reads the weights that it needs."""

    def needs(self) -> Iterable[str]:
        return (f"sha{self.number}",)

    def do(self, desk: Desk) -> int:
        return len(desk.weights(f"sha{self.number}"))


@dataclass(frozen=True)
class WhoDoesIt(Square):
    def do(self, desk: Desk) -> int:
        return os.getpid()


@dataclass(frozen=True)
class HowOftenTidied(Square):
    """How many new things make Python look for garbage."""

    def do(self, desk: Desk) -> int:
        return gc.get_threshold()[0]


@dataclass(frozen=True)
class PagesMapped(Square):
    """How many pages the system maps while a few megabytes are made and freed again and again."""

    def do(self, desk: Desk) -> int:
        return pages_mapped()


def pages_mapped() -> int:
    b"x" * (8 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for size in range(64):
        b"x" * ((4 << 20) + size)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@dataclass(frozen=True)
class Kill(Square):
    """Kills its own worker the first `deaths` times; `scars` is where it counts."""

    scars: Path
    deaths: int

    def do(self, desk: Desk) -> int:
        if len(list(self.scars.iterdir())) < self.deaths:
            (self.scars / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self.number**2


@dataclass(frozen=True)
class Fail(Square):
    def do(self, desk: Desk) -> int:
        raise NotFound(f"no number {self.number}", hint="choose another")


@dataclass(frozen=True)
class Break(Square):
    """Fails by an exception that cannot be unpickled."""

    def do(self, desk: Desk) -> int:
        class Odd(Exception):
            def __init__(self, one: int, two: int) -> None:
                super().__init__("odd")

        raise Odd(1, 2)


@dataclass(frozen=True)
class Interrupted(Square):
    """Ctrl-C reaches every process of a terminal."""

    def do(self, desk: Desk) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return self.number**2


@dataclass(frozen=True)
class Talk(Square):
    """An outcome that takes long to hand over."""

    def do(self, desk: Desk) -> bytes:  # type: ignore[override]
        return bytes(self.number)


@dataclass(frozen=True)
class Echo(Square):
    """A task that takes long to hand over, and so does its outcome."""

    said: bytes

    def do(self, desk: Desk) -> bytes:  # type: ignore[override]
        return self.said


@dataclass(frozen=True)
class Imported(Square):
    """Which modules its worker had imported before it came; `modules` are those in question."""

    modules: tuple[str, ...]

    def do(self, desk: Desk) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(name for name in self.modules if name in sys.modules)


@dataclass(frozen=True)
class Hearing(Square):
    """Whether its worker ignores Ctrl-C, and whether whoever it starts can hear it."""

    def do(self, desk: Desk) -> tuple[bool, bool]:  # type: ignore[override]
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        return signal.getsignal(signal.SIGINT) is signal.SIG_IGN, signal.SIGINT not in blocked


@dataclass(frozen=True)
class Sleep(Square):
    def do(self, desk: Desk) -> int:
        os.write(1, f"{os.getpid()}\n".encode())  # whole, though two of them write at once
        time.sleep(60)
        return 0


def sleep_for_ever() -> None:
    """A manager with two busy workers, for somebody to kill."""
    with Workers(2, weights=lambda sha: b"") as workers:
        print(os.getpid(), flush=True)
        list(workers.run([Sleep(1), Sleep(2)]))


if __name__ == "__main__":
    sys.exit(sleep_for_ever())
