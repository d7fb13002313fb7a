"""A lap: one piece of work after another until its time is over, by two clocks."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Unit = Callable[[], Mapping[str, float]]  # does a piece of work, answers how much of what it was


@dataclass(frozen=True)
class Lap:
    """What was done, in how many pieces, and how long that took."""

    done: Mapping[str, float]
    times: int
    cpu: float  # seconds of processors, also of child processes that ended meanwhile
    wall: float


def lap(unit: Unit, seconds: float) -> Lap:
    """Does pieces of work for so many seconds, one at least."""
    done: Counter[str] = Counter()
    times, began_cpu, began = 0, cpu_seconds(), time.perf_counter()
    while not times or time.perf_counter() - began < seconds:
        done.update(unit())
        times += 1
    return Lap(dict(done), times, cpu_seconds() - began_cpu, time.perf_counter() - began)


def cpu_seconds() -> float:
    """What this process has used of processors, and its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
