"""Rows that were read, as columns of numbers: a million of them take some 50 MB, and not 300.

A file of results is checked to its end before any of it is taken in, so all its rows are held for a while.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any, overload

from arena.columns import Told

KEY = 16  # bytes of a row's key


class Rows(Sequence[Told]):
    """Rows in the order in which they were added, until they are sorted."""

    def __init__(self) -> None:
        self._lines, self._whens, self._flags = array("q"), array("d"), array("b")
        self._first, self._second, self._returns = array("l"), array("l"), array("l")
        self._ids: list[str] = []
        self._uids: list[bytes] = []
        self._numbers: dict[str, int] = {}  # of names and returns, which seldom differ
        self._said: list[Any] = []  # by number

    def add(self, told: Told) -> None:
        """One more row."""
        self._lines.append(told.line)
        self._whens.append(0.0 if told.when is None else told.when)
        self._flags.append(told.neutral + 2 * (told.when is not None) + 4 * told.dated)
        self._ids.append(told.id)
        self._uids.append(told.uid)
        first, second = told.lineup
        self._first.append(self._number(first, first))
        self._second.append(self._number(second, second))
        self._returns.append(self._number(f"\0{told.returns!r}", told.returns))  # no name; and 0.0 is not -0.0

    def sort(self) -> None:
        """By when they were played; rows of one moment stay in their order."""
        order = sorted(range(len(self)), key=self._whens.__getitem__)
        for name in ("_lines", "_whens", "_flags", "_first", "_second", "_returns"):
            column: array[Any] = getattr(self, name)
            setattr(self, name, array(column.typecode, (column[place] for place in order)))
        self._ids = [self._ids[place] for place in order]
        self._uids = [self._uids[place] for place in order]

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, place: int) -> Told: ...
    @overload
    def __getitem__(self, place: slice) -> list[Told]: ...
    def __getitem__(self, place: int | slice) -> Told | list[Told]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        said, flags = self._said, self._flags[place]
        lineup = said[self._first[place]], said[self._second[place]]
        when = self._whens[place] if flags & 2 else None
        returns = said[self._returns[place]]
        id, uid = self._ids[place], self._uids[place]
        return Told(self._lines[place], lineup, returns, bool(flags & 1), id, when, bool(flags & 4), uid)

    def _number(self, name: str, said: Any) -> int:
        number = self._numbers.setdefault(name, len(self._said))
        if number == len(self._said):
            self._said.append(said)
        return number


class Keys(Sequence[bytes]):
    """What rows are known by, one behind the other."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, key: bytes) -> None:
        """One more."""
        assert len(key) == KEY, f"a key has {KEY} bytes"
        self._bytes += key

    def __len__(self) -> int:
        return len(self._bytes) // KEY

    def __iter__(self) -> Iterator[bytes]:
        return (bytes(self._bytes[start : start + KEY]) for start in range(0, len(self._bytes), KEY))

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> list[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | list[bytes]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        start = range(len(self))[place] * KEY
        return bytes(self._bytes[start : start + KEY])
