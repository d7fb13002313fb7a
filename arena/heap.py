"""The memory of this process: what was freed stays here for whatever is made next.

Every tick makes tensors of megabytes and lets them go. GNU's C library hands such memory back to the system at once, and
the next tick waits while page after page of it is cleared and mapped again. The command line and the workers ask for this;
in a process that merely imports the library nothing changes.
"""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # as malloc.h calls them
_MOST, _OLD_MOST = 1 << 28, 1 << 25  # bytes: of a block that is kept, and of what may lie idle; of a block before 2.35


def keep() -> None:
    """From now on. Where the C library is another one, all stays as it is."""
    if sys.platform == "linux" and (tune := getattr(ctypes.CDLL(None), "mallopt", None)):
        if tune(_MMAP_THRESHOLD, _MOST) or tune(_MMAP_THRESHOLD, _OLD_MOST):
            tune(_TRIM_THRESHOLD, _MOST)  # alone, it would keep the other one from growing by itself
