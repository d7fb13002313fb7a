"""Times as people read them. A league may be somebody else's: whatever number stands in it, to show it is no error."""

from __future__ import annotations

from datetime import UTC, datetime

EARLIEST = -62_135_596_800  # unix seconds: the first and the last second of the years 1 to 9999, in UTC
LATEST = 253_402_300_799


def moment(seconds: int) -> str:
    """ISO 8601, in UTC; empty for what is in no year that has four digits."""
    return datetime.fromtimestamp(seconds, UTC).isoformat() if EARLIEST <= seconds <= LATEST else ""


def moment_here(seconds: int, timespec: str = "seconds") -> str:
    """The same where the reader is: `2024-05-01 18:30:00`; in UTC where that is another year than 1 to 9999."""
    try:
        return datetime.fromtimestamp(seconds).isoformat(sep=" ", timespec=timespec)
    except (ValueError, OverflowError, OSError):
        return moment(seconds).replace("T", " ") or f"{seconds} seconds after 1970"
