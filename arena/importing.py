"""Results from elsewhere: a file is read and checked to its end, then becomes one finished season, all of it or nothing.

A row is known by a hash of what it says and by how many like it came before it in its file. So a file that is imported
again changes nothing, and one that has grown adds what is new. A row that came out of a league says what its match is known
by there: whichever way it went, and back home too, it counts once.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b, file_digest
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from arena.columns import LARGEST, Columns, Reader, Told, Unread, moment_of
from arena.errors import BadConfig, BadRow
from arena.formats import Kind, Reading, kind_of, module_of
from arena.ledger import KEYS, digest_of
from arena.match import Checkpoint, Match, Result
from arena.names import folded
from arena.packing import KEY, Keys, Rows
from arena.reckoning import close_round
from arena.store import Store
from arena.tables import plural
from games.errors import ArenaError
from games.registry import GAMES, Spec
from games.spec import GameSpec

_CHUNK = 5000  # matches recorded at once
_BYTES = "sha256"  # the name of the digest of a file's bytes among a season's settings
Item = TypeVar("Item")


@dataclass(frozen=True)
class Import:
    """What came of a file of results."""

    file: str
    game: str
    has_rules: bool  # whether the game can be played here
    columns: Mapping[str, str]  # role -> column
    rows: int  # of matches
    new: int  # of them
    left_out: int  # rows without a result: void or unfinished matches
    agents: tuple[str, ...]  # that are known by these results alone, and new
    season: int | None  # where they are now; None where nothing was new, or it was a dry run
    dry_run: bool
    remark: str = ""  # what may be a mistake

    def as_json(self) -> dict[str, Any]:
        """Stable keys; `schema` grows when they change."""
        return {"schema": 1, **asdict(self)}

    def __str__(self) -> str:
        done = "would import" if self.dry_run else "imported"
        where = f" as season {self.season}" if self.season is not None else ""
        left = f", {self.left_out:,} without a result left out" if self.left_out else ""
        if not self.rows:
            return f"{self.file}  nothing to import: no row tells of a match{left}"
        rules = "" if self.has_rules else " (no rules: its results are kept, it cannot be played)"
        lines = [
            f"{self.file}  {plural(self.rows, 'row')} of {self.game}{rules}{left}",
            f"{done:<12}  {plural(self.new, 'new match', 'new matches')}{where}; {self.rows - self.new:,} known already",
            f"{'agents':<12}  {plural(len(self.agents), 'new one')}, known by results alone",
            *[f"{'note':<12}  {self.remark}"] * bool(self.remark),
        ]
        return "\n".join(lines)


@dataclass(frozen=True)
class Table:
    """A file of results, read to its end."""

    file: Path
    game: str
    rules: GameSpec
    columns: Columns
    rows: Sequence[Told]
    keys: Sequence[bytes]  # of each row
    left_out: int
    sha256: str  # of the file's bytes

    @property
    def identified(self) -> bool:
        """Whether rows may say what their matches are known by in every league."""
        return "uid" in self.columns.names

    @classmethod
    def read(
        cls,
        path: Path,
        *,
        game: str,
        rules: GameSpec,
        columns: Mapping[str, str],
        kind: str | None = None,
        how: Reading | None = None,
    ) -> Table:
        """Reads and checks a whole file. Raises `BadRow`, `BadConfig`, `NotFound`."""
        module, how = module_of(kind_of(path, kind)), how or Reading()
        chosen = Columns.choose(module.columns(path, how), columns)
        if "order" not in columns and not _orders(chosen, path, module, how):
            chosen = chosen.without("order")
        lines = module.rows(path, list(chosen.names.values()), how)
        rows, left_out, dated = Rows(), 0, False
        for told in Reader(path, chosen, rules).read(lines):
            if told is None:
                left_out += 1
                continue
            dated = told.dated if not rows else dated
            if told.dated != dated:
                expected = "dates or numbers in all rows"
                raise BadRow.at(path, told.line, column=chosen.names["order"], expected=expected, got=told.when)
            rows.add(told)
        if "order" in chosen.names:
            rows.sort()
        with path.open("rb") as file:
            sha256 = file_digest(file, "sha256").hexdigest()
        return cls(path, game, rules, chosen, rows, _keys(path, game, rows, chosen), left_out, sha256)


def _orders(chosen: Columns, path: Path, module: Kind, how: Reading) -> bool:
    """Whether the first row's cell can order rows, in a column that only looks as if it could."""
    if "order" not in chosen.names:
        return True
    names = list(chosen.names.values())
    for _, cells in module.rows(path, names, how):
        try:
            moment_of(cells[names.index(chosen.names["order"])])
        except Unread:
            return False
        break
    return True


def rules_of(store: Store | None, text: str) -> GameSpec:
    """What is fixed about a game: as the league knows it, as it is registered, or of no rules at all.

    Raises `BadConfig` where it is no contest of two, `BadSpec` and its kin for a text that names no game.
    """
    spec = Spec.parse(text)
    known = store.games().get(text) if store is not None else None
    if known is None and (":" in spec.name or spec.name in GAMES.names()):
        known = GAMES.make(spec).spec
    if known is None:
        return GameSpec(text, 0, "competitive", 2, 0, (), 1, (-LARGEST, LARGEST))
    if not known.zero_sum:
        raise BadConfig(
            f"results are imported for games of two seats that compete, {text} is {known.flavour} for {known.seats}",
            hint="name another game",
        )
    return known


def import_table(store: Store, table: Table, *, dry_run: bool = False) -> Import:
    """Takes in what is new of a table, as one transaction; with `dry_run` nothing of it stays.

    Raises `BadRow` for a name that somebody bears who does not play this game.
    """
    done = Import(
        table.file.name,
        table.game,
        table.rules.has_rules,
        dict(table.columns.names),
        len(table.rows),
        0,
        table.left_out,
        (),
        None,
        dry_run,
    )
    try:
        with store.at_once():
            done = _import(store, table, done)
            if dry_run:
                raise _Undo
    except _Undo:
        return replace(done, season=None)
    return done


class _Undo(Exception):
    """Rolls a dry run back."""


def _import(store: Store, table: Table, done: Import) -> Import:
    known = store.known_rows(table.keys)
    if table.identified:
        known |= store.played(table.keys)
        if known and (other := store.game_of(next(iter(known)))) != table.game:
            raise BadConfig(
                f"{table.file.name} tells of matches of {other} that the league has, expected {table.game}",
                hint=f"say --game {other!r}, or --column uid= to take them for others",
            )
    fresh = array("q")
    for place, key in enumerate(table.keys):
        if key not in known:
            fresh.append(place)
            if table.identified:
                known.add(key)  # a row of the same file may say without it what one says that is known by its uid
    if not fresh:
        return done
    done = replace(done, remark=_remark(store, table, known=len(table.keys) - len(fresh)))
    store.add_game(table.game, table.rules)
    cast, strangers = _cast(store, table, fresh)
    keys = Keys()
    for key in _some(table.keys, fresh):
        keys.add(key)
    season = store.open_season(
        table.game,
        settings={
            "imported": table.file.name,
            _BYTES: table.sha256,
            "rounds": 1,
            "rows": len(keys),
            KEYS: digest_of(keys),
        },
        seed=0,
        entrants=list(dict.fromkeys(one.agent for one in cast.values())),
    )
    store.open_round(season.id, 0, list(dict.fromkeys(cast.values())))
    results = _results(_some(table.rows, fresh), cast)
    while chunk := list(islice(results, _CHUNK)):
        store.record(season.id, 0, chunk)
    store.remember_rows(season.id, keys, (told.date for told in _some(table.rows, fresh)))
    close_round(store, season, 0, results=_results(_some(table.rows, fresh), cast), in_order=True)
    store.close_season(season.id)
    return replace(done, new=len(fresh), agents=strangers, season=season.id)


def _remark(store: Store, table: Table, *, known: int) -> str:
    """What to think of where this very file was imported before, byte for byte, and has rows that are not known again."""
    before = [season for season in store.seasons(table.game) if season.settings.get(_BYTES) == table.sha256]
    if not before:
        return ""
    said = f"this very file was imported before, as season {before[-1].id}, and only {known:,} of its {len(table.keys):,}"
    return f"{said} rows are known again: read otherwise now (--column, --encoding), the others count twice"


def _some(items: Sequence[Item], places: Iterable[int]) -> Iterator[Item]:
    return (items[place] for place in places)


def _cast(store: Store, table: Table, fresh: Iterable[int]) -> tuple[dict[str, Checkpoint], tuple[str, ...]]:
    """Whom each name of the fresh rows means, and which agents are new. Raises `BadRow` with the line of a name that is
    somebody's who does not play this game, or that meets itself."""
    cast: dict[str, Checkpoint] = {}
    strangers: list[str] = []
    for told in _some(table.rows, fresh):
        for role, name in zip(("first", "second"), told.lineup, strict=True):
            if name in cast:
                continue
            try:
                cast[name], new = store.seat(name, table.game)
            except ArenaError as error:
                column = table.columns.names[role]
                expected = f"an agent of {table.game} ({error.cause})"
                cure = error.hint or "mend the file"
                raise BadRow.at(table.file, told.line, column=column, expected=expected, got=name, cure=cure) from error
            strangers += [cast[name].agent] * new
        if len({cast[name] for name in told.lineup}) < 2:
            column, name = table.columns.names["second"], told.lineup[1]
            cure = "leave the row out: nobody's match with itself proves anything"
            raise BadRow.at(table.file, told.line, column=column, expected="somebody else than first", got=name, cure=cure)
    return cast, tuple(strangers)


def _results(rows: Iterable[Told], cast: Mapping[str, Checkpoint]) -> Iterator[Result]:
    for ordinal, told in enumerate(rows):
        first, second = told.lineup
        # Each its own seed: matches of one seed would count as a mirrored pair.
        match = Match(ordinal, ordinal, (cast[first], cast[second]))
        yield Result(match, told.returns, 0, b"", neutral=told.neutral)


def _keys(path: Path, game: str, rows: Iterable[Told], columns: Columns) -> Keys:
    """What each row is known by, whatever it is called in its file and however its names are spelled.

    Raises `BadRow` for a match that is told of twice.
    """
    same: Counter[bytes] = Counter()
    keys, fold, uids = Keys(), _Folded(), set[bytes]()
    for told in rows:
        if told.uid:
            if told.uid in uids:
                expected, cure = "a match that no other row tells of", "leave one of the two rows out"
                column, got = columns.names["uid"], told.uid.hex()
                raise BadRow.at(path, told.line, column=column, expected=expected, got=got, cure=cure)
            uids.add(told.uid)
            keys.add(told.uid)
            continue
        first, second = told.lineup
        said = (game, fold[first], fold[second], *told.returns, told.neutral, told.id, told.when)
        row = blake2b(repr(said).encode(), digest_size=KEY).digest()
        same[row] += 1
        keys.add(row if same[row] == 1 else blake2b(row + b"%d" % same[row], digest_size=KEY).digest())
    return keys


class _Folded(dict[str, str]):
    def __missing__(self, name: str) -> str:
        form = self[name] = folded(name)
        return form
