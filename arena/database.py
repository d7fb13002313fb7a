"""One league file, opened: whole transactions, patient waiting, and SQLite's errors said for people.

A reader cannot change the file (`mode=ro` and `query_only`). A writer begins every transaction with BEGIN IMMEDIATE, since
the driver's own habit, to begin at the first write, loses updates; and it commits with synchronous=FULL, since less loses
acknowledged matches in a power cut. Never fork with an open database.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from json import JSONDecodeError
from pathlib import Path
from time import monotonic
from typing import Any, Self, TypeAlias

from sqlalchemy import Connection, Engine, NullPool, Row, Select, create_engine, event, insert, select
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound

from arena import seals
from arena.digest import GENESIS
from arena.errors import (
    AlreadyExists,
    Damaged,
    DiskFault,
    DiskFull,
    LeagueHeld,
    NotFound,
    ReadOnly,
)
from arena.file import APPLICATION, PERMISSIONS, VERSION, address, foreign, journal
from arena.schema import alembic_version, log, metadata
from games.errors import ArenaError

PATIENCE = 30.0  # seconds to wait for somebody else's transaction
QUIET = 2.0  # seconds to wait before saying so
_UNLIKE_A_LEAGUE = ("no such table", "no such column", "unsupported file format", "Could not decode")  # SQLite's words
# What reading rows raises that no Arena wrote: one missing, one too many, one that names nothing, bytes of something else.
_UNREADABLE = (NoResultFound, MultipleResultsFound, KeyError, JSONDecodeError, UnicodeDecodeError, zlib.error)
_ROOM = 1 << 16  # bytes; a disk with less is full: SQLite's smallest file, the index of its log, takes half of it
_PAGES = 32_000  # KiB of the file that a writer keeps at most: what a large chunk changes is then written once, at its end
_SLICE = 0.5  # seconds between two looks at the lock: a Ctrl-C waits no longer than this

# Before anything is changed: what is shown of the league must be true of it. `WHERE true` leaves an empty table unwritten.
_LET_GO = "DELETE FROM boards WHERE true"

# Rows and queries of whatever columns; what they hold is said where they become facts.
AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"
AnySelect: TypeAlias = "Select[*tuple[Any, ...]]"
OnWait = Callable[[float], None]  # is told once, after how many seconds of waiting


class Database:
    """An open league: `_reading()` and `_writing()` are its only two verbs, each one transaction."""

    def __init__(self, path: Path, *, on_wait: OnWait | None = None) -> None:
        self.path = path
        self._on_wait = on_wait
        self._writer: Connection | None = None
        with said_for_people(path):
            self._reader = _engine(path, mode="ro").connect()

    def close(self) -> None:
        """Closes the file; the last one to do so leaves a single file behind."""
        self._reader.close()  # first: a reader that leaves last cannot tidy up the write-ahead log
        if self._writer is not None:
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """All that is done inside is one transaction, which sees what it has written; nobody else does before its end."""
        with self._writing():
            yield

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One snapshot of the league, whoever writes meanwhile."""
        if self._writer is not None and self._writer.in_transaction():
            yield self._writer
            return
        with said_for_people(self.path), closing(self._reader.begin()):
            yield self._reader

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction: all of it or nothing."""
        if self._writer is None:
            raise ReadOnly(f"{self.path} was opened for reading", hint="open it with write=True")
        if self._writer.in_transaction():
            yield self._writer
            return
        with said_for_people(self.path), self._writer.begin():
            self._writer.exec_driver_sql(_LET_GO)
            yield self._writer

    def _open_writer(self) -> None:
        engine = _engine(self.path, mode="rw")
        event.listen(engine, "begin", self._begin)
        with said_for_people(self.path):
            self._writer = engine.connect()
            seals.watch(self._writer.connection.dbapi_connection)

    def _begin(self, connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        began, told = monotonic(), False
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
            waited = monotonic() - began
            if waited >= PATIENCE:
                raise _held(self.path, waited)
            if waited >= QUIET and not told and self._on_wait is not None:
                told = True
                self._on_wait(waited)


def _engine(path: Path, *, mode: str) -> Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(address(path, mode=mode), uri=True, isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA busy_timeout = {round(1000 * (PATIENCE if mode == 'ro' else _SLICE))}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL" if mode == "rw" else "PRAGMA query_only = ON")
        if mode == "rw":
            connection.execute(f"PRAGMA cache_size = -{_PAGES}")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    if mode == "ro":
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


@contextmanager
def said_for_people(path: Path) -> Iterator[None]:
    """Turns what SQLite says into an error of ours, with a cause and a cure."""
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        said = _translated(error.orig if isinstance(error, DBAPIError) else error, path)
        if said is None:
            raise
        raise said from error
    except _UNREADABLE as error:
        raise _damaged(path, f"what it holds cannot be read ({type(error).__name__}: {error})") from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFull.at(path) from error
    except OverflowError as error:  # a number of 64 bits is all that SQLite can look for
        raise NotFound(
            f"{path} has nothing of so large a number", hint="`arena matches list` and `arena season list` tell the numbers"
        ) from error


def _translated(error: BaseException | None, path: Path) -> ArenaError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    free = shutil.disk_usage(path.parent).free if code == sqlite3.SQLITE_IOERR else _ROOM
    if code == sqlite3.SQLITE_FULL or free < _ROOM:
        return DiskFull.at(path)
    if code == sqlite3.SQLITE_IOERR:
        return DiskFault(
            f"the disk of {path} failed: {error}, with {free:,} bytes free",
            hint="nothing that was recorded is lost; look at the disk, its quota and `ulimit -f`, then resume",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _held(path, PATIENCE)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN):
        unread = journal(path)
        stuck = unread is not None and not os.access(path.parent, os.W_OK)
        together = f"copy {path.name} and {unread} together to a folder that can be written"
        return ReadOnly(f"{path} cannot be opened or written: {error}", hint=together if stuck else PERMISSIONS)
    if code == sqlite3.SQLITE_CORRUPT:
        return _damaged(path, error)
    if code == sqlite3.SQLITE_NOTADB:
        return foreign(path)
    if str(error).startswith(_UNLIKE_A_LEAGUE):
        return _damaged(path, error)
    return None


def _damaged(path: Path, what: object) -> Damaged:
    return Damaged(f"{path} is damaged: {what}", hint="`arena db verify` says where; keep the file and restore a backup")


def _held(path: Path, waited: float) -> LeagueHeld:
    return LeagueHeld(f"{path} has been locked by another program for {waited:.0f} s", hint="close it there and try again")


def schema_of(connection: Connection) -> str:
    """The version of the league's schema."""
    return str(connection.execute(select(alembic_version.c.version_num)).scalar_one())


def create(path: Path) -> None:
    """Makes an empty league, whole or not at all: built beside its place and moved there. Keeps a file that exists."""
    if not path.parent.is_dir():
        raise NotFound(f"there is no folder {path.parent}", hint="make it first")
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with said_for_people(path):
            _build(draft)
            if path.exists() and path.stat().st_size == 0:
                draft.replace(path)
            else:
                with suppress(FileExistsError):  # somebody else was faster, with the same empty league
                    os.link(draft, path)
            sync(path.parent)
    except PermissionError:
        raise ReadOnly(f"{path} cannot be made", hint="check the permissions of its folder") from None
    finally:
        draft.unlink(missing_ok=True)


def _build(draft: Path) -> None:
    draft.unlink(missing_ok=True)
    connection = sqlite3.connect(draft, isolation_level=None)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute("PRAGMA journal_mode = WAL")
    engine = create_engine("sqlite://", creator=lambda: connection)
    with engine.begin() as started:
        started.exec_driver_sql("BEGIN")
        metadata.create_all(started)
        started.execute(insert(alembic_version).values(version_num=VERSION))
        started.execute(insert(log).values(id=1, matches=0, digest=GENESIS))
    engine.dispose()


def copy(source: Path, target: Path) -> None:
    """Copies a league as it is at this moment, whoever writes meanwhile; the target is there whole or not at all.

    Raises `AlreadyExists`, `DiskFull`.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with said_for_people(target), closing(sqlite3.connect(address(source, mode="ro"), uri=True)) as league:
            draft.unlink(missing_ok=True)
            with closing(sqlite3.connect(draft)) as room:
                league.backup(room)
            os.link(draft, target)
            sync(target.parent)
    except FileExistsError:
        raise AlreadyExists(f"{target} exists already", hint="name a new file; a backup never overwrites") from None
    finally:
        draft.unlink(missing_ok=True)


def sync(folder: Path) -> None:
    """Makes a new name in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
