"""Kinds of files: what is written is read again, and other programs read it too."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import pytest

from arena import League
from arena.errors import BadConfig, BadRow
from arena.formats import KINDS, Reading, module_of
from arena.formats.cells import columns
from games.errors import MissingExtra

HOW = Reading()


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> League:
    """A league of tic-tac-toe after a round."""
    league = League(tmp_path_factory.mktemp("kinds") / "league.db")
    for name, spec in (("one", "uniform"), ("two", "tactician"), ("three", "uniform")):
        league.register(name, spec, game="tic_tac_toe", check=False)
    league.run_season("tic_tac_toe", rounds=2, games=4, train=0)
    return league


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "pgn"])
def test_a_table_has_a_row_for_each_match(league: League, kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"out.{kind}"
    played = list(reversed(league.matches(limit=1000)))
    assert league.exchange.export_results(path) == len(played)
    assert module_of(kind).columns(path, HOW) == list(columns(2))
    wanted = ["match", "seat_0", "seat_1", "return_0", "ending", "steps"]
    read = [[str(cell) for cell in cells] for _, cells in module_of(kind).rows(path, wanted, HOW)]
    said = [
        [str(row.id), *map(str, row.result.match.lineup), str(row.result.returns[0]), "finished", str(row.result.steps)]
        for row in played
    ]
    assert read == said


def test_one_season_can_be_exported(league: League, tmp_path: Path) -> None:
    assert league.exchange.export_results(tmp_path / "out.csv", season=1) == league.season(1).matches
    with pytest.raises(BadConfig, match="season 1 plays tic_tac_toe"):
        league.exchange.export_results(tmp_path / "out.csv", season=1, game="football")


def test_pgn_is_what_a_chess_program_reads(league: League, tmp_path: Path) -> None:
    pgn = pytest.importorskip("chess.pgn")
    count = league.exchange.export_results(tmp_path / "out.pgn")
    with (tmp_path / "out.pgn").open() as file:
        heads = [head for _ in range(count) if (head := pgn.read_headers(file)) is not None]
        assert pgn.read_headers(file) is None
    results = {"1-0": (1, -1), "0-1": (-1, 1), "1/2-1/2": (0, 0)}
    played = list(reversed(league.matches(limit=1000)))
    assert [results[head["Result"]] for head in heads] == [row.result.returns for row in played]
    assert [head["White"] for head in heads] == [str(row.result.match.lineup[0]) for row in played]
    other = League(tmp_path / "other.db")
    assert other.exchange.import_results(tmp_path / "out.pgn", game="tic_tac_toe").new == count
    assert {place.agent for place in other.leaderboard().places} == {"one", "two", "three"}


def test_pgn_has_the_moves_where_they_are_wanted(league: League, tmp_path: Path) -> None:
    league.exchange.export_results(tmp_path / "out.pgn", moves=True)
    texts = (tmp_path / "out.pgn").read_text().split("\n\n")[1::2]
    frames = list(league.replay(1).frames())
    moves = [move for frame in frames for move in frame.moves if move]
    assert [word for word in texts[0].split() if not word.endswith(".")][:-1] == moves
    with pytest.raises(BadConfig, match="moves are written to PGN only"):
        league.exchange.export_results(tmp_path / "out.csv", moves=True)


def test_pgn_of_others_is_read_whatever_is_in_its_comments(tmp_path: Path) -> None:
    (tmp_path / "games.pgn").write_text(
        '% a line for nobody\n[Event "a \\"great\\" one"]\n[White "Kasparov, Garry"]\n[Black "Deep Blue"]\n[Result "1-0"]\n'
        '\n1. e4 {[White "x"]} e5 {over\n[Black "y"]\nlines} 2. Nf3 ; [Result "0-1"]\n1-0\n\n\n[White "a"]\n[Black "b"]\n'
        '[Result "1/2-1/2"]\n\n1/2-1/2\n'
    )
    rows = list(module_of("pgn").rows(tmp_path / "games.pgn", ["Event", "White", "Black", "Result", "Date"], HOW))
    assert rows == [
        (2, ['a "great" one', "Kasparov, Garry", "Deep Blue", "1-0", ""]),
        (13, ["", "a", "b", "1/2-1/2", ""]),
    ]


def test_a_comment_may_begin_where_another_ends(tmp_path: Path) -> None:
    (tmp_path / "games.pgn").write_text(
        '[White "a"]\n[Black "b"]\n[Result "1-0"]\n\n1. e4 { [%eval 0.17] } 1... e5 { [%eval\n0.19] } 2. Nf3 {\n'
        "[%clk 0:00:29] } 2... Nc6 1-0\n"
    )
    assert [cells for _, cells in module_of("pgn").rows(tmp_path / "games.pgn", ["White", "Result"], HOW)] == [["a", "1-0"]]


def test_tags_that_only_some_games_have_are_columns(tmp_path: Path) -> None:
    (tmp_path / "games.pgn").write_text('[White "a"]\n\n1-0\n\n[White "b"]\n[GameId "x"]\n\n1-0\n')
    assert module_of("pgn").columns(tmp_path / "games.pgn", HOW)[-1] == "GameId"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: expected a game"),
        ("1. e4 e5 1-0\n", "line 1: expected the tags"),
        ('[White "a"\n', "line 1: expected a tag"),
    ],
)
def test_bad_pgn_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "games.pgn").write_text(text)
    with pytest.raises(BadRow, match=said):
        module_of("pgn").columns(tmp_path / "games.pgn", HOW)


def test_no_cell_of_a_table_is_a_formula(league: League, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "-1", "1e5", "\x1b[2J"]
    monkeypatch.setattr("arena.formats.delimited.cells", lambda row, seats: evil)
    out = io.BytesIO()
    league.exchange.export_results(out, kind="csv", season=1)
    rows = list(csv.reader(out.getvalue().decode().splitlines()))
    assert rows[1] == ["'=cmd|' /C calc'!A0", "'+1+1", "'-2+3", "'@SUM(A1)", "-1", "1e5", "\\x1b[2J"]


def test_parquet_without_its_package_says_the_cure(league: League, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtra) as error:
        league.exchange.export_results(tmp_path / "out.parquet")
    assert "arena-league[parquet]" in str(error.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "games.parquet").write_text("milk")
    with pytest.raises(BadConfig, match=r"games\.parquet is not a Parquet file"):
        module_of("parquet").columns(tmp_path / "games.parquet", HOW)


def parquet(path: Path, **columns: object) -> Path:
    arrow = pytest.importorskip("pyarrow")
    __import__("pyarrow.parquet")
    arrow.parquet.write_table(arrow.table(columns), path)
    return path


def test_damage_within_parquet_is_named(tmp_path: Path) -> None:
    path = parquet(tmp_path / "games.parquet", first=[f"a{n % 30}" for n in range(5000)], second=["b"] * 5000)
    whole, chance, refused = path.read_bytes(), random.Random(1), 0
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(3):
            data[chance.randrange(4, len(data))] ^= chance.randrange(1, 256)
        path.write_bytes(data)
        try:
            list(module_of("parquet").rows(path, ["first", "second"], HOW))
        except BadConfig:
            continue  # no Parquet at all
        except BadRow as error:
            refused += error.cause.startswith("games.parquet, line ")
    assert refused


def test_a_column_of_parquet_stands_there_once(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    __import__("pyarrow.parquet")
    twice = arrow.table([arrow.array(["a"]), arrow.array(["b"])], names=["first", "first"])
    arrow.parquet.write_table(twice, tmp_path / "games.parquet")
    with pytest.raises(BadRow, match=r"games\.parquet, .*expected columns of different names, got 'first'"):
        module_of("parquet").columns(tmp_path / "games.parquet", HOW)


def test_bytes_of_parquet_are_text_where_they_can_be(tmp_path: Path) -> None:
    path = parquet(tmp_path / "games.parquet", first=[b"alice", "Köln".encode()], second=["bob", "cy"])
    assert [cells for _, cells in module_of("parquet").rows(path, ["first", "second"], HOW)] == [
        ["alice", "bob"],
        ["Köln", "cy"],
    ]


@pytest.mark.parametrize("strange", [b"\xff\xfe", ["a"], {"a": 1}])
def test_a_cell_of_parquet_that_is_no_text_is_refused(tmp_path: Path, strange: object) -> None:
    path = parquet(tmp_path / "games.parquet", first=[strange], second=["b"])
    with pytest.raises(BadRow, match=r"games\.parquet, line 1, column 'first': expected text, a number, a date"):
        list(module_of("parquet").rows(path, ["first", "second"], HOW))
