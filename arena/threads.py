"""One thread for torch, while something is computed that must come out the same on every machine.

Small matrix products are fastest on one thread anyway; more processes use more cores. And the order in which two threads
add up is part of the result: first weights drawn on one core would not be those drawn on two.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Also a decorator. The caller's own number of threads comes back in the end."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
