"""Comma-separated values, or whatever separates them: a header, then a row a line. RFC 4180."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from arena.errors import BadConfig, BadRow
from arena.formats import Line, Reading
from arena.formats.cells import Told, cells
from arena.formats.cells import columns as told_columns
from arena.formats.text import lines
from arena.names import inert


def columns(path: Path, how: Reading) -> list[str]:
    """The header's names. Raises `BadRow` where there is none, or one stands there twice."""
    for _, header in _table(path, how):
        if doubled := [name for place, name in enumerate(header) if name and name in header[:place]]:
            raise BadRow.at(path, 1, expected="a header of different names", got=doubled[0])
        return header
    raise BadRow.at(path, 1, expected="a header", got="")


def rows(path: Path, wanted: Sequence[str], how: Reading) -> Iterator[Line]:
    """The wanted cells of every row; empty lines are none. Raises `BadRow` for a row of another length than the header."""
    table = _table(path, how)
    _, header = next(table)
    width, pick = len(header), itemgetter(*map(header.index, wanted))
    for number, row in table:
        if len(row) != width:
            raise BadRow.at(path, number, expected=f"{width} cells, as in the header", got=len(row))
        yield number, pick(row)


def write(rows: Iterable[Told], seats: int, out: BinaryIO) -> None:
    """A header, then each match as it comes; no cell is a formula to a spreadsheet."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    pen = csv.writer(text, lineterminator="\n")
    pen.writerow(told_columns(seats))
    for one in rows:
        pen.writerow([inert(cell) if isinstance(cell, str) else cell for cell in cells(one, seats)])
    text.detach()


def _table(path: Path, how: Reading) -> Iterator[tuple[int, list[str]]]:
    delimiter = how.delimiter or ("\t" if path.suffix.lower() == ".tsv" else ",")
    try:
        reader = csv.reader(lines(path, how), delimiter=delimiter, strict=True)
    except TypeError:
        raise BadConfig(f"a delimiter is one character, got {how.delimiter!r}", hint="such as ';'") from None
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise BadRow.at(path, reader.line_num, expected="cells, quoted as in RFC 4180", got=str(error)) from None
