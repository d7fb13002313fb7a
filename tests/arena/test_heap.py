"""Memory that was freed is there for what is made next."""

from __future__ import annotations

import resource
import sys
from multiprocessing import get_context

import pytest

from arena import heap


def faults(kept: bool) -> int:
    """How many pages the system had to map while a process made and freed a few megabytes again and again."""
    if kept:
        heap.keep()
    block = b"x" * (8 << 20)
    del block
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for size in range(64):
        block = b"x" * ((4 << 20) + size)
        del block
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(sys.platform != "linux", reason="it is about GNU's C library")
def test_what_was_freed_need_not_be_mapped_again() -> None:
    with get_context("spawn").Pool(1) as left, get_context("spawn").Pool(1) as kept:
        mapped, stayed = left.apply(faults, (False,)), kept.apply(faults, (True,))
    if mapped < 1000:
        pytest.skip("this C library keeps it of itself")
    assert stayed < mapped / 10
