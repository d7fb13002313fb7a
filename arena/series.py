"""Series of facts as columns: how thousands of matches are planned, sent to workers, recorded and rated.

A series reads like a list of facts, and makes a `Match` or a `Result` when somebody looks at one. Whoever handles a whole
chunk goes by the columns. Equal lineups should be one object: then they are encoded once, and sent to a worker once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any, ClassVar, Self, TypeVar, overload

from arena.match import Checkpoint, Match, Result

Fact = TypeVar("Fact", Match, Result)
Lineup = tuple[Checkpoint, ...]
BySeat = tuple[str | None, ...]  # what is said of each seat; empty where there is nothing to say


class Series(Sequence[Fact]):
    """Columns of one length, one for each part of a fact and in the same order."""

    fact: ClassVar[Callable[..., Any]]

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> Self:
        """Any facts as columns; such as are columns already stay as they are."""
        if isinstance(facts, cls):
            return facts
        rows = list(facts)
        if not rows:
            return cls.joined([])
        return cls(*[list(map(itemgetter(place), rows)) for place in range(len(rows[0]))])

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Parts, one behind the other."""
        return cls(*[_joined([getattr(part, column.name) for part in parts]) for column in fields(cls)])  # type: ignore[arg-type]

    @property
    def columns(self) -> list[Sequence[Any]]:
        return [getattr(self, column.name) for column in fields(self)]  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self.columns[0])

    def __iter__(self) -> Iterator[Fact]:
        return map(self.fact, *self.columns)

    @overload
    def __getitem__(self, place: int) -> Fact: ...
    @overload
    def __getitem__(self, place: slice) -> Self: ...
    def __getitem__(self, place: int | slice) -> Fact | Self:
        make: Callable[..., Any] = type(self) if isinstance(place, slice) else type(self).fact
        return make(*[column[place] for column in self.columns])  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)


@dataclass(frozen=True, eq=False)
class Matches(Series[Match]):
    """Matches, as they are planned and played."""

    fact = Match

    ordinals: Sequence[int]  # a range, where they are consecutive
    seeds: Sequence[int]
    lineups: Sequence[Lineup]

    def __post_init__(self) -> None:
        if not isinstance(self.ordinals, range):
            object.__setattr__(self, "ordinals", _range(self.ordinals))

    @cached_property
    def casts(self) -> Collection[Lineup]:
        """The lineups, each once; or as often as it is another object."""
        return list({id(lineup): lineup for lineup in self.lineups}.values())

    @property
    def kinds(self) -> tuple[Collection[Lineup], list[int]]:
        """The lineups as `casts` has them, and which of them plays each match."""
        casts = self.casts
        places = {id(lineup): place for place, lineup in enumerate(casts)}
        return casts, [places[id(lineup)] for lineup in self.lineups]

    @property
    def cast(self) -> set[Checkpoint]:
        """Everybody who plays."""
        return set(chain.from_iterable(self.casts))


@dataclass(frozen=True, eq=False)
class Results(Series[Result]):
    """What came of matches, as it is recorded."""

    fact = Result

    matches: Matches
    returns: Sequence[tuple[float, ...]]
    steps: Sequence[int]
    tapes: Sequence[bytes]
    faults: Sequence[BySeat]
    voids: Sequence[str | None]
    neutral: Sequence[bool]
    jails: Sequence[BySeat]

    def __post_init__(self) -> None:
        object.__setattr__(self, "matches", Matches.of(self.matches))

    @property
    def spoiled(self) -> int:
        """How many are forfeits or void."""
        return sum(void is not None or any(faults) for void, faults in zip(self.voids, self.faults, strict=True))

    def bare(self) -> Self:
        """The same without tapes, which only replays want."""
        return replace(self, tapes=[b""] * len(self))


def _range(ordinals: Sequence[int]) -> Sequence[int]:
    """Consecutive numbers as a range, others as they are."""
    row = range(ordinals[0], ordinals[0] + len(ordinals)) if ordinals else range(0)
    return row if list(ordinals) == list(row) else ordinals


def _joined(columns: Sequence[Any]) -> Sequence[Any]:
    """Parts of a column as one."""
    if columns and isinstance(columns[0], Series):
        return type(columns[0]).joined(columns)
    return list(chain.from_iterable(columns))
