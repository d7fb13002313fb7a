"""Lines of a foreign text file: whatever it holds, a clear error or a line of bounded length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from arena.errors import BadConfig, BadRow
from arena.formats import Reading, demand_file

LONGEST = 1 << 20  # characters of a line; a file without line ends must not fill the memory


def lines(path: Path, how: Reading) -> Iterator[str]:
    """The lines with their ends. Raises `NotFound`, `BadRow` for bytes of another encoding and for endless lines."""
    demand_file(path)
    number = 0
    try:
        with path.open(encoding=how.encoding, newline="") as file:
            while line := file.readline(LONGEST):
                number += 1
                if len(line) == LONGEST:
                    raise BadRow.at(path, number, expected=f"a line of fewer than {LONGEST:,} characters", got=line)
                yield line
    except (LookupError, ValueError) as error:
        if isinstance(error, UnicodeError):
            where = _culprit(path, how, number + 1)
            raise BadRow.at(path, where, expected=f"text in {how.encoding}", got=_bytes(error)) from None
        if isinstance(error, LookupError) or "encoding" in str(error):
            raise BadConfig(f"no encoding is called {how.encoding!r}", hint="such as utf-8, latin-1 or cp1252") from None
        raise


def _culprit(path: Path, how: Reading, otherwise: int) -> int:
    """The first line that is of another encoding; a file is decoded in blocks, so the reader may not have come so far."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode(how.encoding)
            except UnicodeError:
                return number
    return otherwise


def _bytes(error: UnicodeError) -> object:
    if isinstance(error, UnicodeDecodeError):
        return error.object[error.start : error.start + 8]
    return str(error)
