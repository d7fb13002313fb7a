"""A league as one archive: the same bytes out, the same league in, and nothing of whatever is not one."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import stat
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from arena import League
from arena.archive import LEAGUE, MANIFEST
from arena.errors import AlreadyExists, BadArchive, Damaged, DiskFull, NotFound, SchemaMismatch
from arena.file import VERSION
from arena.store import Store
from games.errors import ArenaError
from tests.arena.stored import found, killed, played, record
from tests.arena.test_migrations import as_schema_4


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a league and its archive."""
    folder = tmp_path_factory.mktemp("home")
    store, cast = found(folder / "league.db", plan=60)
    with store:
        record(store, played(cast, 50))
    League(folder / "league.db").end_season(1)
    League(folder / "league.db").exchange.export(folder / "league.arena")
    return folder


def members(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def repacked(archive: Path, **more: Any) -> bytes:
    """The archive with other facts in its manifest, or (`db=`) with another league, honestly described."""
    parts = members(archive)
    manifest = json.loads(parts[MANIFEST])
    if (db := more.pop("db", None)) is not None:
        parts[LEAGUE] = db
        manifest["members"] = {LEAGUE: {"bytes": len(db), "sha256": sha256(db).hexdigest()}}
    parts[MANIFEST] = json.dumps({**manifest, **more}).encode()
    return zipped(*parts.items())


def zipped(*parts: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return out.getvalue()


def special(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o777) << 16
    return info


def edited(home: Path, *statements: str) -> bytes:
    """The league's bytes after another hand was at it."""
    copy = home / "edited.db"
    copy.write_bytes(members(home / "league.arena")[LEAGUE])
    with closing(sqlite3.connect(copy)) as db, db:
        for statement in statements:
            db.execute(statement)
    return copy.read_bytes()


def test_a_league_comes_out_of_its_archive_as_it_went_in(home: Path, tmp_path: Path) -> None:
    there, here = League(home / "league.db"), League(tmp_path / "copy.db")
    manifest = here.exchange.import_league(home / "league.arena")
    assert (manifest.matches, manifest.agents, manifest.existed) == (50, 4, False)
    assert [file.name for file in tmp_path.iterdir()] == ["copy.db"]
    assert here.status()["digest"] == there.status()["digest"] == manifest.digest
    assert here.verify() == []
    assert here.leaderboard() == there.leaderboard()
    with Store.open(here.path, write=True) as store:
        assert store.season(1).finished


def test_the_same_league_gives_the_same_bytes_wherever_it_lies(home: Path, tmp_path: Path) -> None:
    here = League(tmp_path / "copy.db")
    here.exchange.import_league(home / "league.arena")
    for league, name in ((League(home / "league.db"), "again.arena"), (here, "copy.arena")):
        league.exchange.export(tmp_path / name)
        assert (tmp_path / name).read_bytes() == (home / "league.arena").read_bytes()


def test_a_league_that_is_there_is_never_replaced(home: Path, tmp_path: Path) -> None:
    here = League(tmp_path / "copy.db")
    here.exchange.import_league(home / "league.arena")
    assert here.exchange.import_league(home / "league.arena").existed
    other = League(tmp_path / "other.db")
    other.register("bot", "uniform", game="tic_tac_toe", check=False)
    before = other.status()
    with pytest.raises(AlreadyExists, match="another league"):
        other.exchange.import_league(home / "league.arena")
    assert other.status() == before
    (tmp_path / "notes.txt").write_text("milk")
    with pytest.raises(AlreadyExists):
        League(tmp_path / "notes.txt").exchange.import_league(home / "league.arena")
    assert (tmp_path / "notes.txt").read_text() == "milk"


def test_a_dry_run_makes_no_league(home: Path, tmp_path: Path) -> None:
    assert League(tmp_path / "copy.db").exchange.import_league(home / "league.arena", dry_run=True).matches == 50
    assert list(tmp_path.iterdir()) == []


def test_a_league_of_an_older_schema_is_brought_up(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "old.db"
    copy.write_bytes(members(home / "league.arena")[LEAGUE])
    with closing(sqlite3.connect(copy)) as db, db:
        as_schema_4(db)
        db.execute("UPDATE alembic_version SET version_num = '0004'")
    (tmp_path / "old.arena").write_bytes(repacked(home / "league.arena", db=copy.read_bytes(), schema="0004"))
    here = League(tmp_path / "new.db")
    here.exchange.import_league(tmp_path / "old.arena")
    assert here.status()["schema"] == VERSION
    assert here.status()["digest"] == League(home / "league.db").status()["digest"]


def test_an_export_never_overwrites_its_own_league(home: Path) -> None:
    league = League(home / "league.db")
    before = league.status()
    with pytest.raises(ArenaError, match="the league itself"):
        league.exchange.export(home / "league.db")
    assert league.status() == before


Forger = Callable[[Path], bytes]
AS_IT_IS: Forger = lambda home: (home / "league.arena").read_bytes()  # noqa: E731


def _tar(home: Path) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        tar.add(home / "league.db", "../league.db")
    return out.getvalue()


def _two(name: str | zipfile.ZipInfo, data: bytes = b"x") -> Forger:
    """The manifest, and another member in the place of the league."""
    return lambda home: zipped((MANIFEST, members(home / "league.arena")[MANIFEST]), (name, data))


def _patched(at: bytes, offset: int, value: bytes) -> Forger:
    """The archive with bytes changed behind the last place where `at` stands."""

    def forge(home: Path) -> bytes:
        data = bytearray(AS_IT_IS(home))
        place = data.rindex(at) + offset
        data[place : place + len(value)] = value
        return bytes(data)

    return forge


def _same_name(home: Path) -> bytes:
    with pytest.warns(UserWarning, match="Duplicate"):
        return zipped((MANIFEST, members(home / "league.arena")[MANIFEST]), (MANIFEST, b"{}"))


def _flipped(home: Path) -> bytes:
    parts = members(home / "league.arena")
    data = bytearray(parts[LEAGUE])
    data[5000] ^= 1
    return zipped((MANIFEST, parts[MANIFEST]), (LEAGUE, bytes(data)))


_CENTRAL = b"PK\1\2"  # the last one is the league's: its packed size is at 20, its size at 24
FORGED: dict[str, tuple[Forger, type[ArenaError], str]] = {
    "no zip": (lambda home: b"milk\n" * 100, BadArchive, "cut short, or no zip"),
    "empty": (lambda home: b"", BadArchive, "cut short, or no zip"),
    "a tar": (_tar, BadArchive, "cut short, or no zip"),
    "cut short": (lambda home: AS_IT_IS(home)[:-200], BadArchive, "cut short"),
    "with a tail": (lambda home: AS_IT_IS(home) + b"\0" * 40, BadArchive, "cut short"),
    "a path that leads out": (_two("../league.db"), BadArchive, r"'\.\./league.db' leads out"),
    "a path out by backslashes": (_two("..\\league.db"), BadArchive, "leads out"),
    "a path out from within": (_two("a/../../league.db"), BadArchive, "leads out"),
    "an absolute path": (_two("/etc/passwd"), BadArchive, "absolute path"),
    "a drive": (_two("C:league.db"), BadArchive, "absolute path"),
    "a link": (_two(special(LEAGUE, stat.S_IFLNK), b"/etc/passwd"), BadArchive, "is a link"),
    "a device": (_two(special(LEAGUE, stat.S_IFCHR)), BadArchive, "is a device or a pipe"),
    "a pipe": (_two(special(LEAGUE, stat.S_IFIFO)), BadArchive, "is a device or a pipe"),
    "a folder": (_two("league.db/", b""), BadArchive, "is a folder"),
    "one name twice": (_same_name, BadArchive, "in this one are manifest.json, manifest.json"),
    "a stranger": (_two("readme.txt"), BadArchive, "in this one are manifest.json, readme.txt"),
    "a name for the terminal": (_two("\x1b[2J\u202e.db"), BadArchive, r"\\x1b\[2J\\u202e"),
    "one member": (lambda home: zipped((MANIFEST, b"{}")), BadArchive, "two members, .* in this one are manifest.json"),
    "a third member": (
        lambda home: zipped(*members(home / "league.arena").items(), ("notes.txt", b"hello")),
        BadArchive,
        "in this one are league.db, manifest.json, notes.txt",
    ),
    "many more": (lambda home: zipped(*((f"{n}", b"") for n in range(20))), BadArchive, r"(?m)14, 15, \.\.\.$"),
    "thousands": (lambda home: zipped(*((f"{n}", b"") for n in range(3000))), BadArchive, "this one 3,000"),
    "two by a lie": (
        lambda home: (data := zipped(*((f"{n}", b"") for n in range(3000))))[:-14] + b"\2\0\2\0" + data[-10:],
        BadArchive,
        "with a list of",
    ),
    "a bomb": (_two(LEAGUE, bytes(30_000_000)), BadArchive, "would unpack from .* to 30,000,000 bytes"),
    "a bomb that lies about its size": (_patched(_CENTRAL, 24, b"\x10\0\0\0"), BadArchive, "16 bytes, the manifest says"),
    "a bomb for a manifest": (
        lambda home: zipped((MANIFEST, os.urandom(100_000)), (LEAGUE, b"x")),
        BadArchive,
        "its manifest has 100,000 bytes",
    ),
    "an unknown packing": (_patched(_CENTRAL, 10, b"\x63\0"), BadArchive, "packed in an unknown way"),
    "encrypted": (_patched(_CENTRAL, 8, b"\1\0"), BadArchive, "encrypted"),
    "a manifest that is none": (
        lambda home: zipped((MANIFEST, b"[" * 9000), (LEAGUE, b"x")),
        BadArchive,
        "its manifest cannot be read",
    ),
    "a manifest of other kinds": (lambda home: repacked(home / "league.arena", matches="50"), BadArchive, "cannot be read"),
    "a manifest with more": (lambda home: repacked(home / "league.arena", path="/etc"), BadArchive, "cannot be read"),
    "a wrong hash": (_flipped, BadArchive, "not what its hash says"),
    "packed bytes that are damaged": (_patched(b"\0\0\0\0", 0, b"\7\7\7\7"), BadArchive, "cannot be read"),
    "a newer schema": (lambda home: repacked(home / "league.arena", schema="9999"), SchemaMismatch, "newer Arena"),
    "a newer format": (lambda home: repacked(home / "league.arena", arena=2), SchemaMismatch, "newer Arena"),
    "another digest": (lambda home: repacked(home / "league.arena", digest="0" * 32), Damaged, "the manifest says 0000"),
    "another count": (lambda home: repacked(home / "league.arena", matches=51), Damaged, "the manifest says 51"),
    "no database": (lambda home: repacked(home / "league.arena", db=b"milk" * 999), BadArchive, "is not an Arena league"),
    "a trigger in it": (
        lambda home: repacked(
            home / "league.arena",
            db=edited(home, "CREATE TRIGGER t AFTER INSERT ON matches BEGIN DELETE FROM seats; END"),
        ),
        BadArchive,
        "other tables than a league of schema .*: t",
    ),
    "a view for a table": (
        lambda home: repacked(
            home / "league.arena", db=edited(home, "DROP TABLE draws", "CREATE VIEW draws AS SELECT * FROM matches")
        ),
        BadArchive,
        "other tables",
    ),
    "a column more": (
        lambda home: repacked(home / "league.arena", db=edited(home, "ALTER TABLE agents ADD COLUMN x TEXT")),
        BadArchive,
        "other tables",
    ),
    "a schema that it does not have": (
        lambda home: repacked(home / "league.arena", db=edited(home, "UPDATE alembic_version SET version_num = '0003'")),
        BadArchive,
        "other tables",
    ),
    "an edited match": (
        lambda home: repacked(home / "league.arena", db=edited(home, "UPDATE matches SET seed = 1 WHERE id = 3")),
        Damaged,
        "match 3: .*changed",
    ),
    "a time that is none": (
        lambda home: repacked(home / "league.arena", db=edited(home, "UPDATE matches SET played_at = 99999999999999")),
        Damaged,
        "matches, row 1: played_at is 99999999999999, which is no time",
    ),
    "an edited rating": (
        lambda home: repacked(home / "league.arena", db=edited(home, "INSERT INTO ratings VALUES (1, 99.0, 1.0, 1)")),
        Damaged,
        "rating of",
    ),
}


@pytest.mark.parametrize(("forge", "kind", "said"), FORGED.values(), ids=FORGED)
def test_nothing_comes_in_of_an_archive_that_is_none(
    home: Path, tmp_path: Path, forge: Forger, kind: type[ArenaError], said: str
) -> None:
    (tmp_path / "forged.arena").write_bytes(forge(home))
    with pytest.raises(kind, match=said) as error:
        League(tmp_path / "league.db").exchange.import_league(tmp_path / "forged.arena")
    assert error.value.hint
    assert error.value.exit_code in (4, 7)
    assert str(tmp_path) not in error.value.cause
    assert [file.name for file in tmp_path.iterdir()] == ["forged.arena"]


def test_every_byte_of_an_archive_is_held_to_account(home: Path, tmp_path: Path) -> None:
    whole = AS_IT_IS(home)
    digest = League(home / "league.db").status()["digest"]
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        data = bytearray(whole)
        data[place] ^= 0x41
        (tmp_path / "flipped.arena").write_bytes(data)
        here = League(tmp_path / f"{place}.db")
        try:
            here.exchange.import_league(tmp_path / "flipped.arena")
        except ArenaError:
            assert not here.path.exists()
        else:  # a date or another thing that nobody reads
            assert here.status()["digest"] == digest
    assert not list(tmp_path.glob(".*"))


def test_where_it_is_to_be_must_be_there_and_have_room(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound, match="no folder"):
        League(tmp_path / "no" / "league.db").exchange.import_league(home / "league.arena")
    with pytest.raises(NotFound, match="no file"):
        League(tmp_path / "league.db").exchange.import_league(tmp_path / "nowhere.arena")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1000, 990, 10))  # type: ignore[attr-defined]
    with pytest.raises(DiskFull):
        League(tmp_path / "league.db").exchange.import_league(home / "league.arena")
    assert list(tmp_path.iterdir()) == []


def test_an_import_that_is_killed_leaves_a_league_or_none(home: Path, tmp_path: Path) -> None:
    for attempt in range(6):
        here = League(tmp_path / f"{attempt}.db")

        def begin(say: Callable[[object], None], here: League = here) -> None:
            say("ready")
            here.exchange.import_league(home / "league.arena")

        killed(begin, after=attempt * 0.02)
        if here.path.exists():
            assert here.verify() == []
        assert here.exchange.import_league(home / "league.arena").matches == 50


def test_an_export_that_fails_leaves_the_former_file(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "league.arena").write_text("the one of yesterday")
    monkeypatch.setattr("arena.archive._zipped", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        League(home / "league.db").exchange.export(tmp_path / "league.arena")
    assert [file.name for file in tmp_path.iterdir()] == ["league.arena"]
    assert (tmp_path / "league.arena").read_text() == "the one of yesterday"


def test_the_cure_of_an_archive_whose_league_is_no_database_is_another_archive(home: Path, tmp_path: Path) -> None:
    (tmp_path / "milk.arena").write_bytes(repacked(home / "league.arena", db=b"milk" * 2000))
    with pytest.raises(BadArchive, match="the league in the archive is not an Arena league") as error:
        League(tmp_path / "new.db").exchange.import_league(tmp_path / "milk.arena")
    assert error.value.hint == "get the archive again; nothing was imported"
