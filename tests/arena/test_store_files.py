"""Files that are not as they should be: foreign, newer, full, sealed. Each is a clear error; the file stays as it was."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from click.testing import CliRunner

from arena.cli import main
from arena.errors import AlreadyExists, Damaged, DiskFault, DiskFull, NotALeague, NotFound, ReadOnly, SchemaMismatch
from arena.match import Entrant
from arena.store import Store
from tests.arena.stored import GAME, found, played, record


def refuses(path, error, *, match=None):
    """Opening fails in this way, for reading and writing, and leaves the bytes alone."""
    before = path.read_bytes()
    for write in (False, True):
        with pytest.raises(error, match=match) as said:
            Store.open(path, write=write)
        assert said.value.hint
    assert path.read_bytes() == before


def edit(path, statement):
    """Changes the file as no Arena would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute(statement)


def test_a_large_chunk_is_written_at_its_end_and_not_twice(tmp_path):
    store, cast = found(tmp_path / "league.db")
    with store:
        log = tmp_path / "league.db-wal"
        before = log.stat().st_size
        with store.at_once():
            record(store, [one._replace(tape=bytes(1000)) for one in played(cast, 8000)], chunk=8000)
            assert log.stat().st_size == before
        assert log.stat().st_size > 8_000_000


def test_a_text_file_is_not_a_league(tmp_path):
    (tmp_path / "notes.txt").write_text("buy milk\n" * 100)
    refuses(tmp_path / "notes.txt", NotALeague)


def test_a_truncated_league_is_not_a_league(tmp_path):
    (tmp_path / "league.db").write_bytes(b"SQLite format 3\0")
    refuses(tmp_path / "league.db", NotALeague)


def test_somebody_elses_database_is_not_a_league(tmp_path):
    with sqlite3.connect(tmp_path / "songs.db") as db:
        db.execute("CREATE TABLE songs (title)")
    refuses(tmp_path / "songs.db", NotALeague)


def test_a_folder_is_not_a_league(tmp_path):
    with pytest.raises(NotALeague):
        Store.open(tmp_path)


def test_reading_makes_no_file(tmp_path):
    with pytest.raises(NotFound):
        Store.open(tmp_path / "league.db")
    assert not list(tmp_path.iterdir())
    with pytest.raises(NotFound, match="folder"):
        Store.open(tmp_path / "nowhere" / "league.db", write=True)


def test_an_empty_file_is_no_league_yet_and_becomes_one(tmp_path):
    with pytest.raises(NotFound) as missing:
        Store.open(tmp_path / "league.db")
    (tmp_path / "league.db").touch()
    with pytest.raises(NotFound) as empty:
        Store.open(tmp_path / "league.db")
    assert (empty.value.cause, empty.value.hint) == (missing.value.cause, missing.value.hint)
    doctor = CliRunner().invoke(main, ["--league", str(tmp_path / "league.db"), "doctor"])
    assert "is not there yet" in doctor.output
    Store.open(tmp_path / "league.db", write=True).close()
    assert [file.name for file in tmp_path.iterdir()] == ["league.db"]


def test_a_newer_league_is_refused(tmp_path):
    found(tmp_path / "league.db")[0].close()
    with sqlite3.connect(tmp_path / "league.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    refuses(tmp_path / "league.db", SchemaMismatch, match="newer Arena: schema 9999")


def test_an_older_league_is_refused_with_the_cure(tmp_path):
    found(tmp_path / "league.db")[0].close()
    with sqlite3.connect(tmp_path / "league.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '0000'")
    db.close()
    refuses(tmp_path / "league.db", SchemaMismatch, match="older")
    with pytest.raises(SchemaMismatch) as error:
        Store.open(tmp_path / "league.db")
    assert "arena db upgrade" in error.value.hint


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE alembic_version",
        "DELETE FROM alembic_version",
        "INSERT INTO alembic_version VALUES ('another')",
        "UPDATE sqlite_master SET sql = 'CREATE nonsense' WHERE name = 'agents'",
    ],
)
def test_a_league_without_a_schema_to_read_is_damaged(tmp_path, damage):
    found(tmp_path / "league.db")[0].close()
    edit(tmp_path / "league.db", damage)
    refuses(tmp_path / "league.db", Damaged)


@pytest.mark.parametrize(
    ("damage", "reading"),
    [
        ("DROP TABLE folds", lambda store: store.standings(GAME)),
        ("ALTER TABLE seasons DROP COLUMN started", lambda store: store.seasons()),
        ("DELETE FROM log", lambda store: store.status()),
        ("DELETE FROM games", lambda store: store.match(1)),
        ("UPDATE seasons SET entrants = 'nobody'", lambda store: store.seasons()),
        ("UPDATE seasons SET settings = CAST(x'22ff22' AS TEXT)", lambda store: store.seasons()),
        ("UPDATE rounds SET plan = x'00'", lambda store: store.round(1, 1)),
    ],
)
def test_what_cannot_be_read_is_damage_and_no_mistake_of_ours(tmp_path, damage, reading):
    store, cast = found(tmp_path / "league.db")
    with store:
        record(store, played(cast, 10))
    edit(tmp_path / "league.db", damage)
    with Store.open(tmp_path / "league.db") as store, pytest.raises(Damaged, match=r"league.db is damaged: ") as said:
        reading(store)
    assert said.value.hint


def test_a_reader_cannot_write(tmp_path):
    found(tmp_path / "league.db")[0].close()
    with Store.open(tmp_path / "league.db") as store:
        with pytest.raises(ReadOnly):
            store.retire("agent-0")
        with pytest.raises(ReadOnly), store._reading() as db:
            db.exec_driver_sql("DELETE FROM names")


def test_a_full_disk_stops_the_recording_and_loses_nothing(tmp_path):
    store, cast = found(tmp_path / "league.db")
    results = played(cast, 3000)
    with store:
        record(store, results[:1000])
        pages = store._writer.exec_driver_sql("PRAGMA page_count").scalar()
        store._writer.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
        store._writer.rollback()
        with pytest.raises(DiskFull, match=r"league.db: [\d,]+ bytes are free"):
            record(store, results[1000:])
        length = store.status()["matches"]
        assert 1000 <= length < 3000
        assert length % 100 == 0
        store._writer.exec_driver_sql("PRAGMA max_page_count = 1000000")
        store._writer.rollback()
        record(store, results[length:])
        assert [row.result for row in store.results()] == results
        assert store.verify() == []


def test_a_disk_that_fails_and_is_not_full_is_told_apart(tmp_path):
    store, cast = found(tmp_path / "league.db")
    results = played(cast, 200)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    with store:
        record(store, results[:100])
        resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "league.db-wal").stat().st_size, limit[1]))
        try:
            with pytest.raises(DiskFault, match=r"the disk of .*league.db failed: .*, with [\d,]+ bytes free") as said:
                record(store, results[100:])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        assert "ulimit" in said.value.hint
        assert store.status()["matches"] == 100
        record(store, results[100:])
        assert store.verify() == []


FILL = """
import os, sys
from pathlib import Path
from arena.errors import DiskFull
from arena.lock import SeasonLock
from arena.store import Store
from tests.arena.stored import found, played, record

league = Path(sys.argv[1]) / "league.db"
store, cast = found(league)
with store:
    record(store, played(cast, 100))
with open(league.with_name("filling"), "ab", 0) as filling:
    try:
        while True:
            filling.write(bytes(512))
    except OSError:
        pass

def tries(work):
    try:
        work()
    except DiskFull as error:
        print(error.cause.removeprefix("no room for "))

tries(lambda: Store.open(league).close())
tries(lambda: Store.open(league, write=True).close())
tries(lambda: Store.open(league.with_name("new.db"), write=True))
tries(SeasonLock(league).__enter__)
print([name for name in os.listdir(league.parent) if "new" in name])
league.with_name("filling").unlink()
with SeasonLock(league), Store.open(league, write=True) as store:
    store.retire("agent-0")
    print(store.status()["matches"], store.verify())
"""

MOUNTS = pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare to mount what only it sees")


def mounted(command, code, folder):
    """What a script says that is run on a folder mounted for it alone; tests may run as root, whom no permission stops."""
    inside = f'{command} || exit 77; exec {sys.executable} -c "$1" {folder}'
    ran = subprocess.run(["unshare", "-m", "sh", "-c", inside, "sh", code], capture_output=True, text=True, cwd=os.getcwd())
    if ran.returncode == 77 or "unshare failed" in ran.stderr:
        pytest.skip("may not mount here")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


@MOUNTS
def test_on_a_disk_without_a_byte_everything_says_so_and_goes_on_when_there_is_room(tmp_path):
    full = ": 0 bytes are free on its disk"
    assert mounted(f"mount -t tmpfs -o size=1m tmpfs {tmp_path}", FILL, tmp_path) == [
        *[f"{tmp_path}/{name}{full}" for name in ("league.db", "league.db", "new.db", "league.db.lock")],
        "[]",
        "100 []",
    ]


def test_a_backup_is_the_same_league_and_overwrites_nothing(tmp_path):
    store, cast = found(tmp_path / "league.db")
    with store:
        record(store, played(cast, 100))
        store.backup(tmp_path / "copy.db")
        with pytest.raises(AlreadyExists):
            store.backup(tmp_path / "copy.db")
        with Store.open(tmp_path / "copy.db", write=True) as copy:
            assert copy.digest() == store.digest()
            assert copy.verify() == []
            copy.register(Entrant("late", "uniform()", GAME))
    assert not [file for file in tmp_path.iterdir() if file.name.endswith(".new")]


READ = """
import sys
from arena.errors import ReadOnly
from arena.store import Store

league = sys.argv[1] + "/league.db"
try:
    with Store.open(league) as store:
        print(store.status()["matches"], store.verify())
    with Store.open(league, write=True) as store:
        store.retire("agent-0")
except ReadOnly as error:
    print("refused:", error.hint)
"""


def sealed(folder):
    return f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}"


@MOUNTS
def test_read_only_media_can_be_read(tmp_path):
    store, cast = found(tmp_path / "league.db")
    with store:
        record(store, played(cast, 50))
    said = mounted(sealed(tmp_path), READ, tmp_path)
    assert said == ["50 []", "refused: check the permissions of the file and its folder"]


@MOUNTS
def test_a_journal_that_nobody_can_fold_in_is_not_passed_over(tmp_path):
    """What is recorded last is in the write-ahead log alone: to read the file without it would lose matches."""
    store, cast = found(tmp_path / "league.db")
    moved = tmp_path / "moved"
    moved.mkdir()
    with store:
        record(store, played(cast, 50))
        for name in ("league.db", "league.db-wal"):
            shutil.copy(tmp_path / name, moved)
    assert mounted(sealed(moved), READ, moved) == [
        "refused: copy league.db and league.db-wal together to a folder that can be written"
    ]
    with Store.open(moved / "league.db") as store:
        assert store.status()["matches"] == 50


def test_what_is_no_regular_file_is_left_alone(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for write in (False, True):
        with pytest.raises(NotALeague, match="no regular file"):
            Store.open(pipe, write=write)
    assert pipe.is_fifo()


def test_an_empty_file_behind_a_link_becomes_a_league_and_the_link_stays(tmp_path):
    (tmp_path / "real.db").touch()
    link = tmp_path / "link.db"
    link.symlink_to("real.db")
    Store.open(link, write=True).close()
    assert link.is_symlink()
    Store.open(tmp_path / "real.db").close()
