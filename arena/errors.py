"""What can go wrong with a league, as a tree: each kind of mistake has its exit code and says its cure."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from games.errors import ArenaError, meant

_SHOWN = 60  # characters of a value that an error shows


class NotFound(ArenaError):
    """A league, agent, checkpoint, season, round or match that is not there."""

    exit_code = 3

    @classmethod
    def named(cls, kind: str, name: str, known: Iterable[str], *, hint: str | None = None) -> NotFound:
        """`no agent is called 'alcie'; did you mean 'alice'?`"""
        return cls(f"no {kind} is called {name!r}{meant(name, known)}", hint=hint)


class AlreadyExists(ArenaError):
    """A name that is taken."""

    exit_code = 4


class LeagueHeld(ArenaError):
    """A league that another process is writing to; the cause names it."""

    exit_code = 4


class SchemaMismatch(ArenaError):
    """A league written by an older or a newer Arena; the file is left as it was."""

    exit_code = 4


class NotALeague(ArenaError):
    """A file that is no database, or somebody else's; it is left as it was."""

    exit_code = 4


class Damaged(ArenaError):
    """Stored bytes that are not what was stored."""

    exit_code = 7


class Conflict(ArenaError):
    """Two different accounts of the same fact, such as two results of one match."""

    exit_code = 7


class DiskFull(ArenaError):
    """No room for a transaction; nothing of it was kept, everything before it was."""

    @classmethod
    def at(cls, path: Path) -> Self:
        """`no room for league.db: 0 bytes are free on its disk`"""
        return cls(
            f"no room for {path}: {shutil.disk_usage(path.parent).free:,} bytes are free on its disk",
            hint="nothing that was recorded is lost; make room and resume",
        )


class DiskFault(ArenaError):
    """A disk that has room and yet does not read or write; nothing of the transaction was kept."""


class ReadOnly(ArenaError):
    """A write to a league that can only be read."""


class BadRow(ArenaError):
    """A row of a file to be imported that does not say what it should; nothing of the file was taken."""

    exit_code = 7

    @classmethod
    def at(
        cls, file: Path, line: int, *, expected: str, got: object, column: str | None = None, cure: str = "mend the file"
    ) -> Self:
        """`games.csv, line 17, column 'score': expected a number, got 'abc'`"""
        said = repr(got) if len(repr(got)) <= _SHOWN else f"{repr(got)[:_SHOWN]}..."
        where = f", column {column!r}" if column is not None else ""
        return cls(
            f"{file.name}, line {line}{where}: expected {expected}, got {said}", hint=f"{cure}; nothing was imported"
        )


class BadArchive(ArenaError):
    """An archive that is not one of a league, or not as it was made; nothing of it was taken."""

    exit_code = 7


class BadName(ArenaError):
    """A name that no agent may have, or that cannot be read as one."""

    exit_code = 2


class BadConfig(ArenaError):
    """Settings that contradict each other or the league."""

    exit_code = 2


class CannotPlay(ArenaError):
    """An agent or a game that is known by imported results alone, where something is to be played."""

    exit_code = 2

    @classmethod
    def agent(cls, name: str) -> Self:
        """`'bob' is known by imported results alone, so it cannot play`"""
        return cls(
            f"{name!r} is known by imported results alone, so it cannot play",
            hint="leave it out, or register an agent that plays under another name",
        )

    @classmethod
    def game(cls, text: str) -> Self:
        """`football is known by imported results alone, so nobody can play it`"""
        return cls(
            f"{text} is known by imported results alone, so nobody can play it",
            hint=f"see its results: arena leaderboard --game {text}",
        )


class WorkerDied(ArenaError):
    """A worker process that kept dying; the season can be resumed."""
