"""Damage is seen and named: one changed value anywhere that matters, and verify says where."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from arena.match import Entrant
from arena.store import Store
from tests.arena.stored import GAME, found, played, record, stood


@pytest.fixture
def league(tmp_path):
    store, cast = found(tmp_path / "league.db", plan=200)
    with store:
        store.register(Entrant("alice", "ppo()", GAME, learns=True), weights=b"w" * 999, state=bytes(range(256)))
        record(store, played(cast, 200))
        store.close_round(1, 1, stood(dict.fromkeys(cast, (25.0, 8.0, 3))))
        assert store.verify() == []
        yield store


def spoil(store, statement):
    """Changes the file as no Arena would: past every check."""
    with closing(sqlite3.connect(store.path, isolation_level=None)) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        assert db.execute(statement).rowcount == 1
    return store.verify()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE matches SET tape = CAST(x'07' || substr(tape, 2) AS BLOB) WHERE id = 77", "match 77: tape changed"),
        ("UPDATE matches SET seed = seed + 1 WHERE id = 77", "match 77: seed changed"),
        ("UPDATE matches SET seed = seed + 1 WHERE id = 77", "match 77: not as planned in round 2 of season 1"),
        ("UPDATE matches SET steps = steps + 1 WHERE id = 77", "match 77: steps changed"),
        ("UPDATE matches SET ordinal = 999 WHERE id = 77", "match 77: place changed"),
        ("UPDATE matches SET ending = 1 - ending WHERE id = 77", "match 77: ending changed"),
        ("UPDATE matches SET digest = zeroblob(16) WHERE id = 77", "match 77: digest changed"),
        ("UPDATE matches SET marks = zeroblob(7) WHERE id = 77", "match 77: marks changed"),
        ("UPDATE seats SET earned = earned + 1 WHERE match = 77 AND seat = 0", "match 77: returns changed"),
        ("UPDATE seats SET fault = 'crash' WHERE match = 77 AND seat = 1", "match 77: ending changed"),
        (
            "UPDATE seats SET checkpoint = 1 + checkpoint % 4 WHERE (match, seat) = (77, 0)",
            "match 77: lineup changed",
        ),
        ("UPDATE seats SET agent = agent + 1 WHERE match = 77 AND seat = 0", "match 77: lineup changed"),
        ("DELETE FROM matches WHERE id = 77", "matches 77 to 77 are missing"),
        ("DELETE FROM matches WHERE id = 200", "the log ends at match 199"),
        ("UPDATE log SET digest = zeroblob(16)", "the log ends at match 200"),
        (
            "UPDATE payoffs SET total = total + 1 WHERE row = 1 AND column = 2",
            "payoffs of agent-0@1 against agent-1@1: not what",
        ),
        ("DELETE FROM payoffs WHERE row = 1 AND column = 2", "payoffs of agent-0@1 against agent-1@1: missing"),
        (
            "UPDATE weights SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE length(data) = 999",
            "not what their hash says",
        ),
        ("UPDATE learners SET state = zeroblob(3)", "learner alice: its saved state"),
        ("UPDATE checkpoints SET spec = 'minimax()' WHERE id = 2", "checkpoint agent-1@1: its version, spec or weights"),
        ("UPDATE seasons SET matches = 201", "season 1: says 201 matches"),
        ("UPDATE seasons SET seed = 8", "match 1: place changed"),
        ("UPDATE rounds SET plan = x'00'", "cannot be read"),
    ],
)
def test_a_changed_value_is_named(league, statement, said):
    problems = spoil(league, statement)
    assert any(said in problem for problem in problems), problems


def test_one_changed_tape_accuses_no_other_match(league):
    assert spoil(league, "UPDATE matches SET tape = CAST(tape || x'07' AS BLOB) WHERE id = 100") == [
        "match 100: tape changed"
    ]


def test_a_bit_flipped_in_the_file_is_found(tmp_path):
    store, cast = found(tmp_path / "league.db")
    with store:
        results = played(cast, 300)
        record(store, results)
    whole = (tmp_path / "league.db").read_bytes()
    for number in range(0, 300, 20):
        place = whole.index(results[number].tape) + number % len(results[number].tape)
        flipped = bytearray(whole)
        flipped[place] ^= 1 << number % 8
        (tmp_path / "flipped.db").write_bytes(flipped)
        with Store.open(tmp_path / "flipped.db") as store:
            assert store.verify() == [f"match {number + 1}: tape changed"]


def test_a_torn_page_is_reported_and_not_raised(tmp_path):
    store, cast = found(tmp_path / "league.db")
    with store:
        results = played(cast, 300)
        record(store, results)
    whole = bytearray((tmp_path / "league.db").read_bytes())
    torn = whole.index(results[150].tape) // 4096 * 4096
    whole[torn : torn + 4096] = bytes(4096)
    (tmp_path / "league.db").write_bytes(whole)
    with Store.open(tmp_path / "league.db") as store:
        assert store.verify()


def test_progress_counts_matches(league):
    told = []
    league.verify(lambda done, all: told.append((done, all)))
    assert told[-1] == (200, 200)
