"""An old league becomes a new one, or stays an old one; never anything between."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
from contextlib import closing

import pytest

from arena.errors import LeagueHeld, NotALeague, SchemaMismatch
from arena.file import VERSION
from arena.lock import SeasonLock
from arena.match import Entrant
from arena.migrations import STEPS, climb, head, upgrade
from arena.rows import TallyRow
from arena.store import Store
from tests.arena.stored import GAME, found, killed, played, record

NEXT = """
from time import sleep

from alembic import op

revision = "0009"
down_revision = "0008"

def upgrade():
    op.execute("ALTER TABLE agents ADD COLUMN colour TEXT")
    sleep(0.05)
    op.execute("UPDATE agents SET colour = 'green'")
    sleep(0.05)
    op.execute("CREATE TABLE colours (name TEXT) STRICT")
"""


@pytest.fixture
def steps(tmp_path):
    """The steps of a later Arena: ours, and one more."""
    folder = tmp_path / "steps"
    folder.mkdir()
    for step in STEPS.glob("v*.py"):
        (folder / step.name).write_text(step.read_text())
    (folder / "v0009_colours.py").write_text(NEXT)
    return folder


def tables(path):
    """What a file's tables and indexes are, whatever their layout."""
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql NOT NULL AND name NOT LIKE 'alembic%' ORDER BY name"
        )
        return {name: sorted(re.split(r"[,()]+", "".join(sql.split()))) for name, sql in rows}  # foreign keys have no order


def version(path):
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT version_num FROM alembic_version").fetchone()[0]


IN_A_LIST = "CHECK (jail IN ('bubblewrap', 'landlock', 'trusted'))"


def as_schema_7(db):
    """Takes away what schema 8 brought."""
    db.execute(f"ALTER TABLE seats ADD COLUMN listed TEXT {IN_A_LIST.replace('jail', 'listed')}")
    db.execute("UPDATE seats SET listed = jail")
    db.execute("ALTER TABLE seats DROP COLUMN jail")
    db.execute("ALTER TABLE seats RENAME COLUMN listed TO jail")


def as_schema_6(db):
    """Takes away what schema 7 brought."""
    db.execute("ALTER TABLE agents DROP COLUMN trusted")
    db.execute("ALTER TABLE agents DROP COLUMN forgiven")
    db.execute("ALTER TABLE seats DROP COLUMN jail")


def as_schema_5(db):
    """Takes away what schema 6 brought."""
    as_schema_6(db)
    db.execute("DROP TABLE imported")
    db.execute("ALTER TABLE matches DROP COLUMN neutral")


def as_schema_4(db):
    """Takes away what schema 5 brought."""
    as_schema_5(db)
    db.execute("DROP TABLE draws")
    db.execute("ALTER TABLE trainings DROP COLUMN anew")
    db.execute("ALTER TABLE tallies DROP COLUMN quality")


def test_the_steps_lead_to_the_schema(tmp_path):
    assert head() == VERSION
    found(tmp_path / "made.db")[0].close()
    (tmp_path / "climbed.db").touch()
    climb(tmp_path / "climbed.db", STEPS)
    assert tables(tmp_path / "climbed.db") == tables(tmp_path / "made.db")


def test_a_league_of_today_needs_nothing(tmp_path):
    found(tmp_path / "league.db")[0].close()
    assert upgrade(tmp_path / "league.db") is None


def test_a_league_from_before_the_seals_gets_them(tmp_path):
    league = tmp_path / "league.db"
    store, cast = found(league, plan=60)
    with store:
        record(store, played(cast, 50))
        digest, round = store.digest(), store.round(1, 1)
    with closing(sqlite3.connect(league)) as db, db:
        as_schema_4(db)
        db.execute("DROP TABLE boards")
        db.execute("DROP TABLE seals")
        db.execute("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(SchemaMismatch, match="older"):
        Store.open(league)
    upgrade(league)
    with Store.open(league) as store:
        assert store.digest() == digest
        assert store.round(1, 1) == round
        assert store.verify() == []
    with closing(sqlite3.connect(league)) as db, db:
        db.execute("UPDATE agents SET seed = 5 WHERE id = 3")
    with Store.open(league) as store:
        assert store.verify() == ["agents, row 3: not as it was written"]


def test_training_from_before_its_draws_were_told_is_kept(tmp_path):
    league = tmp_path / "league.db"
    store, cast = found(league)
    tally = [TallyRow(cast[0], games=9.5, wins=3.25, draws=1.0, branch="pfsp", probability=0.25)]
    with store:
        store.register(Entrant("alice", "ppo()", GAME, learns=True), weights=b"1", state=b"1")
        store.save_training(1, 1, "alice", state=b"2", weights=b"2", tally=tally, metrics={}, steps=64)
        before = store.tally("alice"), store.learning("alice"), store.checkpoints()
    with closing(sqlite3.connect(league)) as db, db:
        as_schema_4(db)
        db.execute("UPDATE alembic_version SET version_num = '0004'")
    upgrade(league)
    with Store.open(league) as store:
        assert (store.tally("alice"), store.learning("alice"), store.checkpoints()) == before
        assert store.draws("alice") == []
        assert store.verify() == []


def test_matches_from_before_imports_were_on_nobodys_neutral_ground(tmp_path):
    league = tmp_path / "league.db"
    store, cast = found(league, plan=60)
    with store:
        record(store, played(cast, 50))
        before = store.digest(), list(store.results()), store.round(1, 1)
    with closing(sqlite3.connect(league)) as db, db:
        as_schema_5(db)
        db.execute("UPDATE alembic_version SET version_num = '0005'")
    assert upgrade(league) == tmp_path / "league.db.schema-0005.bak"
    with Store.open(league) as store:
        assert (store.digest(), list(store.results()), store.round(1, 1)) == before
        assert not any(row.result.neutral for row in store.results())
        assert store.verify() == []


def test_agents_from_before_programs_are_trusted_by_nobody_and_have_nothing_to_be_forgiven(tmp_path):
    league = tmp_path / "league.db"
    store, cast = found(league, plan=60)
    with store:
        record(store, played(cast, 50))
        before = store.digest(), list(store.results()), store.entrants(), store.suspended()
    with closing(sqlite3.connect(league)) as db, db:
        as_schema_6(db)
        db.execute("UPDATE alembic_version SET version_num = '0006'")
    assert upgrade(league) == tmp_path / "league.db.schema-0006.bak"
    with Store.open(league) as store:
        assert (store.digest(), list(store.results()), store.entrants(), store.suspended()) == before
        assert not any(one.trusted for one in store.entrants())
        assert store.verify() == []


def test_what_kept_programs_in_is_still_known_and_proved_without_a_list(tmp_path):
    league = tmp_path / "league.db"
    store, cast = found(league, plan=60)
    with store:
        record(store, [one._replace(jails=("landlock", None)) for one in played(cast, 50)])
        before = store.digest(), list(store.results())
    with closing(sqlite3.connect(league)) as db, db:
        as_schema_7(db)
        db.execute("UPDATE alembic_version SET version_num = '0007'")
    assert upgrade(league) == tmp_path / "league.db.schema-0007.bak"
    found(tmp_path / "made.db")[0].close()
    assert tables(league) == tables(tmp_path / "made.db")
    with Store.open(league) as store:
        assert (store.digest(), list(store.results())) == before
        assert store.verify() == []
    with closing(sqlite3.connect(league)) as db, pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        db.execute("UPDATE seats SET jail = 'cellar'")


def test_an_upgrade_keeps_no_board_that_an_older_arena_made(tmp_path, steps):
    league = tmp_path / "league.db"
    store, _ = found(league)
    with store:
        store.keep_boards(lambda: {GAME: "{}"})
        assert store.boards()
    climb(league, steps)
    with closing(sqlite3.connect(league)) as db:
        assert db.execute("SELECT count(*) FROM boards").fetchone() == (0,)


def test_an_upgrade_keeps_every_match_and_makes_a_backup_first(tmp_path, steps):
    league = tmp_path / "league.db"
    store, cast = found(league)
    with store:
        record(store, played(cast, 50))
        digest = store.digest()
    backup = upgrade(league, steps=steps, target="0009")
    assert backup == tmp_path / "league.db.schema-0008.bak"
    assert version(league) == "0009"
    assert "colours" in tables(league)
    with closing(sqlite3.connect(league)) as db:
        assert db.execute("SELECT count(*), min(colour) FROM agents").fetchone() == (4, "green")
        assert db.execute("SELECT count(*) FROM matches").fetchone() == (50,)
    with Store.open(backup) as old:
        assert old.digest() == digest
    with pytest.raises(SchemaMismatch, match="newer"):
        Store.open(league)
    with pytest.raises(SchemaMismatch, match="newer"):
        upgrade(league)


def test_a_killed_upgrade_leaves_the_old_league_or_the_new_one(tmp_path, steps):
    chance, ends = random.Random(3), set()
    store, cast = found(tmp_path / "old.db")
    with store:
        record(store, played(cast, 20))
        digest = store.digest()
    for attempt in range(16):
        league = tmp_path / f"{attempt}.db"
        shutil.copy(tmp_path / "old.db", league)

        def begin(say, league=league):
            say("ready")
            upgrade(league, steps=steps, target="0009")

        killed(begin, after=chance.random() * 0.4)
        ends.add(version(league))
        assert (version(league) == "0009") == ("colours" in tables(league)) == ("colourTEXT" in tables(league)["agents"])
        if version(league) == "0008":
            with Store.open(league) as store:
                assert store.digest() == digest
                assert store.verify() == []
            upgrade(league, steps=steps, target="0009")
            assert version(league) == "0009"
    assert "0008" in ends, "killed too late to tell anything"


def test_a_running_season_is_not_upgraded_under_its_feet(tmp_path, steps):
    found(tmp_path / "league.db")[0].close()
    with SeasonLock(tmp_path / "league.db"), pytest.raises(LeagueHeld):
        upgrade(tmp_path / "league.db", steps=steps, target="0009")


def test_a_failing_step_changes_nothing(tmp_path, steps):
    found(tmp_path / "league.db")[0].close()
    (steps / "v0009_colours.py").write_text(NEXT + "    raise RuntimeError('a bug in a step')\n")
    with pytest.raises(RuntimeError):
        upgrade(tmp_path / "league.db", steps=steps, target="0009")
    with Store.open(tmp_path / "league.db", write=True) as store:
        assert store.verify() == []


def test_a_foreign_file_is_not_upgraded(tmp_path):
    (tmp_path / "notes.txt").write_text("milk")
    with pytest.raises(NotALeague):
        upgrade(tmp_path / "notes.txt")
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
