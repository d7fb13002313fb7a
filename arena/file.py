"""A league's file before any database is opened on it: what marks it, which version it has, how SQLite gets at it.

Imports no database library: whoever only glances at a league need not wait for one.
"""

from __future__ import annotations

import os
from pathlib import Path

from arena.errors import NotALeague, NotFound, ReadOnly, SchemaMismatch

VERSION = "0008"  # the newest migration; versions are ordered as text
APPLICATION = 0x4172656E  # 'Aren', in the header of every league: a file without it is somebody else's
PERMISSIONS = "check the permissions of the file and its folder"


def address(path: Path, *, mode: str) -> str:
    """The file as SQLite's URI. Where nothing can be written beside it, a reader does without locks and write-ahead log."""
    sealed = mode == "ro" and not os.access(path.parent, os.W_OK) and journal(path) is None
    return f"{path.absolute().as_uri()}?mode={mode}{'&immutable=1' if sealed else ''}"


def journal(path: Path) -> str | None:
    """The write-ahead log's name, where matches may be in it alone."""
    beside = path.with_name(path.name + "-wal")
    return beside.name if beside.exists() and beside.stat().st_size else None


def check_file(path: Path) -> None:
    """Reads the first bytes of a file, and nothing else touches it. Raises `NotFound`, `NotALeague`, `ReadOnly`.

    An empty file is no league yet, as one that is not there.
    """
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        raise _missing(path) from None
    except IsADirectoryError:
        raise foreign(path) from None
    except PermissionError:
        raise ReadOnly(f"{path} may not be read", hint=PERMISSIONS) from None
    if not head:
        raise _missing(path)
    if not head.startswith(b"SQLite format 3\0") or int.from_bytes(head[68:72], "big") != APPLICATION:
        raise foreign(path)


def check_schema(found: str, path: Path) -> None:
    """Raises `SchemaMismatch` unless the league is of this Arena's version."""
    if found < VERSION:
        raise SchemaMismatch(
            f"{path} was written by an older Arena: schema {found}, expected {VERSION}",
            hint="run `arena db upgrade`; it makes a backup first",
        )
    if found > VERSION:
        raise SchemaMismatch(
            f"{path} was written by a newer Arena: schema {found}, expected {VERSION}",
            hint="install a newer arena-league; the file was not changed",
        )


def foreign(path: Path) -> NotALeague:
    """The error of a file that is somebody else's."""
    return NotALeague(f"{path} is not an Arena league", hint="name another file with --league; this one was not changed")


def _missing(path: Path) -> NotFound:
    return NotFound(f"there is no league at {path}", hint="register an agent to make one")
