"""`arena export` and `arena import`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.arena.cli.conftest import Type, typed


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "games.csv"
    path.write_text("home,away,score\nann,bob,1-0\nbob,cy,1/2-1/2\n")
    return str(path)


def test_a_league_goes_out_and_comes_in_elsewhere(played: Path, tmp_path: Path) -> None:
    assert typed(played, "export", "-o", str(tmp_path / "league.arena")).exit_code == 0
    done = typed(tmp_path / "copy.db", "import", str(tmp_path / "league.arena"), "--json")
    assert done.exit_code == 0, done.output
    status = json.loads(typed(played, "db", "status", "--json").stdout)["status"]
    assert json.loads(done.stdout)["archive"]["digest"] == status["digest"]
    assert typed(tmp_path / "copy.db", "db", "verify").exit_code == 0
    assert typed(tmp_path / "copy.db", "leaderboard").stdout == typed(played, "leaderboard").stdout
    assert "existed" in typed(tmp_path / "copy.db", "import", str(tmp_path / "league.arena")).stdout


def test_a_table_comes_in_and_goes_out(arena: Type, table: str) -> None:
    dry = json.loads(arena("import", table, "--game", "go", "--dry-run", "--json").stdout)
    assert (dry["schema"], dry["new"], dry["dry_run"], dry["season"]) == (1, 2, True, None)
    assert arena("leaderboard").exit_code == 3
    done = arena("import", table, "--game", "go")
    assert "2 new matches as season 1" in done.stdout
    assert "next: arena" in done.stderr
    assert "0 new matches" in arena("import", table, "--game", "go").stdout
    assert "ann@1" in arena("leaderboard").stdout
    assert arena("export", "--results", "csv").stdout.splitlines()[1].startswith("1,1,1,0,0,ann@1,bob@1,1.0,-1.0,finished")
    assert json.loads(arena("export", "--results", "jsonl").stdout.splitlines()[1])["seat_1"] == "cy@1"
    assert '[White "bob@1"]' in arena("export", "--results", "pgn").stdout
    assert "there is no folder nowhere" in arena("export", "--results", "csv", "-o", "nowhere/a.csv").stderr


def test_columns_are_mapped_by_flags(arena: Type, tmp_path: Path) -> None:
    path = tmp_path / "games.csv"
    path.write_text("b;w;r;n\nann;bob;W;1\n")
    roles = [word for role in ("first=b", "second=w", "score=r", "neutral=n") for word in ("--column", role)]
    done = arena("import", str(path), "--game", "go", "--delimiter", ";", *roles)
    assert done.exit_code == 0, done.output
    assert json.loads(arena("matches", "show", "1", "--json").stdout)["match"]["neutral"] is True
    assert "no seat had an advantage" in arena("matches", "show", "1").stdout
    assert "see it" not in arena("matches", "show", "1").stdout


def test_what_is_imported_says_so_wherever_it_is_asked(arena: Type, table: str) -> None:
    arena("import", table, "--game", "go")
    assert "results-only" in arena("agents", "list").stdout
    assert "results-only" in arena("agents", "show", "ann").stdout
    assert "2 were imported" in arena("matches", "verify", "--all").stdout
    for words, code, cause in [
        (("replay", "1"), 3, "nothing to replay"),
        (("replay", "1", "--verify"), 0, "nothing to replay"),
        (("match", "ann", "bob"), 2, "known by imported results alone"),
        (("season", "run", "--game", "go"), 2, "go is known by imported results alone"),
        (("season", "run", "--game", "go", "--dry-run"), 2, "go is known by imported results alone"),
    ]:
        done = arena(*words)
        assert (done.exit_code, cause in done.output) == (code, True), done.output
    for words in (("analyze", "payoff"), ("season", "show", "1"), ("season", "list"), ("db", "verify"), ("db", "rebuild")):
        assert arena(*words).exit_code == 0


@pytest.mark.parametrize(
    ("words", "code", "cause"),
    [
        (["export"], 2, "say -o FILE"),
        (["export", "--results", "parquet"], 2, "say -o FILE"),
        (["import", "nowhere.arena"], 3, "there is no file"),
        (["import", "games.csv"], 2, "say which game"),
        (["import", "games.csv", "--game", "go", "--column", "home"], 2, "expected ROLE=NAME"),
        (["import", "games.csv", "--game", "go", "--column", "first=x"], 2, "there is no column 'x'"),
        (["import", "games.csv", "--game", "prisoners_dilemma"], 2, "two seats that compete"),
        (["import", "bad.csv", "--game", "go"], 7, "bad.csv, line 2, column 'score': expected 1-0"),
        (["import", "bad.arena"], 7, "bad.arena cannot be read"),
    ],
)
def test_mistakes_are_said_for_people(arena: Type, table: str, words: list[str], code: int, cause: str) -> None:
    Path("bad.csv").write_text("home,away,score\na,b,7-3\x1b[2J\n")
    Path("bad.arena").write_text("milk")
    done = arena(*words)
    assert done.exit_code == code, done.output
    assert cause in done.output
    assert "\x1b" not in done.output
    assert not Path("league.db").exists()


def test_results_of_a_season_are_of_its_game_though_another_was_played_last(league: Path, table: str) -> None:
    typed(league, "import", table, "--game", "go")
    assert typed(league, "export", "--results", "csv").stdout.count("\n") == 3
    done = typed(league, "export", "--results", "csv", "--season", "1")
    assert done.exit_code == 0, done.output
    assert "rocky@1" in done.stdout
    assert done.stderr == ""  # no game is meant: the season says which
    file = f"{table}.new.csv"
    done = typed(league, "export", "--results", "csv", "--season", "1", "-o", file, "--json")
    assert json.loads(done.stdout)["game"] == "rock_paper_scissors"


def test_a_game_is_told_in_its_one_spelling(league: Path, tmp_path: Path) -> None:
    file, spelled = str(tmp_path / "results.csv"), ("--game", " rock_paper_scissors ()")
    for words in (
        ("export", "--results", "csv", "-o", file),
        ("analyze", "nash"),
        ("season", "run", "--dry-run"),
        ("agents", "check", "rock"),
    ):
        done = typed(league, *words, *spelled, "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["game"] == "rock_paper_scissors"


def test_a_binary_name_is_told_apart_by_its_first_bytes(played: Path, tmp_path: Path) -> None:
    typed(played, "export", "-o", str(tmp_path / "league.csv"))
    assert typed(tmp_path / "copy.db", "import", str(tmp_path / "league.csv")).exit_code == 0
