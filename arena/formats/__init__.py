"""Files of results: how each kind is read and written. A kind is one file here, and a line of `KINDS`.

A source has columns, and hands out the cells of those that are wanted, row by row, so that a file of any length can be
read. A sink takes rows of the columns of `arena.formats.cells`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Protocol

from arena.errors import BadConfig, NotFound
from arena.formats.cells import Told

KINDS = {  # of results: where each is read and written, and the endings of its files
    "csv": ("arena.formats.delimited", (".csv", ".tsv", ".txt")),
    "jsonl": ("arena.formats.jsonlines", (".jsonl", ".ndjson", ".json")),
    "parquet": ("arena.formats.parquet", (".parquet", ".pq")),
    "pgn": ("arena.formats.pgn", (".pgn",)),
}

Cell = str | int | float | None
Line = tuple[int, Sequence[Cell]]  # where a row is in its file, and its cells


@dataclass(frozen=True)
class Reading:
    """How a file is written, where its kind leaves that open."""

    encoding: str = "utf-8-sig"
    delimiter: str | None = None  # None: a tab in a .tsv, else a comma


class Kind(Protocol):
    """What the module of a kind has."""

    def columns(self, path: Path, how: Reading) -> list[str]:
        """The names of a file's columns. Raises `BadRow`, `BadConfig`."""

    def rows(self, path: Path, wanted: Sequence[str], how: Reading) -> Iterator[Line]:
        """The cells of two or more wanted columns, row by row. Raises `BadRow`."""

    def write(self, rows: Iterable[Told], seats: int, out: BinaryIO) -> None:
        """Writes matches of so many seats, as they come."""


def kind_of(path: Path, named: str | None = None) -> str:
    """The kind of a file, by its name's ending unless it is named. Raises `BadConfig`."""
    if named is not None:
        return named
    for kind, (_, endings) in KINDS.items():
        if path.suffix.lower() in endings:
            return kind
    raise BadConfig(
        f"what kind of results {path.name!r} holds cannot be told from its name",
        hint=f"say it: --results {'|'.join(KINDS)}",
    )


def module_of(kind: str) -> Kind:
    """The reader and writer of a kind."""
    return import_module(KINDS[kind][0])


def demand_file(path: Path) -> None:
    """Raises `NotFound` unless there is a regular file: it is read twice, and a pipe might never end."""
    if not path.is_file():
        raise NotFound(f"there is no file {str(path)!r}", hint="name a regular file")
