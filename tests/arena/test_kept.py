"""The kept board: the same as the one that is made anew, gone with the first change, and never asked what it cannot say."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Timer
from time import sleep

import pytest
from click.testing import CliRunner

from arena import League
from arena.cli import main
from arena.kept import count_games, keep_boards, kept_board
from arena.leaderboard import leaderboard_of
from arena.match import Entrant
from arena.store import Store
from tests.arena.stored import GAME, SPEC, found, killed, played, record, stood

DILEMMA = "prisoners_dilemma(rounds=3)"
SMALL = {"rounds": 2, "games": 2, "boards": 8, "chunk": 4, "history": 1}


@pytest.fixture(scope="module")
def seasons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A league after a season of two games each, one of them ordered by mean; read only."""
    league = League(tmp_path_factory.mktemp("kept") / "league.db")
    for name, spec, game in (
        ("alice", "ppo(hidden=(8,))", "tic_tac_toe"),
        ("bot", "uniform", "tic_tac_toe"),
        ("kind", "cooperator", DILEMMA),
        ("fair", "tit_for_tat", DILEMMA),
    ):
        league.register(name, spec, game=game, check=False)
    league.run_season(DILEMMA, train=0, **SMALL)
    league.run_season("tic_tac_toe", train=30, **SMALL)
    return league.path


@pytest.fixture
def path(seasons: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(seasons, tmp_path / "league.db"))


def kept(path: Path) -> list[str]:
    """The games whose boards are kept."""
    with closing(sqlite3.connect(path)) as db:
        return [game for (game,) in db.execute("SELECT game FROM boards ORDER BY game")]


def change(path: Path, *statements: str) -> None:
    """By another hand."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


@pytest.mark.parametrize("game", [[], ["--game", "prisoners_dilemma( rounds = 3 )"]], ids=["the latest", "named"])
@pytest.mark.parametrize("words", ["--format table", "--json", "--format csv", "--format md", "--top 1"])
def test_a_kept_board_prints_as_one_that_is_made_anew(path: Path, words: str, game: list[str]) -> None:
    def printed() -> str:
        done = CliRunner().invoke(main, ["--league", str(path), "leaderboard", *words.split(), *game])
        assert done.exit_code == 0, done.output
        return done.stdout

    assert kept(path) == [DILEMMA, "tic_tac_toe"]
    with_it = printed()
    change(path, "DELETE FROM boards")
    assert printed() == with_it


def test_a_kept_board_is_the_same_to_the_last_bit(path: Path) -> None:
    with Store.open(path) as store:
        for game in (DILEMMA, "tic_tac_toe"):
            assert kept_board(path, game) == leaderboard_of(store, game)


def test_by_default_it_is_the_board_of_the_game_that_was_played_last(path: Path) -> None:
    assert kept_board(path, None) == kept_board(path, "tic_tac_toe") != kept_board(path, DILEMMA)
    League(path).run_season(DILEMMA, train=0, **SMALL)
    assert kept_board(path, None) == kept_board(path, DILEMMA)
    assert kept_board(path, None).seasons == 2


def test_whoever_asks_for_more_gets_it(path: Path) -> None:
    assert len(League(path).leaderboard("tic_tac_toe", every=True).places) > 2
    League(path).retire("bot")
    League(path).rebuild()
    assert [place.agent for place in League(path).leaderboard("tic_tac_toe").places] == ["alice"]
    assert len(League(path).leaderboard("tic_tac_toe", retired=True).places) == 2


@pytest.mark.parametrize(
    "what",
    [
        lambda store, cast: store.register(Entrant("late", "uniform", GAME)),
        lambda store, cast: store.retire("agent-1"),
        lambda store, cast: store.rename("agent-1", "zoe"),
        lambda store, cast: store.add_game(GAME, replace(SPEC, version=2)),
        lambda store, cast: record(store, played(cast, 20)[10:]),
        lambda store, cast: store.close_round(1, 1, stood(dict.fromkeys(cast, (25.0, 8.0, 3)))),
        lambda store, cast: store.replace_standings(GAME, stood(dict.fromkeys(cast, (20.0, 8.0, 3))), []),
        lambda store, cast: store.recount_payoffs(GAME),
    ],
    ids=["register", "retire", "rename", "game", "record", "round", "ratings", "payoffs"],
)
def test_the_first_change_takes_it_away(tmp_path: Path, what: Callable[[Store, list], object]) -> None:
    store, cast = found(tmp_path / "league.db")
    with store:
        record(store, played(cast, 10))
        keep_boards(store)
        before = kept_board(store.path, None)
        assert before == leaderboard_of(store, GAME)
        what(store, cast)
        assert kept_board(store.path, None) is None


def test_a_change_that_failed_leaves_it(path: Path) -> None:
    with Store.open(path, write=True) as store, pytest.raises(Exception, match="nobody"):
        store.retire("nobody")
    assert kept(path) == [DILEMMA, "tic_tac_toe"]


@pytest.mark.parametrize("after", ["run", "resume", "end", "rebuild"])
def test_who_was_done_with_the_league_has_kept_its_boards(path: Path, after: str) -> None:
    league = League(path)
    with Store.open(path, write=True) as store:
        settings = store.season(2).settings
        row = store.open_season("tic_tac_toe", settings=settings, seed=0, entrants=["alice", "bot"])
    assert kept(path) == []
    if after == "run":
        league.end_season(row.id)
        league.run_season("tic_tac_toe", train=30, **SMALL)
    elif after == "resume":
        league.resume()
    elif after == "end":
        league.end_season(row.id)
    else:
        league.rebuild()
    assert kept(path) == [DILEMMA, "tic_tac_toe"]
    assert league.verify() == []


def test_who_is_killed_before_it_is_kept_makes_a_leaderboard_only_slower(path: Path) -> None:
    before = kept_board(path, None)

    def dies(say: Callable[[object], None]) -> None:
        with Store.open(path, write=True) as store:
            store.close_season(2)
            store.keep_boards(lambda: say("closed") or sleep(60))

    killed(dies, after=0.05)
    assert kept_board(path, None) is None
    assert League(path).leaderboard() == before
    assert League(path).verify() == []


@pytest.mark.parametrize(
    "unusual",
    [
        ["UPDATE alembic_version SET version_num = '0002'"],
        ["INSERT INTO alembic_version VALUES ('0002')"],
        ["DROP TABLE boards"],
        ["UPDATE boards SET board = '{}'"],
        ["UPDATE boards SET board = 'nonsense'"],
        ["UPDATE boards SET board = json_set(board, '$.colour', 'green')"],
        ["UPDATE boards SET board = json_set(board, '$.format', 1)"],
        ["UPDATE boards SET board = json_remove(board, '$.places[0].mu')"],
        ["UPDATE boards SET board = CAST(x'22ff22' AS TEXT)"],
        ["PRAGMA application_id = 1"],
    ],
    ids=" ".join,
)
def test_what_is_unusual_is_no_board(path: Path, unusual: list[str]) -> None:
    assert kept_board(path, None) is not None
    change(path, *unusual)
    assert kept_board(path, None) is None


def test_where_there_is_no_league_there_is_no_board(tmp_path: Path) -> None:
    assert kept_board(tmp_path / "league.db", None) is None
    assert kept_board(tmp_path, None) is None
    (tmp_path / "empty.db").touch()
    assert kept_board(tmp_path / "empty.db", None) is None
    assert [file.name for file in tmp_path.iterdir()] == ["empty.db"]


def test_who_cannot_count_the_games_at_once_waits_for_the_number(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        assert count_games(path) is None
        leaves = Timer(0.2, other.close)
        leaves.start()
        assert League(path).count_games() == 2
        leaves.join()
    assert count_games(path) == 2
    assert League(path).game_meant() == ("tic_tac_toe", 2)


def test_a_board_of_an_older_format_is_neither_shown_nor_held_against_the_league(path: Path) -> None:
    change(path, "UPDATE boards SET board = json_remove(json_set(board, '$.places[0].mean', 9.0), '$.format')")
    assert kept_board(path, None) is None
    assert League(path).leaderboard().places[0].mean != 9.0
    assert League(path).verify() == []


def test_an_untrue_board_is_named(path: Path) -> None:
    change(path, "UPDATE boards SET board = json_set(board, '$.places[0].wins', 99) WHERE game = 'tic_tac_toe'")
    assert League(path).leaderboard().places[0].wins == 99
    assert League(path).verify() == ["boards: the one that is kept of tic_tac_toe is not what the league gives"]
    League(path).rebuild()
    assert League(path).verify() == []
