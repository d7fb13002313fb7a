"""The memory of this process: what was freed stays here for whatever is made next.

Every tick makes tensors of megabytes and lets them go. GNU's C library hands such memory back to the system at once, and
the next tick waits while page after page of it is cleared and mapped again. The command line and the workers ask for this;
in a process that merely imports the library nothing changes.
"""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # as malloc.h calls them
_MOST = 1 << 28  # bytes: of a block that is kept, and of what may lie idle at the end


def keep() -> None:
    """From now on. Where the C library is another one, all stays as it is."""
    if sys.platform == "linux" and (tune := getattr(ctypes.CDLL(None), "mallopt", None)):
        tune(_MMAP_THRESHOLD, _MOST)
        tune(_TRIM_THRESHOLD, _MOST)
