"""Parquet, by columns and packed: `pip install 'arena-league[parquet]'`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from arena.errors import BadConfig, BadRow
from arena.formats import Cell, Line, Reading, demand_file
from arena.formats.cells import UID, Told, cells
from arena.formats.cells import columns as told_columns
from games.errors import MissingExtra

_BATCH = 10_000  # rows at once


def columns(path: Path, how: Reading) -> list[str]:
    """The names of the schema. Raises `MissingExtra`, `BadConfig` for a file that is none, `BadRow` for one name twice."""
    names = [str(name) for name in _opened(path).schema_arrow.names]
    if doubled := [name for name, count in Counter(names).items() if count > 1]:
        raise BadRow.at(path, 1, expected="columns of different names", got=doubled[0])
    return names


def rows(path: Path, wanted: Sequence[str], how: Reading) -> Iterator[Line]:
    """The wanted cells of every row; its number stands for its line. Raises `BadRow`."""
    number = 0
    for page in _pages(path, wanted):
        for row in page:
            number += 1
            yield number, [_cell(value, path, number, name) for name, value in zip(wanted, row, strict=True)]


def _pages(path: Path, wanted: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    """The values of many rows at once; what damage or a strange value does to them is said as a bad row."""
    file, read = _opened(path), 0
    try:
        for batch in file.iter_batches(batch_size=_BATCH, columns=list(wanted)):
            yield _turned([batch.column(name).to_pylist() for name in wanted])
            read += len(batch)
    except (_arrow().ArrowException, OSError, ValueError, LookupError, OverflowError) as error:
        cure = "get the file again, or write it anew"
        raise BadRow.at(path, read + 1, expected="rows that can be read", got=str(error), cure=cure) from None


def write(rows: Iterable[Told], seats: int, out: BinaryIO) -> None:
    """Matches in batches, as they come."""
    arrow = _arrow()
    kinds = {"ending": arrow.string(), "time": arrow.string(), UID: arrow.string(), "neutral": arrow.bool_()}
    kinds |= {f"seat_{seat}": arrow.string() for seat in range(seats)}
    kinds |= {f"return_{seat}": arrow.float64() for seat in range(seats)}
    schema = arrow.schema([(name, kinds.get(name, arrow.int64())) for name in told_columns(seats)])
    stream = (cells(one, seats) for one in rows)
    with arrow.parquet.ParquetWriter(out, schema) as pen:
        while page := list(islice(stream, _BATCH)):
            arrays = [arrow.array(column).cast(field.type) for column, field in zip(_turned(page), schema, strict=True)]
            pen.write_batch(arrow.record_batch(arrays, schema=schema))


def _turned(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True))


def _opened(path: Path) -> Any:
    demand_file(path)
    arrow = _arrow()
    try:
        return arrow.parquet.ParquetFile(path)
    except (arrow.ArrowException, OSError) as error:
        raise BadConfig(
            f"{path.name} is not a Parquet file: {error}", hint="say its kind: --results csv|jsonl|pgn"
        ) from None


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtra("Parquet needs pyarrow", hint="pip install 'arena-league[parquet]'") from None
    return pyarrow


def _cell(value: Any, path: Path, number: int, name: str) -> Cell:
    if isinstance(value, bool):
        return "true" if value else "false"  # else it would be the number 1
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, date | Decimal):
        return str(value)
    with suppress(AttributeError, UnicodeDecodeError):
        return str(value.decode())  # some writers do not say that their bytes are text
    raise BadRow.at(path, number, column=name, expected="text, a number, a date, true or false", got=value)
