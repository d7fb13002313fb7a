"""Processes and what they use. This process is the one that is looked at."""

from __future__ import annotations

import mmap
import os
import sys

import pytest

from agents.program import descent
from agents.program.descent import usage

if not sys.platform.startswith("linux"):
    pytest.skip("only Linux tells", allow_module_level=True)

TABLE = 2 << 20  # bytes that one page of a page table spans


def test_tables_of_pages_are_memory() -> None:
    """A page of zeros that is only read is nobody's, but the way to it is."""
    tables, me = 4096, (os.getpid(),)
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0x4000)
    with mmap.mmap(-1, tables * TABLE, flags=flags, prot=mmap.PROT_READ) as zeros:
        zeros.madvise(mmap.MADV_NOHUGEPAGE)
        before = usage(me).memory
        assert not any(zeros[place] for place in range(0, len(zeros), TABLE))
        assert usage(me).memory - before > tables * mmap.PAGESIZE // 2


def test_the_end_has_an_end_though_somebody_dies_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who forks and goes leaves ever more dead behind."""
    dead = iter([(1, 0)] * 10**6)
    monkeypatch.setattr(descent, "children", lambda pid: [])
    monkeypatch.setattr(os, "waitpid", lambda pid, options: next(dead))
    assert not descent.end(os.getpgrp(), within=0.01)
