"""Memory that was freed is there for what is made next."""

from __future__ import annotations

import sys
from multiprocessing import get_context

import pytest

from arena import heap
from arena.workers import Workers
from tests.arena.labour import PagesMapped, pages_mapped


@pytest.mark.skipif(sys.platform != "linux", reason="it is about GNU's C library")
def test_what_was_freed_need_not_be_mapped_again_neither_here_nor_in_a_worker() -> None:
    with get_context("spawn").Pool(1) as pool:
        left = pool.apply(pages_mapped)
        pool.apply(heap.keep)
        kept = pool.apply(pages_mapped)
    with Workers(2, weights=lambda sha: b"") as workers:
        (worked,) = workers.run([PagesMapped(0)])
    if left < 1000:
        pytest.skip("this C library keeps it of itself")
    assert kept < left / 10
    assert worked < left / 10
