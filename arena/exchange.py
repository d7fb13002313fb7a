"""In and out: a whole league as one archive, and results as tables that other programs read and write.

league.exchange.export("monday.arena")
league.exchange.import_results("games.csv", game="go", columns={"first": "black", "second": "white"})
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from arena.errors import BadConfig, NotFound
from arena.formats import Reading, kind_of, module_of
from arena.formats.cells import Told
from games.registry import Spec

if TYPE_CHECKING:
    from arena.archive import Manifest
    from arena.importing import Import
    from arena.rows import MatchRow
    from arena.store import Store
    from games.core import Game


@dataclass(frozen=True)
class Exchange:
    """Carries things in and out of a league; `League.exchange` makes one."""

    path: Path
    reading: Callable[[], Store]  # opens the league's file
    holding: Callable[[], AbstractContextManager[Store]]  # and makes it, and keeps it for itself
    rules: Callable[[str], Game]  # of a game's spec

    def export(self, target: str | Path) -> Manifest:
        """Writes the league as it is at this moment, whoever writes meanwhile, to one archive, in the place of a file
        that is there. Raises `BadConfig` where that is the league itself."""
        from arena.archive import pack

        self.reading().close()
        path = Path(target)
        with whole(path, never=self.path) as out:
            return pack(Path(os.path.realpath(self.path)), out, draft=path.with_name(f".{path.name}.{os.getpid()}.db"))

    def import_league(self, source: str | Path, *, dry_run: bool = False) -> Manifest:
        """Makes a new league of an archive, which is checked first: a file of another league is never replaced.

        Raises `AlreadyExists` unless this is that very league, `BadArchive`, `SchemaMismatch`, `Damaged`, `NotFound`.
        """
        from arena.archive import unpack

        return unpack(Path(source), self.path, dry_run=dry_run)

    def export_results(
        self,
        target: str | Path | BinaryIO,
        *,
        kind: str | None = None,
        game: str | None = None,
        season: int | None = None,
        moves: bool = False,
    ) -> int:
        """Writes the matches of a game (of a season, or the one played last) to a file or an open one; how many.

        `kind` is csv, jsonl, parquet or pgn, and told by the file's name where it is not given. With `moves`, PGN has
        them in the game's notation. Raises `NotFound`, `BadConfig`, `MissingExtra`.
        """
        with self.reading() as store:
            text = store.season(season).game if season is not None else store.game_meant(game)
            if game is not None and text != store.game_meant(game):
                raise BadConfig(f"season {season} plays {text}, not {game}", hint="leave one of the two out")
            seats = store.game(text).seats
            if isinstance(target, str | Path):
                kind = kind_of(Path(target), kind)
            if kind == "pgn" and not store.game(text).zero_sum:
                raise BadConfig(f"PGN tells of two that compete, {text} is no such game", hint="choose csv or jsonl")
            if moves and kind != "pgn":
                raise BadConfig("moves are written to PGN only", hint="leave them out, or choose pgn")
            counted = _Counted(self._told(store.identified(store.results(text, season=season)), text, moves=moves))
            if isinstance(target, str | Path):
                with whole(Path(target), never=self.path) as out:
                    module_of(str(kind)).write(counted, seats, out)
            else:
                module_of(kind or "csv").write(counted, seats, target)
            return counted.count

    def import_results(
        self,
        source: str | Path,
        *,
        game: str,
        columns: Mapping[str, str] | None = None,
        kind: str | None = None,
        encoding: str = "utf-8-sig",
        delimiter: str | None = None,
        dry_run: bool = False,
    ) -> Import:
        """Takes in a table of results as one finished season: what of it is new, all of it or nothing.

        `columns` says which column plays which role of `arena.columns.ROLES`. Raises `BadRow` with line and column,
        `BadConfig`, `NotFound`, `LeagueHeld`.
        """
        from arena.importing import Table, import_table, rules_of

        path, text = Path(source), str(Spec.parse(game))
        with self._there() as store:
            rules = rules_of(store, text)
        table = Table.read(path, game=text, rules=rules, columns=columns or {}, kind=kind, how=Reading(encoding, delimiter))
        if dry_run and not self.path.exists():
            from tempfile import TemporaryDirectory

            from arena.store import Store

            with TemporaryDirectory() as folder, Store.open(Path(folder, "league.db"), write=True) as store:
                return import_table(store, table, dry_run=True)
        with self.holding() as store:
            return import_table(store, table, dry_run=dry_run)

    @contextmanager
    def _there(self) -> Iterator[Store | None]:
        """The league, where there is one."""
        try:
            store = self.reading()
        except NotFound:
            yield None
            return
        with store:
            yield store

    def _told(self, rows: Iterator[tuple[MatchRow, str]], text: str, *, moves: bool) -> Iterator[Told]:
        if not moves:
            yield from starmap(Told, rows)
            return
        from arena.proof import replay

        for row, uid in rows:
            course = row.result.void is None and not row.result.untold
            tags, said = replay(row, self.rules).pgn() if course else ({}, ())
            yield Told(row, uid, tuple(said), tuple(tags.items()))


class _Counted:
    """A stream that knows how many came through."""

    def __init__(self, stream: Iterator[Told]) -> None:
        self.stream, self.count = stream, 0

    def __iter__(self) -> Iterator[Told]:
        for one in self.stream:
            self.count += 1
            yield one


@contextmanager
def whole(target: Path, *, never: Path) -> Iterator[BinaryIO]:
    """A file that is in its place when it is all there, or not at all.

    Raises `BadConfig` where it is `never`, `NotFound` where its folder is not there.
    """
    if target.exists() and never.exists() and target.samefile(never):
        raise BadConfig(f"{str(target)!r} is the league itself", hint="name another file with -o")
    if not target.absolute().parent.is_dir():
        raise NotFound(f"there is no folder {target.parent}", hint="make it first")
    draft = target.with_name(f".{target.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)  # of one that was killed
    try:
        with draft.open("xb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
