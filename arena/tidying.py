"""How often Python looks for garbage that cycles keep, while matches are played by the thousand."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seldom() -> Iterator[None]:
    """Also a decorator. Results and rows make no cycles, and there are many: looking for some as often as Python does takes
    a seventh of the time of a season of small games. The caller's own setting comes back in the end."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
