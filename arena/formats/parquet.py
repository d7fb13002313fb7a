"""Parquet, by columns and packed: `pip install 'arena-league[parquet]'`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from arena.errors import BadConfig
from arena.formats import Line, Reading, demand_file
from arena.formats.cells import Told, cells
from arena.formats.cells import columns as told_columns
from games.errors import MissingExtra

_BATCH = 10_000  # rows at once


def columns(path: Path, how: Reading) -> list[str]:
    """The names of the schema. Raises `MissingExtra`, `BadConfig` for a file that is none."""
    return [str(name) for name in _opened(path).schema_arrow.names]


def rows(path: Path, wanted: Sequence[str], how: Reading) -> Iterator[Line]:
    """The wanted cells of every row; its number stands for its line."""
    number = 0
    for batch in _opened(path).iter_batches(batch_size=_BATCH, columns=list(wanted)):
        for row in zip(*(batch.column(name).to_pylist() for name in wanted), strict=True):
            number += 1
            yield number, [_cell(value) for value in row]


def write(rows: Iterable[Told], seats: int, out: BinaryIO) -> None:
    """Matches in batches, as they come."""
    arrow = _arrow()
    kinds = {"ending": arrow.string(), "time": arrow.string(), "neutral": arrow.bool_()}
    kinds |= {f"seat_{seat}": arrow.string() for seat in range(seats)}
    kinds |= {f"return_{seat}": arrow.float64() for seat in range(seats)}
    schema = arrow.schema([(name, kinds.get(name, arrow.int64())) for name in told_columns(seats)])
    stream = (cells(one.row, seats) for one in rows)
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


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"  # else it would be the number 1
    return value if value is None or isinstance(value, str | int | float) else str(value)
