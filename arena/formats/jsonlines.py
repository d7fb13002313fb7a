"""JSON lines: an object a line, whose keys are the columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from arena.errors import BadRow
from arena.formats import Cell, Line, Reading
from arena.formats.cells import Told, cells
from arena.formats.cells import columns as told_columns
from arena.formats.text import lines


def columns(path: Path, how: Reading) -> list[str]:
    """The keys of all objects: a writer may leave out what is empty. Raises `BadRow` where there is no object."""
    names: dict[str, None] = {}
    objects = 0
    for _, said in _objects(path, how):
        names.update(dict.fromkeys(said))
        objects += 1
    if not objects:
        raise BadRow.at(path, 1, expected="an object a line", got="")
    return list(names)


def rows(path: Path, wanted: Sequence[str], how: Reading) -> Iterator[Line]:
    """The wanted values of every object; a key that is absent is empty. Raises `BadRow`."""
    for number, said in _objects(path, how):
        yield number, [_cell(said.get(key), path, number, key) for key in wanted]


def write(rows: Iterable[Told], seats: int, out: BinaryIO) -> None:
    """Each match as it comes, an object a line, in ASCII."""
    names = told_columns(seats)
    for one in rows:
        out.write(json.dumps(dict(zip(names, cells(one, seats), strict=True))).encode() + b"\n")


def _objects(path: Path, how: Reading) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines(path, how), 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise BadRow.at(path, number, expected="an object in JSON", got=line.strip()) from None
        if not isinstance(said, dict):
            raise BadRow.at(path, number, expected="an object in JSON", got=line.strip())
        yield number, said


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _cell(value: Any, path: Path, number: int, key: str) -> Cell:
    if isinstance(value, bool):
        return "true" if value else "false"  # else it would be the number 1
    if value is None or isinstance(value, str | int | float):
        return value
    raise BadRow.at(path, number, column=key, expected="text, a number, true or false", got=value)
