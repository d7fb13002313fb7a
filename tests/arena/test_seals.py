"""Whatever somebody edits in a league's file, `arena db verify` finds it: every column of every table, one by one."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing, suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Column, Table

from arena import League
from arena.cli import main
from arena.errors import Conflict
from arena.schema import metadata
from arena.seals import SEALED
from arena.store import Store

GAME = "tic_tac_toe"

FREE = {
    "matches.played_at": "for the eye only: no digest knows the clock",
    "seats.jail": "for the eye only: on a machine with another jail it is the same match",
    "log.id": "the number of an only row",
    "alembic_version.version_num": "says which Arena reads the file; any other refuses to open it",
}
CALLED = {  # what a problem says where it does not name the table itself
    "matches": r"match(es)? \d+",
    "seats": r"match \d+: (lineup|returns|ending) changed|matches \d+ to \d+",
    "log": "the log ends",
    "ratings": "ratings?",
    "history": r"rating of .* after round|history",
    "folds": "ratings of|folds of",
    "learners": "learners?",
    "imported": r"season \d+: the rows that it was imported from",
    "seals": "not as it was written|is gone",
}
COLUMNS = [column for table in metadata.sorted_tables for column in table.c if str(column) not in FREE]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A league in which every table has rows."""
    league = League(tmp_path_factory.mktemp("sealed") / "league.db")
    for name, spec in (("ppo", "ppo(hidden=(8,))"), ("one", "uniform"), ("two", "tactician")):
        league.register(name, spec, game=GAME, check=False)
    league.register("child", "uniform", game=GAME, parent="one@1", check=False)
    league.run_season(GAME, rounds=2, train=30, boards=8, games=2, chunk=4, history=1)
    league.rename("one", "uno")
    league.retire("two")
    first = league.match(1).result
    with Store.open(league.path, write=True) as store, pytest.raises(Conflict):
        store.record(1, 0, [first._replace(tape=first.tape[::-1] + b"\0")])
    (league.path.parent / "games.csv").write_text("home,away,score\none,guest,W\nguest,two,D\n")
    league.exchange.import_results(league.path.parent / "games.csv", game=GAME)
    league.rebuild()  # which changes nothing, and keeps the boards
    assert league.verify() == []
    return league.path


def others(old: Any) -> tuple[Any, ...]:
    """Values that are not this one, the most alike first."""
    match old:
        case int() | float():
            return 1 - old, old + 1, old + 1000
        case str():
            return ("1" if old[:1] == "0" else "0") + old[1:], "main", "anchor"
        case bytes():
            return (bytes([old[0] ^ 1]) + old[1:],)
    return 1, "x", b"x"


def edit(path: Path, column: Column[Any], *values: Any, to: str = "?") -> None:
    """Changes a value by another hand to the first of these that the schema allows; past its checks, if it allows none."""
    table, name = column.table.name, f'"{column.name}"'
    keys = ", ".join(f'"{key.name}"' for key in column.table.primary_key)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        (old, *row), *_ = db.execute(f"SELECT {name}, {keys} FROM {table} ORDER BY {name} IS NULL, {keys}")
        for anything, value in product((False, True), values or others(old)):
            db.execute(f"PRAGMA ignore_check_constraints = {anything}")
            with suppress(sqlite3.IntegrityError):
                change = (
                    f"UPDATE {table} SET {name} = {to} WHERE ({keys}) = ({', '.join('?' * len(row))}) AND {name} IS NOT ?"
                )
                if db.execute(change, (value, *row, value)).rowcount:
                    return
    raise AssertionError(f"nothing else can be in {column}")


def names(path: Path, table: str) -> bool:
    """Whether `arena db verify` finds something, and says of which table."""
    said = CliRunner().invoke(main, ["--league", str(path), "db", "verify"])
    assert said.exit_code == 7, said.output
    return bool(re.search(CALLED.get(table, table), said.output))


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_another_value_is_found(path: Path, tmp_path: Path, column: Column[Any]) -> None:
    copy = Path(shutil.copy(path, tmp_path / "copy.db"))
    edit(copy, column)
    assert names(copy, column.table.name)


@pytest.mark.parametrize("column", [one for one in COLUMNS if one.type.python_type is str], ids=str)
def test_bytes_that_are_no_text_are_found(path: Path, tmp_path: Path, column: Column[Any]) -> None:
    copy = Path(shutil.copy(path, tmp_path / "copy.db"))
    edit(copy, column, b'"\xff"', to="CAST(? AS TEXT)")
    assert names(copy, column.table.name)


@pytest.mark.parametrize("table", SEALED, ids=str)
def test_a_row_that_is_gone_or_slipped_in_is_found(path: Path, tmp_path: Path, table: Table) -> None:
    for change in (f"DELETE FROM {table.name}", f"DELETE FROM seals WHERE kind = '{table.name}'"):
        copy = Path(shutil.copy(path, tmp_path / "copy.db"))
        with closing(sqlite3.connect(copy, isolation_level=None)) as db:
            assert db.execute(change).rowcount
        assert names(copy, table.name)


def test_a_lawful_change_covers_nothing_up(path: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(path, tmp_path / "copy.db"))
    edit(copy, metadata.tables["agents"].c.role)
    League(copy).rename("ppo", "other")
    assert League(copy).verify() == ["agents, row 1: not as it was written"]


def test_what_is_free_is_free(path: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(path, tmp_path / "copy.db"))
    edit(copy, metadata.tables["matches"].c.played_at)
    assert League(copy).verify() == []
