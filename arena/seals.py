"""Seals: a digest of every row that nothing else in the league implies, so that a change by another hand is seen.

The log has its chain, and its views are counted again; but who is in the league, and what a season was told and trained,
stands in one row only. A writer's connection has triggers of its own that seal each such row as it is written: no part of
the store can forget it, and whoever edits the file with another tool leaves the old seal behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Table, text

from arena.schema import agents, checkpoints, conflicts, draws, games, learners, names, rounds, seasons, tallies, trainings

SEALED = (games, agents, names, checkpoints, learners, seasons, rounds, trainings, tallies, draws, conflicts)
_HASHED = {learners.c.state}  # large, and its hash stands beside it


def watch(driver: Any) -> None:
    """Has a writer's connection seal what it writes."""
    _teach(driver)
    for table in SEALED:
        intact = f"WHEN {_kept(table, 'OLD')} IS {_seal(table, 'OLD')} "  # a lawful change must not cover up another one
        for event, when in (("INSERT", ""), ("UPDATE", intact)):
            driver.execute(
                f"CREATE TEMP TRIGGER seal_{table.name}_{event} AFTER {event} ON main.{table.name} {when}BEGIN "
                f"INSERT INTO seals VALUES ('{table.name}', {_key(table, 'NEW')}, {_seal(table, 'NEW')}) "
                "ON CONFLICT DO UPDATE SET seal = excluded.seal; END"
            )


def renew(db: Connection) -> None:
    """Seals every row as it is, for a schema that has changed."""
    _teach(db.connection.dbapi_connection)
    db.execute(text("DELETE FROM seals"))
    for table in SEALED:
        row = table.name
        db.execute(text(f"INSERT INTO seals SELECT '{row}', {_key(table, row)}, {_seal(table, row)} FROM {row}"))


def broken_seals(db: Connection) -> Iterator[str]:
    """Rows that are not as they were written, in words."""
    _teach(db.connection.dbapi_connection)
    for table in SEALED:
        row, key = table.name, _key(table, table.name)
        changed = f"SELECT {key} FROM {row} WHERE {_kept(table, row)} IS NOT {_seal(table, row)}"
        gone = f"SELECT which FROM seals WHERE kind = '{row}' AND which NOT IN (SELECT {key} FROM {row})"
        for said, which in (("not as it was written", changed), ("is gone", gone)):
            yield from (f"{row}, row {one}: {said}" for one in db.execute(text(which)).scalars())


def _teach(driver: Any) -> None:
    driver.create_function("arena_seal", -1, _digest, deterministic=True)


def _digest(*values: object) -> bytes:
    return blake2b(repr(values).encode(), digest_size=16).digest()


def _key(table: Table, row: str) -> str:
    """What a row is called: its keys as one text."""
    return " || ',' || ".join([f'CAST({row}."{column.name}" AS TEXT)' for column in table.primary_key])


def _kept(table: Table, row: str) -> str:
    return f"(SELECT seal FROM seals WHERE kind = '{table.name}' AND which = {_key(table, row)})"


def _seal(table: Table, row: str) -> str:
    # Text goes as its bytes: edited by another hand, it need not be UTF-8.
    said = [
        f'CAST({row}."{column.name}" AS BLOB)' if column.type.python_type is str else f'{row}."{column.name}"'
        for column in table.c
        if column not in _HASHED
    ]
    return f"arena_seal({', '.join(said)})"
