"""What the columns of somebody else's table say: who met whom, and how it ended. Cells become facts, or a clear error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple, Self

from arena.errors import BadConfig, BadName, BadRow
from arena.formats import Cell, Line
from arena.formats.cells import UID
from arena.moments import EARLIEST, LATEST
from arena.names import folded, likened
from games.errors import meant
from games.spec import GameSpec

ROLES = {  # of columns, with the names by which each is known unless it is said
    "first": ("first", "home", "home_team", "white", "seat_0"),
    "second": ("second", "away", "away_team", "black", "seat_1"),
    "first_score": ("first_score", "home_score", "return_0"),
    "second_score": ("second_score", "away_score", "return_1"),
    "score": ("score", "result"),  # of the first: one column instead of two scores
    "neutral": ("neutral",),
    "ending": ("ending",),
    "order": ("date",),  # guessed only where the first row has a date that can be read
    "id": ("id", "match", "match_id", "game_id"),  # tells rows apart that else say the same
    "uid": (UID,),  # what a match is known by in every league
}
LARGEST = 1e9  # of a score: its square still adds up exactly enough

_VERSIONED = re.compile(r"(.+)@([1-9]\d{0,8})", re.DOTALL)
_OUTCOMES = {  # the first wins 1, loses -1
    **dict.fromkeys(("1-0", "w", "win", "won", "1", "1.0"), 1),
    **dict.fromkeys(("0-1", "l", "loss", "lost", "0", "0.0"), -1),
    **dict.fromkeys(("1/2-1/2", "½-½", "d", "draw", "drawn", "0.5", ".5", "1/2", "½"), 0),
    "*": None,  # as PGN has it: unfinished
}
_YES, _NO = ("true", "t", "yes", "y", "1", "1.0"), ("false", "f", "no", "n", "0", "0.0", "")


class Told(NamedTuple):
    """A row that was read: who sat where, what each was paid, and when, if that is to order the rows."""

    line: int
    lineup: tuple[str, str]  # as the league writes them: `alice` or `alice@3`
    returns: tuple[float, float]
    neutral: bool
    id: str
    when: float | None
    dated: bool  # whether `when` is a date (in unix seconds) rather than just a number
    uid: bytes = b""  # empty where the row has none

    @property
    def date(self) -> int | None:
        """When it was played, in unix seconds; None where the row does not say."""
        return int(self.when) if self.dated and self.when is not None else None


@dataclass(frozen=True)
class Columns:
    """Which column plays which role."""

    names: Mapping[str, str]  # role -> column

    @classmethod
    def choose(cls, there: Sequence[str], said: Mapping[str, str]) -> Self:
        """What is said, and for the other roles the columns that are known by their names; a role of no name has none.

        Raises `BadConfig`.
        """
        for role, column in said.items():
            if column and role in ROLES and column in there:
                continue
            if role not in ROLES:
                raise BadConfig(f"no column plays {role!r}{meant(role, ROLES)}", hint=f"roles: {', '.join(ROLES)}")
            if column:
                raise BadConfig(
                    f"there is no column {column!r} for {role!r}{meant(column, there)}", hint=f"there is: {_listed(there)}"
                )
        by_name = {name.strip().casefold(): name for name in reversed(there)}
        known = {role: by_name[name] for role, names in ROLES.items() for name in reversed(names) if name in by_name}
        if {"first_score", "second_score"} & said.keys():
            known.pop("score", None)
        elif "score" in said or not {"first_score", "second_score"} <= known.keys():
            known = {role: name for role, name in known.items() if role not in ("first_score", "second_score")}
        names = {**known, **said}
        if names.get("first_score"):
            names.pop("score", None)
        needed = ("first", "second", *(("first_score", "second_score") if names.get("first_score") else ("score",)))
        for role in needed:
            if not names.get(role):
                say = "say which: --column first=home --column second=away --column score=result"
                raise BadConfig(
                    f"no column for {role!r}: there is {_listed(there)}",
                    hint=say if len(there) > 1 else f"is it another delimiter? --delimiter ';'; else {say}",
                )
        return cls({role: names[role] for role in ROLES if names.get(role)})

    def without(self, role: str) -> Columns:
        """The same without one."""
        return Columns({one: name for one, name in self.names.items() if one != role})


@dataclass(frozen=True)
class Reader:
    """Reads the rows of one file, for one game."""

    file: Path
    columns: Columns
    game: GameSpec

    def read(self, rows: Iterable[Line]) -> Iterator[Told | None]:
        """Each row's match; None where there is none, since it was void or is unfinished. Raises `BadRow`."""
        roles = list(self.columns.names)
        scored = "first_score" in roles
        parse = [_Memo(self._parser(role)) for role in roles]
        place = {role: roles.index(role) for role in roles}
        neutral, ending, when, id, uid = (place.get(role) for role in ("neutral", "ending", "order", "id", "uid"))
        known_by = self._parser("uid")  # each is another: nothing to remember
        score = place["first_score" if scored else "score"]
        line = 0
        try:
            for line, cells in rows:
                if ending is not None and parse[ending][cells[ending]]:
                    yield None
                    continue
                lineup = parse[0][cells[0]], parse[1][cells[1]]
                returns = parse[score][cells[score]]
                if scored:
                    returns = returns, parse[score + 1][cells[score + 1]]
                elif returns is None:
                    yield None
                    continue
                at, dated = parse[when][cells[when]] if when is not None else (None, False)
                truly_neutral = neutral is not None and parse[neutral][cells[neutral]]
                name = "" if id is None else str(cells[id])
                known = b"" if uid is None else known_by(cells[uid])
                yield Told(line, lineup, returns, truly_neutral, name, at, dated, known)
        except _Unfit as unfit:
            column = self.columns.names[unfit.role]
            raise BadRow.at(self.file, line, column=column, expected=unfit.expected, got=unfit.got) from None

    def _parser(self, role: str) -> Callable[[Cell], Any]:
        if role in ("first", "second"):
            return self._names(role)
        parse = {"score": self._outcome, "neutral": _truth, "ending": _void, "order": moment_of, "uid": _uid}.get(
            role, self._score
        )

        def checked(cell: Cell) -> Any:
            try:
                return parse(cell)
            except Unread as unread:
                raise _Unfit(role, str(unread), cell) from None

        return checked

    def _names(self, role: str) -> Callable[[Cell], str]:
        def parse(cell: Cell) -> str:
            text = "" if cell is None else str(cell).strip()
            versioned = _VERSIONED.fullmatch(text)
            foreign, version = (versioned[1], f"@{versioned[2]}") if versioned else (text, "")
            try:
                name = likened(foreign)
            except BadName as error:
                raise _Unfit(role, f"a name ({error.cause})", cell) from None
            first = self._borne.setdefault(folded(name), foreign)
            if first != foreign and (likened(first), name) != (first, foreign):
                raise _Unfit(role, f"another name: this and {first!r} would both be {name}", cell)
            return name + version

        return parse

    @property
    def _borne(self) -> dict[str, str]:
        """Which foreign name each name of the league stands for, by its folded form; shared by both columns."""
        borne: dict[str, str] = self.__dict__.setdefault("borne", {})
        return borne

    def _outcome(self, cell: Cell) -> tuple[float, float] | None:
        text = str(cell).strip().casefold()
        if text not in _OUTCOMES:
            raise Unread("1-0, 0-1 or 1/2-1/2; W, D or L; or 1, 0.5 or 0")
        outcome = _OUTCOMES[text]
        low, high = self.game.return_range if self.game.has_rules else (-1.0, 1.0)
        middle = (low + high) / 2
        return None if outcome is None else {1: (high, low), 0: (middle, middle), -1: (low, high)}[outcome]

    def _score(self, cell: Cell) -> float:
        low, high = self.game.return_range
        try:
            value = float("" if cell is None or "_" in str(cell) else cell)
        except (ValueError, OverflowError):
            value = float("nan")
        if not isfinite(value) or not low <= value <= high:
            raise Unread(f"a number from {low:g} to {high:g}")
        return value


class Unread(Exception):
    """A cell that says nothing; the text is what was expected."""


class _Unfit(Exception):
    """That, with the role of its column."""

    def __init__(self, role: str, expected: str, got: Cell) -> None:
        super().__init__(role)
        self.role, self.expected, self.got = role, expected, got


class _Memo(dict[Cell, Any]):
    """What cells mean: each is read once, since a column of a million rows has few different ones."""

    def __init__(self, parse: Callable[[Cell], Any]) -> None:
        super().__init__()
        self.parse = parse

    def __missing__(self, cell: Cell) -> Any:
        value = self[cell] = self.parse(cell)
        return value


def _truth(cell: Cell) -> bool:
    text = "" if cell is None else str(cell).strip().casefold()
    if text not in (*_YES, *_NO):
        raise Unread("true or false, yes or no, 1 or 0, or nothing")
    return text in _YES


def _void(cell: Cell) -> bool:
    """Whether a match did not count: `arena export` says `void(...)`."""
    return str(cell).startswith("void")


def _uid(cell: Cell) -> bytes:
    text = "" if cell is None else str(cell).strip()
    if text and not _UID.fullmatch(text):
        raise Unread("32 hexadecimal digits, as `arena export` writes them, or nothing (or --column uid= to do without)")
    return bytes.fromhex(text)


def moment_of(cell: Cell) -> tuple[float, bool]:
    """A place in time or in an order, and whether it is a date; one without a zone is taken as UTC."""
    text = str(cell).strip()
    try:
        if (number := float(text.replace("_", "?"))) and not isfinite(number):
            raise Unread(_DATES)
        return number, False
    except ValueError:
        pass
    try:
        date = datetime.fromisoformat(text.replace(".", "-") if _PGN_DATE.fullmatch(text) else text)
    except ValueError:
        raise Unread(_DATES) from None
    seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    if not EARLIEST <= seconds <= LATEST:  # by its zone, or rounded up
        raise Unread("a date of the years 1 to 9999 in UTC")
    return seconds, True


_DATES = "a number or a date, such as 2024-05-01 or 2024-05-01T18:30:00 (or --column order= for the order of the file)"
_UID = re.compile("[0-9a-f]{32}")
_PGN_DATE = re.compile(r"\d{4}\.\d\d\.\d\d")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
