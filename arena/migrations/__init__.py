"""The way from every older league to this Arena's: `upgrade(path)`, with a backup first, old or new but never between.

Each step is a file in `versions`; `arena/schema.py` is where they lead to, and a test holds the two together.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text

from arena import seals
from arena.database import Database, copy, said_for_people, schema_of
from arena.errors import Damaged
from arena.file import VERSION, address, check_file, check_schema
from arena.lock import SeasonLock

STEPS = Path(__file__).parent / "versions"


def upgrade(path: str | Path, *, steps: Path = STEPS, target: str = VERSION) -> Path | None:
    """Brings a league to this Arena's schema and returns the backup of what it was; None where nothing was to do.

    Raises `LeagueHeld` while a season runs, `SchemaMismatch` for a newer league, `NotFound`, `NotALeague`, `DiskFull`.
    """
    path = Path(path)
    check_file(path)
    with SeasonLock(path), said_for_people(path):
        found = _version(path)
        if found == target:
            return None
        if found > target:
            check_schema(found, path)
        backup = _free(path.with_name(f"{path.name}.schema-{found}.bak"))
        copy(path, backup)
        climb(path, steps)
    return backup


def head(steps: Path = STEPS) -> str:
    """The version that the steps lead to."""
    return str(ScriptDirectory.from_config(_config(steps)).get_current_head())


def climb(path: Path, steps: Path, *, to: str = "head") -> None:
    """All steps, or those up to a version, in one transaction: a death on the way leaves the old league."""
    engine = create_engine("sqlite://", creator=lambda: _connect(path), poolclass=NullPool)
    with engine.connect() as db:
        db.exec_driver_sql("BEGIN IMMEDIATE")
        config = _config(steps)
        config.attributes["connection"] = db
        command.upgrade(config, to)
        if to in ("head", head(steps)):
            seals.renew(db)
            db.execute(text("DELETE FROM boards"))  # an older Arena may have shown something else
        if broken := db.execute(text("PRAGMA foreign_key_check")).all():
            raise Damaged(f"{path} was not upgraded: {len(broken)} rows would point nowhere", hint="run `arena db verify`")
        db.commit()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(address(path, mode="rw"), uri=True, isolation_level=None, timeout=30.0)
    connection.execute("PRAGMA synchronous = FULL")
    # A step may rebuild a table that others refer to, so references are checked once, at the end.
    connection.execute("PRAGMA foreign_keys = OFF")
    return connection


def _config(steps: Path) -> Config:
    config = Config()
    settings: dict[str, Any] = {
        "script_location": Path(__file__).parent,
        "version_locations": steps,
        "path_separator": "newline",
    }
    for key, value in settings.items():
        config.set_main_option(key, str(value).replace("%", "%%"))
    return config


def _version(path: Path) -> str:
    league = Database(path)
    with league, league._reading() as db:
        return schema_of(db)


def _free(path: Path) -> Path:
    """The path, or the first free one with a number behind: a killed upgrade has left its backup."""
    candidates = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, 1000))]
    return next(candidate for candidate in candidates if not candidate.exists())
