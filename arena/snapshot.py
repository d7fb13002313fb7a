"""A league's file on its way to another place: taken whole from under its writers, and looked at hard before it is let in.

What comes from elsewhere is somebody else's database until it has the very tables of a league and nothing besides: a
trigger or a view in it would run with the first statement.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from arena.database import create, said_for_people, sync
from arena.errors import AlreadyExists, BadArchive
from arena.file import VERSION, address, check_file, check_schema
from arena.migrations import STEPS, climb

Shape = set[tuple[str, str, tuple[str, ...]]]  # kind, name, and the words of its statement, in any order


def take(league: Path, target: Path) -> None:
    """Copies a league as it is at this moment, whoever writes meanwhile, without what was deleted from it.

    The same league gives the same bytes, wherever its pages lie.
    """
    check_file(league)
    with said_for_people(target), closing(sqlite3.connect(address(league, mode="ro"), uri=True)) as db:
        db.execute("VACUUM INTO ?", (str(target),))
    with said_for_people(target), closing(sqlite3.connect(target, isolation_level=None)) as db:
        db.execute("PRAGMA schema_version = 1")  # it counts the copies of copies


def admit(draft: Path) -> None:
    """Looks at a foreign file before anything is asked of it, and brings it to this Arena's schema.

    Raises `NotALeague`, `SchemaMismatch`, `Damaged`, and `BadArchive` where its tables are not those of a league.
    """
    check_file(draft)
    with said_for_people(draft):
        with closing(sqlite3.connect(address(draft, mode="ro"), uri=True)) as db:
            db.execute("PRAGMA trusted_schema = OFF")
            found = str(db.execute("SELECT version_num FROM alembic_version").fetchone()[0])
            shape = _shape(db)
        if found > VERSION:
            check_schema(found, draft)
        if strange := {name for _, name, _ in shape ^ _shape_of(found)}:
            raise BadArchive(
                f"the league in it has other tables than a league of schema {found}: {', '.join(sorted(strange)[:5])}",
                hint="it was not made by `arena export`; nothing was imported",
            )
        if found < VERSION:
            climb(draft, STEPS)


def settle(draft: Path, target: Path) -> None:
    """Moves a league to where it is to be, whole or not at all. Raises `AlreadyExists`."""
    with said_for_people(draft), closing(sqlite3.connect(draft, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    if target.exists() and target.stat().st_size == 0:
        draft.replace(target)
    else:
        try:
            os.link(draft, target)
        except FileExistsError:
            raise AlreadyExists(f"{target} exists already", hint="name a new league: --league FILE") from None
    sync(target.parent)


def _shape_of(version: str) -> Shape:
    """What a league of this schema is made of, from an empty one."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "league.db")
        if version == VERSION:
            create(path)
        else:
            path.touch()
            climb(path, STEPS, to=version)
        with closing(sqlite3.connect(path)) as db:
            return _shape(db)


def _shape(db: sqlite3.Connection) -> Shape:
    rows = db.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name != 'alembic_version'")
    # A league that has climbed says the same in another order of its foreign keys, and with other spaces.
    return {(kind, name, tuple(sorted(re.split(r"[,()]+", "".join(sql.split()))))) for kind, name, sql in rows}
