"""Portable game notation (Edwards 1994): who met whom, and how it ended. Moves are skipped when it is read.

Written for any game of two seats in which one wins, or nobody: seat 0 is White. A void match has the result `*`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import BinaryIO

from arena.errors import BadRow
from arena.formats import Line, Reading
from arena.formats.cells import UID, Told
from arena.formats.text import lines
from arena.moments import moment
from arena.names import safe
from arena.rows import MatchRow, nth

ROSTER = ("Event", "Site", "Date", "Round", "White", "Black", "Result")  # the seven tags that every game has
_TAG = re.compile(r'\[\s*(\w+)\s+"((?:[^"\\]|\\.)*)"\s*\]\s*')
_COMMENT = re.compile(r";.*|\{[^}]*\}")


def columns(path: Path, how: Reading) -> list[str]:
    """The tags that every game has, then those that some have. Raises `BadRow` where there is no game."""
    names = {name: None for _, tags in _games(path, how) for name in tags}
    if not names:
        raise BadRow.at(path, 1, expected='a game, which begins with its tags: [White "alice"]', got="")
    return list(dict.fromkeys((*ROSTER, *names)))


def rows(path: Path, wanted: Sequence[str], how: Reading) -> Iterator[Line]:
    """The wanted tags of every game, at the line where it begins; a tag that is absent is empty."""
    for number, tags in _games(path, how):
        yield number, [tags.get(name, "") for name in wanted]


def write(rows: Iterable[Told], seats: int, out: BinaryIO) -> None:
    """Each match as it comes."""
    for row, uid, moves, more in rows:
        tags = "\n".join(
            f'[{name} "{_quoted(said)}"]' for name, said in (_tags(row) | {UID.capitalize(): uid} | dict(more)).items()
        )
        out.write(f"{tags}\n\n{_movetext(moves, _result(row), first=_first_ply(dict(more)))}\n\n".encode())


def _games(path: Path, how: Reading) -> Iterator[tuple[int, dict[str, str]]]:
    """The tags of every game. A comment between braces may go over lines, and look like a tag."""
    began, tags, moving, comment = 0, dict[str, str](), False, False
    for number, line in enumerate(lines(path, how), 1):
        if comment:
            comment = _ends_in_comment(line, began=True)
        elif line.startswith("["):
            tag = _TAG.fullmatch(line)
            if tag is None:
                raise BadRow.at(path, number, expected='a tag, such as [White "alice"]', got=line.strip())
            if moving:
                yield began, tags
                tags, moving = {}, False
            began = began if tags else number
            tags[tag[1]] = re.sub(r"\\(.)", r"\1", tag[2])
        elif line.strip() and not line.startswith("%"):
            if not tags:
                raise BadRow.at(path, number, expected='the tags of a game, such as [White "alice"]', got=line.strip())
            moving, comment = True, _ends_in_comment(line)
    if tags:
        yield began, tags


def _ends_in_comment(line: str, *, began: bool = False) -> bool:
    """Whether a comment between braces goes on behind a line, which may have begun in one."""
    _, closed, rest = line.partition("}") if began else ("", "}", line)
    return not closed or "{" in _COMMENT.sub("", rest)


def _tags(row: MatchRow) -> dict[str, str]:
    result = row.result
    white, black = result.match.lineup
    date = moment(row.played_at)[:10].replace("-", ".") or "????.??.??"
    said = (f"{row.game}, season {row.season}", "?", date, str(nth(row.round)))
    more = {"Ordinal": str(result.match.ordinal), "Seed": str(result.match.seed), "Termination": str(result.ending)}
    return dict(zip(ROSTER, (*said, str(white), str(black), _result(row)), strict=True)) | more


def _result(row: MatchRow) -> str:
    if not row.result.returns:
        return "*"
    white, black = row.result.returns
    return "1-0" if white > black else "0-1" if white < black else "1/2-1/2"


def _first_ply(tags: Mapping[str, str]) -> int:
    """How many plies came before the first one: a game from a position in FEN may begin with a late move, or Black's."""
    fields = tags.get("FEN", "").split()
    return 2 * (int(fields[5]) - 1) + (fields[1] == "b") if len(fields) == 6 else 0


def _movetext(moves: Sequence[str], result: str, *, first: int = 0) -> str:
    """`1. d4 d5 2. c4 1-0`, in lines of at most 79 characters."""
    numbered = [f"{ply // 2 + 1}. {move}" if ply % 2 == 0 else move for ply, move in enumerate(moves, first)]
    if first % 2 and moves:
        numbered[0] = f"{first // 2 + 1}... {moves[0]}"
    return fill(" ".join([*numbered, result]), 79, break_long_words=False, break_on_hyphens=False)


def _quoted(said: str) -> str:
    return safe(said).replace("\\", "\\\\").replace('"', '\\"')
